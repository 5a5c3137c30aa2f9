package storetest

import (
	"context"
	"fmt"

	"github.com/seed80bc5f17/rbac/store"
)

const (
	ruleForward   = "After asks for the entries that follow this head, oldest first and without a hole."
	ruleCompacted = "It is ErrCompacted if the first one to follow is gone, or if After is not (or no longer) a head of this chain."
	ruleBackward  = "Backward asks for entries of revisions smaller than Before (0 = all), newest first."
	ruleEntry     = "Entry: a JSON object: what was asked, by whom and why; kept byte for byte."
)

var logCases = []Case{
	{
		Name: "log/every field",
		Rule: "A commit is its entry in the tenant's log: Log returns log entries, with Revision set.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			r := store.Role{
				ID: "r1", Name: "Näme", Description: "two\nlines", Status: "active", Permissions: []string{"a.b", "c"},
				Metadata: map[string]string{"k": "v", "a": ""}, Version: 3, CreatedBy: "olivia", CreatedAt: now, SetBy: "paul", SetAt: now + 1,
			}
			a := store.Assignment{Subject: user("ann"), Role: "r1", From: now + 2, Until: now + 3, GrantedBy: "olivia", GrantedAt: now + 4, Reason: "because"}
			m := store.Membership{Group: "eng", Member: user("ann"), AddedBy: "olivia", AddedAt: now + 5, Reason: "joined"}
			r2, a2, m2 := r, a, m
			r2.Metadata, r2.Description, r2.Version = nil, "", 4
			a2.From, a2.Until, a2.Reason = 0, 0, ""
			m2.AddedBy, m2.Reason = "", ""
			c := insert(r, a, m)
			c.ID, c.Time, c.Actor, c.Entry = "id-1", now+6, "olivia", []byte(`{"op":"create"}`)
			t.commit(c)
			c = both(replace(r, r2), replace(a, a2), replace(m, m2))
			c.ID, c.Time, c.Actor, c.Entry = "id-2", now+7, "", []byte(`{"op":"edit"}`)
			t.commit(c)
			c = both(store.Commit{Erase: true}, insert(r, a))
			c.ID = "id-3"
			t.audit()
			t.commit(remove(r2, a2, m2))
			t.audit()
			t.commit(c)
			t.audit()
			return t.err
		},
	},
	{
		Name: "log/entry byte for byte",
		Rule: ruleEntry,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			for _, entry := range []string{
				`{}`,
				`{ "b" : 1 , "a" : 2 }`,
				"{\n\t\"op\": \"x\"\r\n}\n",
				`{"a":1,"a":2}`,
				`{"n":12345678901234567890.10,"e":1E5,"z":1.0}`,
				`{"s":"\u0041\/\ud83d\ude00"}`,
				`{"s":"<b>&amp;\u003c"}`,
				`{"s":"é é 😀 \u0000"}`,
				`{"s":"it's \"quoted\" \\ ` + "`" + ` $1 ? :x %s"}`,
				`{"nested":{"list":[1,[2,[3]],null,true]}}`,
			} {
				c := insert(role(fmt.Sprint("r", t.head.Revision)))
				c.Entry = []byte(entry)
				t.commit(c)
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "log/large entry",
		Rule: ruleEntry,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			c := insert(role("r1"))
			c.Entry = fmt.Appendf(nil, `{"text":"%0100000d"}`, 7)
			t.commit(c)
			t.audit()
			return t.err
		},
	},
	{
		Name: "log/changes in their order",
		Rule: "A commit is its entry in the tenant's log.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.commit(insert(role("r3"), role("r1"), role("r2"),
				holds(user("b"), "r3"), holds(user("a"), "r1"), holds(group("z"), "r1"),
				belongs(user("z"), "y"), belongs(user("a"), "b")))
			t.audit()
			return t.err
		},
	},
	{
		Name: "log/in the order of the chain",
		Rule: ruleForward,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			// Neither ids nor times, and not revisions as text, give the order.
			for i := range 24 {
				c := insert(role(fmt.Sprint("r", i)))
				c.ID, c.Time = fmt.Sprintf("id-%03d", 999-i), now-int64(i/2)
				t.commit(c)
				if i%3 == 0 {
					t.commit(store.Commit{}, store.Commit{})
				}
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "log/after each head",
		Rule: ruleForward + " The current head gives no entries and no error.",
		Check: func(ctx context.Context, s store.Store) error {
			t := tenCommits(ctx, s)
			t.logs(store.LogQuery{Limit: 100})
			for _, c := range t.log {
				t.logs(store.LogQuery{After: headOf(c), Limit: 100})
			}
			return t.err
		},
	},
	{
		Name: "log/after a foreign head",
		Rule: ruleCompacted,
		Check: func(ctx context.Context, s store.Store) error {
			t := tenCommits(ctx, s)
			other := newTenant(ctx, s, "other")
			other.commit(store.Commit{}, store.Commit{})
			for i, c := range t.log {
				next := t.log[(i+1)%len(t.log)]
				for _, foreign := range []store.Head{
					{Revision: c.Revision, Commit: "foreign"},
					{Revision: c.Revision, Commit: next.ID},
					{Revision: c.Revision},
					{Commit: c.ID},
				} {
					t.logs(store.LogQuery{After: foreign, Limit: 100})
				}
			}
			for _, c := range other.log {
				t.logs(store.LogQuery{After: headOf(c), Limit: 100})
			}
			return firstError(t, other)
		},
	},
	{
		Name: "log/after a future head",
		Rule: ruleCompacted,
		Check: func(ctx context.Context, s store.Store) error {
			t := tenCommits(ctx, s)
			for _, ahead := range []uint64{1, 2, 100, 1 << 40} {
				t.logs(store.LogQuery{After: store.Head{Revision: t.head.Revision + ahead, Commit: "future"}, Limit: 100})
				t.logs(store.LogQuery{After: store.Head{Revision: t.head.Revision + ahead, Commit: t.head.Commit}, Limit: 100})
			}
			return t.err
		},
	},
	{
		Name: "log/limit",
		Rule: ruleForward + " Limit: 1–MaxPage.",
		Check: func(ctx context.Context, s store.Store) error {
			t := tenCommits(ctx, s)
			for limit := 1; limit <= len(t.log)+1; limit++ {
				t.logs(store.LogQuery{Limit: limit})
				for _, c := range t.log {
					t.logs(store.LogQuery{After: headOf(c), Limit: limit})
				}
			}
			return t.err
		},
	},
	{
		Name: "log/backward",
		Rule: ruleBackward,
		Check: func(ctx context.Context, s store.Store) error {
			t := tenCommits(ctx, s)
			for before := range t.head.Revision + 3 {
				for _, limit := range []int{1, 2, 3, 9, 10, 11, store.MaxPage} {
					t.logs(store.LogQuery{Backward: true, Before: before, Limit: limit})
				}
			}
			t.logs(store.LogQuery{Backward: true, Before: 1 << 40, Limit: 3})
			return t.err
		},
	},
	{
		Name: "log/longer than a page",
		Rule: ruleForward + " Limit: 1–MaxPage.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.commit(make([]store.Commit, store.MaxPage)...)
			t.commit(make([]store.Commit, 5)...)
			t.logs(store.LogQuery{Limit: store.MaxPage})
			t.logs(store.LogQuery{Backward: true, Limit: store.MaxPage})
			for _, revision := range []uint64{1, 4, 5, 6, 999, 1000, 1001} {
				t.logs(store.LogQuery{After: t.headAt(revision), Limit: store.MaxPage})
			}
			return t.err
		},
	},
}

// tenCommits returns the tenant acme at revision 10, made by single and by
// grouped commits.
func tenCommits(ctx context.Context, s store.Store) *tenant {
	t := threeCommits(ctx, s)
	t.commit(insert(role("r4")), insert(role("r5")), insert(role("r6")), insert(role("r7")))
	t.commit(remove(role("r4")))
	t.commit(insert(role("r4")), store.Commit{})
	return t
}
