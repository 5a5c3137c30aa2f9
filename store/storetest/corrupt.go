package storetest

import (
	"context"

	"github.com/seed80bc5f17/rbac/store"
)

const ruleCorrupt = "ErrCorrupt is returned when stored rows contradict each other, for instance when a change does not find the row it replaces. Nothing was written."

var corruptCases = []Case{
	{
		Name: "corrupt/insert over a record",
		Rule: ruleCorrupt,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			t.refused(store.ErrCorrupt, t.head, insert(role("r1")))
			t.refused(store.ErrCorrupt, t.head, insert(holds(user("ann"), "r1")))
			t.refused(store.ErrCorrupt, t.head, insert(holds(group("eng"), "r2")))
			t.refused(store.ErrCorrupt, t.head, insert(belongs(user("ann"), "eng")))
			t.refused(store.ErrCorrupt, t.head, insert(belongs(group("eng"), "all")))
			return t.err
		},
	},
	{
		Name: "corrupt/delete what is not there",
		Rule: ruleCorrupt,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			t.refused(store.ErrCorrupt, t.head, remove(role("r3")))
			t.refused(store.ErrCorrupt, t.head, remove(holds(user("ann"), "r2")))
			t.refused(store.ErrCorrupt, t.head, remove(holds(group("ann"), "r1")))
			t.refused(store.ErrCorrupt, t.head, remove(belongs(user("bob"), "eng")))
			t.refused(store.ErrCorrupt, t.head, remove(belongs(user("eng"), "all")))
			return t.err
		},
	},
	{
		Name: "corrupt/replace what is not there",
		Rule: ruleCorrupt,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			r, a, m := role("r3"), holds(user("ann"), "r2"), belongs(user("bob"), "eng")
			r2, a2, m2 := r, a, m
			r2.Version, a2.Until, m2.Reason = 2, now, "moved"
			t.refused(store.ErrCorrupt, t.head, replace(r, r2))
			t.refused(store.ErrCorrupt, t.head, replace(a, a2))
			t.refused(store.ErrCorrupt, t.head, replace(m, m2))
			return t.err
		},
	},
	{
		Name: "corrupt/in a tenant never written",
		Rule: ruleCorrupt,
		Check: func(ctx context.Context, s store.Store) error {
			// The other tenant has the record.
			other := threeCommits(ctx, s)
			t := newTenant(ctx, s, "globex")
			t.refused(store.ErrCorrupt, store.Head{}, remove(role("r1")))
			t.refused(store.ErrCorrupt, store.Head{}, remove(holds(user("ann"), "r1")))
			t.refused(store.ErrCorrupt, store.Head{}, remove(belongs(user("ann"), "eng")))
			other.audit()
			return firstError(t, other)
		},
	},
	{
		Name: "corrupt/then goes on",
		Rule: ruleCorrupt,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			for range 3 {
				t.refused(store.ErrCorrupt, t.head, both(insert(role("r9")), remove(role("r3"))))
				t.commit(insert(role("r9")))
				t.commit(remove(role("r9")))
				t.audit()
			}
			return t.err
		},
	},
}
