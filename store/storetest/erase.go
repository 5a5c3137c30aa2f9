package storetest

import (
	"context"
	"fmt"

	"github.com/seed80bc5f17/rbac/store"
)

const ruleErase = "Erase: first delete every role, assignment, membership and earlier log entry of the tenant."

var eraseCases = []Case{
	{
		Name: "erase/every record",
		Rule: ruleErase,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			subjects := t.subjects()
			t.commit(erase())
			t.audit()
			// Those who had rows, which the audit no longer knows of.
			t.loads(store.Selection{Subjects: subjects})
			t.loads(store.Selection{AllUpTo: 1})
			for _, q := range lists {
				q.Limit = 10
				t.scans(q)
				q.Count = true
				t.scans(q)
			}
			return t.err
		},
	},
	{
		Name: "erase/earlier log",
		Rule: ruleErase + " " + ruleCompacted,
		Check: func(ctx context.Context, s store.Store) error {
			t := tenCommits(ctx, s)
			earlier := t.log
			t.commit(erase())
			t.commit(insert(role("r1")), insert(role("r2")))
			t.logs(store.LogQuery{Limit: 100})
			for _, c := range earlier {
				t.logs(store.LogQuery{After: headOf(c), Limit: 100})
			}
			for _, c := range t.log {
				t.logs(store.LogQuery{After: headOf(c), Limit: 100})
				t.logs(store.LogQuery{After: store.Head{Revision: c.Revision, Commit: "foreign"}, Limit: 100})
			}
			return t.err
		},
	},
	{
		Name: "erase/backward",
		Rule: "Entries no longer kept are skipped; their revisions are missing from the answer.",
		Check: func(ctx context.Context, s store.Store) error {
			t := tenCommits(ctx, s)
			t.commit(erase())
			t.commit(insert(role("r1")), insert(role("r2")))
			for before := range t.head.Revision + 2 {
				for _, limit := range []int{1, 2, 100} {
					t.logs(store.LogQuery{Backward: true, Before: before, Limit: limit})
				}
			}
			return t.err
		},
	},
	{
		Name: "erase/the chain goes on",
		Rule: ruleErase + " " + ruleSuccess,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			before := t.head
			t.commit(erase())
			t.refused(store.ErrConflict, store.Head{}, insert(role("r1")))
			t.refused(store.ErrConflict, before, insert(role("r1")))
			t.commit(insert(role("r1")))
			t.commit(erase())
			t.commit(erase(), erase())
			t.audit()
			if t.err == nil && t.head.Revision != 8 {
				t.fail("the chain is at %v, want revision 8", t.head)
			}
			return t.err
		},
	},
	{
		Name: "erase/other tenants stay",
		Rule: ruleErase,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			var others []*tenant
			for _, name := range []string{"acm", "acme2", "Acme", "acme/", "%", "_cme"} {
				o := newTenant(ctx, s, name)
				o.commit(insert(role("r1"), holds(user("ann"), "r1"), belongs(user("ann"), "eng"), belongs(group("eng"), "all")))
				others = append(others, o)
			}
			t.commit(erase())
			t.audit()
			for _, o := range others {
				o.audit()
			}
			return firstError(append(others, t)...)
		},
	},
	{
		Name: "erase/with new records",
		Rule: ruleErase,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			// New ones, and some under the keys of those that go.
			t.commit(both(erase(), insert(
				role("r1"), role("new"), holds(user("ann"), "r1"), holds(user("new"), "new"),
				belongs(user("ann"), "eng"), belongs(group("new"), "all"))))
			t.audit()
			// What went is not there to be changed.
			t.refused(store.ErrCorrupt, t.head, both(erase(), remove(role("r1"))))
			t.refused(store.ErrCorrupt, t.head, both(erase(), remove(belongs(user("ann"), "eng"))))
			return t.err
		},
	},
	{
		Name: "erase/among several commits",
		Rule: ruleErase + " " + ruleAppend,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			t.commit(insert(role("r5")), insert(role("r6")), both(erase(), insert(role("r5"))), insert(role("r6")))
			t.audit()
			t.logs(store.LogQuery{After: t.headAt(6), Limit: 10})
			return t.err
		},
	},
	{
		Name: "erase/as the first commit",
		Rule: ruleErase,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.commit(both(erase(), insert(role("r1"))))
			t.audit()
			for i := range 3 {
				t.commit(insert(role(fmt.Sprint("n", i))))
			}
			t.audit()
			return t.err
		},
	},
}
