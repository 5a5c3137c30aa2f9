package storetest

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

const (
	ruleConflict   = "Commit fails with ErrConflict unless the tenant is at expect, both number and id, at the very moment of writing. Nothing was written."
	ruleAppend     = "Commit appends cs, in order, as the revisions after expect, and does what they say."
	ruleOneOrNone  = "Commit does what cs say in one transaction: all of it or nothing."
	ruleSuccess    = "After success the head is {expect.Revision + len(cs), the last one's ID}."
	ruleChange     = "Before nil inserts After, After nil deletes Before, and with both After replaces Before."
	ruleNumberOnly = "The number alone is not enough: a database restored from a backup uses numbers again."
)

var commitCases = []Case{
	{
		Name: "commit/another number",
		Rule: ruleConflict,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			for _, revision := range []uint64{0, 1, 2, 4, 5, 1 << 40} {
				t.refused(store.ErrConflict, store.Head{Revision: revision, Commit: t.head.Commit}, insert(role("new")))
			}
			return t.err
		},
	},
	{
		Name: "commit/another id",
		Rule: ruleConflict,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			c := insert(role("r1"))
			c.ID = "Commit-Of-Acme"
			t.commit(c)
			for _, id := range []string{
				"", "x", "commit-of-acme", "COMMIT-OF-ACME", "Commit-Of-Acme ", " Commit-Of-Acme", "Commit-Of-Acm", "Commit-Of-Acmee", "Commit%", "Commit_Of_Acme",
			} {
				t.refused(store.ErrConflict, store.Head{Revision: 1, Commit: id}, insert(role("new")))
			}
			t.commit(insert(role("new")))
			t.audit()
			return t.err
		},
	},
	{
		Name: "commit/long ids differ at the end",
		Rule: "ID: random identity, 1–64 ASCII characters, drawn by the caller. " + ruleConflict,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			c := insert(role("r1"))
			c.ID = strings.Repeat("i", 63) + "A"
			t.commit(c)
			t.refused(store.ErrConflict, store.Head{Revision: 1, Commit: strings.Repeat("i", 63) + "B"}, insert(role("new")))
			t.refused(store.ErrConflict, store.Head{Revision: 1, Commit: strings.Repeat("i", 63)}, insert(role("new")))
			t.audit()
			return t.err
		},
	},
	{
		Name: "commit/first one twice",
		Rule: ruleConflict,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.refused(store.ErrConflict, store.Head{Revision: 1, Commit: "x"}, insert(role("r1")))
			t.refused(store.ErrConflict, store.Head{Commit: "x"}, insert(role("r1")))
			t.refused(store.ErrConflict, store.Head{Revision: 1}, insert(role("r1")))
			t.commit(insert(role("r1")))
			t.refused(store.ErrConflict, store.Head{}, insert(role("r2")))
			return t.err
		},
	},
	{
		Name: "commit/conflict writes nothing",
		Rule: ruleConflict,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			old := t.headAt(2)
			t.refused(store.ErrConflict, old, insert(role("r9"), holds(user("zoe"), "r9"), belongs(user("zoe"), "ops")))
			t.refused(store.ErrConflict, old, remove(role("r1"), holds(user("ann"), "r1"), belongs(user("ann"), "eng")))
			t.refused(store.ErrConflict, old, erase())
			t.refused(store.ErrConflict, old, insert(role("r8")), insert(role("r9")))
			// What is wrong in itself is still a conflict first: the caller
			// decided on a state that is gone, and reads again.
			t.refused(store.ErrConflict, old, insert(role("r1")))
			return t.err
		},
	},
	{
		Name: "commit/the same again",
		Rule: "Sending the same commits again, with the same expected head, settles it.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			for i := range 3 {
				sent := dated(t.head, []store.Commit{insert(role(fmt.Sprint("r", i))), insert(holds(user("ann"), fmt.Sprint("r", i)))})
				before := t.head
				t.commit(sent...)
				t.refused(store.ErrConflict, before, sent...)
				t.refused(store.ErrConflict, before, sent...)
			}
			return t.err
		},
	},
	{
		Name: "commit/restored from a backup",
		Rule: ruleNumberOnly,
		Check: func(ctx context.Context, s store.Store) error {
			// The store lives on from revision 1 while the caller still knows
			// the revisions 2 and 3 that were made after the backup.
			t := threeCommits(ctx, s)
			for _, lost := range []store.Head{{Revision: 3, Commit: "lost-3"}, {Revision: 2, Commit: "lost-2"}, {Revision: 4, Commit: "lost-4"}} {
				t.refused(store.ErrConflict, lost, insert(role("new")))
				t.logs(store.LogQuery{After: lost, Limit: 10})
			}
			return t.err
		},
	},
	{
		Name: "commit/several",
		Rule: ruleAppend + " " + ruleSuccess,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.commit(insert(role("r1")), insert(role("r2")), insert(role("r3")))
			t.audit()
			t.commit(insert(holds(user("ann"), "r1")))
			t.commit(insert(holds(user("bob"), "r1")), insert(belongs(user("bob"), "eng")))
			t.audit()
			if t.err == nil && t.head.Revision != 6 {
				t.fail("six commits made revision %d", t.head.Revision)
			}
			return t.err
		},
	},
	{
		Name: "commit/several that build on each other",
		Rule: ruleAppend,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			r1, r2 := role("r1"), role("r1")
			r2.Name, r2.Version = "Renamed", 2
			a1, a2 := holds(user("ann"), "r1"), holds(user("ann"), "r1")
			a2.Until = now + 5
			m := belongs(user("ann"), "eng")
			t.commit(insert(r1, a1, m), both(replace(r1, r2), replace(a1, a2), remove(m)), insert(m), both(remove(r2), remove(a2)), insert(r1))
			t.audit()
			return t.err
		},
	},
	{
		Name: "commit/all or nothing",
		Rule: ruleOneOrNone,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			missing := belongs(user("nobody"), "nowhere")
			// As a tenant's first commits, and as later ones.
			for i := range 2 {
				r, a := role(fmt.Sprint("r", i)), holds(user(fmt.Sprint("u", i)), "r0")
				t.refused(store.ErrCorrupt, t.head, insert(r, a), both(insert(role("other")), remove(missing)), insert(role("last")))
				t.refused(store.ErrCorrupt, t.head, insert(r, a), remove(missing))
				t.refused(store.ErrCorrupt, t.head, both(insert(r, a), remove(missing)))
				t.refused(store.ErrCorrupt, t.head, erase(), remove(missing))
				t.refused(store.ErrCorrupt, t.head, both(erase(), insert(r), remove(missing)))
				t.commit(insert(r, a))
				t.audit()
			}
			return t.err
		},
	},
	{
		Name: "commit/replace and delete",
		Rule: ruleChange,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			ann, eng := user("ann"), group("eng")
			r, a, m := role("r1"), holds(ann, "r1"), belongs(ann, "eng")
			g, e := holds(eng, "r1"), belongs(eng, "all")
			t.commit(insert(r, a, m, g, e, role("r2"), holds(ann, "r2"), belongs(ann, "ops")))
			t.audit()

			r2, a2, m2 := r, a, m
			r2.Name, r2.Description, r2.Status, r2.Version = "Other", "text", "suspended", 2
			r2.Permissions, r2.Metadata, r2.SetBy, r2.SetAt = []string{"x.y"}, map[string]string{"k": "v"}, "bob", now+1
			a2.From, a2.Until, a2.GrantedBy, a2.GrantedAt, a2.Reason = now, now+9, "bob", now+1, "why"
			m2.AddedBy, m2.AddedAt, m2.Reason = "bob", now+1, "why"
			t.commit(both(replace(r, r2), replace(a, a2), replace(m, m2)))
			t.audit()
			t.commit(both(replace(r2, r), replace(a2, a), replace(m2, m)))
			t.audit()
			t.commit(remove(r, a, m))
			t.audit()
			t.commit(remove(g, e))
			t.audit()
			t.commit(insert(r2, a2, m2))
			t.audit()
			return t.err
		},
	},
	{
		Name: "commit/revision is the store's",
		Rule: "Revision is set by the store when read; ignored when written.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			for _, revision := range []uint64{7, 1, 0} {
				c := insert(role(fmt.Sprint("r", revision)))
				c.Revision = revision
				t.commit(c)
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "commit/without a record",
		Rule: ruleSuccess,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.commit(store.Commit{Actor: "ann"})
			t.audit()
			t.commit(store.Commit{}, store.Commit{})
			t.audit()
			return t.err
		},
	},
	{
		Name: "commit/large",
		Rule: ruleOneOrNone,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			var rows []any
			for i := range 700 {
				rows = append(rows, holds(user(fmt.Sprintf("user-%04d", i)), "r1"), belongs(user(fmt.Sprintf("user-%04d", i)), "eng"))
			}
			t.commit(insert(rows...))
			t.audit()
			t.commit(remove(rows[3:]...))
			t.audit()
			return t.err
		},
	},
}

// threeCommits returns the tenant acme at revision 3, with records of every
// kind.
func threeCommits(ctx context.Context, s store.Store) *tenant {
	t := newTenant(ctx, s, "acme")
	t.commit(insert(role("r1"), role("r2")))
	t.commit(insert(holds(user("ann"), "r1"), holds(group("eng"), "r2"), holds(user("bob"), "r2")))
	t.commit(insert(belongs(user("ann"), "eng"), belongs(group("eng"), "all"), belongs(user("bob"), "all")))
	return t
}
