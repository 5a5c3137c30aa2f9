package storetest

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

var recordCases = []Case{
	{
		Name: "record/role",
		Rule: "Role: every field is kept.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			bare := store.Role{ID: "bare", Name: "Bare", Status: "active", Version: 1}
			full := role("full")
			full.Description, full.Metadata = "d", map[string]string{"team": "x"}
			host := role("host")
			host.CreatedBy, host.SetBy, host.SetAt = "", "", now+77
			t.commit(insert(bare, full, host))
			t.audit()
			return t.err
		},
	},
	{
		Name: "record/status",
		Rule: `Status: "active", "suspended", "blocked"; kept as given.`,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			for i, status := range []string{"active", "suspended", "blocked", "Active", "ACTIVE", "frozen", "aktiv ", "", "aktív", "1"} {
				r := role(fmt.Sprint("r", i))
				r.Status = status
				t.commit(insert(r))
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "record/permissions",
		Rule: "Permissions: sorted names, no duplicates.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			many := make([]string, 1000)
			for i := range many {
				many[i] = fmt.Sprintf("section-%03d.permission_%03d", i/10, i)
			}
			for i, permissions := range [][]string{nil, {"a"}, {"A", "a"}, {"a,b", "c"}, {"a", "b,c"}, {"a.b/c-d:e_f", "billing.manage"}, {strings.Repeat("p", 128)}, many} {
				r := role(fmt.Sprint("r", i))
				r.Permissions = permissions
				t.commit(insert(r))
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "record/texts",
		Rule: "Name, Description, Metadata, Reason: kept as given.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			for i, text := range []string{
				"two\nlines", "\r\n\ttabs ", " spaces ", "Grüße, Χαίρετε, 你好, שלום", "e\u0301 é", "😀👩‍👩‍👧", "it's \"quoted\" \\n \\", "<b>&amp;</b>",
				"\u2028\u2029", "{\"json\":[1]}", strings.Repeat("ж", 512), "$1 %s :x ? \\0",
			} {
				r, a, m := role(fmt.Sprint("r", i)), holds(user(fmt.Sprint("u", i)), "r"), belongs(user(fmt.Sprint("u", i)), "g")
				r.Description, r.Metadata = text, map[string]string{"key": text, "ключ": "v", "": text}
				if len(text) < 64 {
					r.Name = text
				}
				a.Reason, m.Reason = text, text
				t.commit(insert(r, a, m))
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "record/numbers",
		Rule: "Times are microseconds since 1970, UTC; 0 = open.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			const year9999 = 253_402_300_799_999_999 // more than a float64 holds
			for i, at := range []int64{0, 1, -1, now, now + 1, 1<<53 + 1, year9999, 1<<63 - 1} {
				r, m := role(fmt.Sprint("r", i)), belongs(user(fmt.Sprint("u", i)), "g")
				r.CreatedAt, r.SetAt, r.Version = at, at-1, 1<<53+uint64(i)
				from, until, window := holds(user("from"), r.ID), holds(user("until"), r.ID), holds(user("window"), r.ID)
				from.From, until.Until, window.From, window.Until, window.GrantedAt = at, at, at-1, at, at
				m.AddedAt = at
				c := insert(r, from, until, window, m)
				c.Time = at
				t.commit(c)
				t.loads(store.Selection{})
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "record/window 0 is open",
		Rule: "From, Until: 0 = open. " + ruleRows,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			open, from, until, window := holds(user("open"), "r"), holds(user("from"), "r"), holds(user("until"), "r"), holds(user("window"), "r")
			from.From, until.Until, window.From, window.Until = now, now+1, now, now+1
			t.commit(insert(open, from, until, window))
			t.audit()
			for _, rows := range []store.Rows{store.LiveRows, store.ExpiredRows} {
				t.scans(store.Query{List: store.Assignments, Rows: rows, At: now + 1, Limit: 10})
				t.scans(store.Query{List: store.Assignments, Rows: rows, At: now + 1, Count: true})
			}
			// And back: each becomes the other.
			t.commit(both(replace(open, swapped(open, window)), replace(window, swapped(window, open))))
			t.audit()
			return t.err
		},
	},
	{
		Name: "record/without its role or group",
		Rule: "Stores know nothing of the rules: a record need not have the role, group or member that it names.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.commit(insert(role("r1"), holds(user("ann"), "owner"), holds(group("ghosts"), "r1"), belongs(user("ann"), "nowhere"), belongs(group("x"), "x")))
			t.commit(remove(role("r1")))
			t.audit()
			return t.err
		},
	},
}

// swapped returns a with the window of b.
func swapped(a, b store.Assignment) store.Assignment {
	a.From, a.Until = b.From, b.Until
	return a
}
