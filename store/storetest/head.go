package storetest

import (
	"context"
	"fmt"

	"github.com/seed80bc5f17/rbac/store"
)

var headCases = []Case{
	{
		Name: "heads/never written",
		Rule: "A tenant never written is empty, at the zero Head, without an error.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.audit()
			t.loads(store.Selection{})
			t.loads(store.Selection{Model: true, Subjects: []store.Subject{user("ann"), group("eng")}, AllUpTo: 1})
			t.logs(store.LogQuery{Limit: 1})
			t.logs(store.LogQuery{After: store.Head{Revision: 1, Commit: "x"}, Limit: 1})
			return t.err
		},
	},
	{
		Name: "heads/in the order asked",
		Rule: "Heads returns the present heads of the tenants, in the order asked.",
		Check: func(ctx context.Context, s store.Store) error {
			a, b, c := newTenant(ctx, s, "a"), newTenant(ctx, s, "b"), newTenant(ctx, s, "c")
			b.commit(insert(role("r1")))
			a.commit(insert(role("r1")))
			a.commit(insert(role("r2")))
			asked := []string{"c", "a", "never", "b", "a", "never"}
			want := []store.Head{c.head, a.head, {}, b.head, a.head, {}}
			for i := range asked {
				c.answers(fmt.Sprintf("Heads(%q)", asked[i:]), func() (any, any, error) {
					heads, err := s.Heads(ctx, asked[i:])
					return want[i:], heads, err
				})
			}
			c.answers("Heads of no tenant", func() (any, any, error) {
				heads, err := s.Heads(ctx, nil)
				return []store.Head{}, heads, err
			})
			return firstError(a, b, c)
		},
	},
	{
		Name: "heads/of many tenants",
		Rule: "Heads returns the present heads of the tenants, in the order asked.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "tenant-0700")
			t.commit(insert(role("r1")))
			asked := make([]string, 1500)
			want := make([]store.Head, len(asked))
			for i := range asked {
				asked[i] = fmt.Sprintf("tenant-%04d", i)
			}
			want[700] = t.head
			t.answers("Heads of 1,500 tenants", func() (any, any, error) {
				heads, err := s.Heads(ctx, asked)
				return want, heads, err
			})
			return t.err
		},
	},
	{
		Name: "heads/seen by every method at once",
		Rule: "A store is linearizable: each method sees every Commit that returned before the call began.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			ann := user("ann")
			// Each method gets its turn to be the first to look after a commit.
			looks := []func(){
				t.hasHead,
				func() { t.loads(store.Selection{}) },
				func() { t.loads(store.Selection{Subjects: []store.Subject{ann}}) },
				func() { t.loads(store.Selection{Model: true, AllUpTo: 100}) },
				func() { t.scans(store.Query{List: store.Assignments, Limit: 100}) },
				func() { t.scans(store.Query{List: store.Assignments, Count: true}) },
				func() { t.logs(store.LogQuery{Limit: 100}) },
				func() { t.logs(store.LogQuery{Backward: true, Limit: 1}) },
			}
			for round := range 2 * len(looks) {
				t.commit(insert(holds(ann, fmt.Sprintf("r%02d", round))))
				for i := range looks {
					looks[(round+i)%len(looks)]()
				}
			}
			return t.err
		},
	},
}

// firstError returns the first failure among the tenants.
func firstError(tenants ...*tenant) error {
	for _, t := range tenants {
		if t.err != nil {
			return fmt.Errorf("tenant %q: %w", t.name, t.err)
		}
	}
	return nil
}
