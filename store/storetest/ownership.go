package storetest

import (
	"context"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

const ruleOwnership = "Implementations keep no reference to what they are given after they return."

var ownershipCases = []Case{
	{
		Name: "ownership/of commits",
		Rule: ruleOwnership,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			r := role("r1")
			r.Metadata = map[string]string{"k": "v"}
			r2 := r
			r2.Version, r2.Permissions, r2.Metadata = 2, []string{"x.y", "y.z"}, map[string]string{"k": "w"}
			a, m := holds(user("ann"), "r1"), belongs(user("ann"), "eng")
			a2, m2 := a, m
			a2.Reason, m2.Reason = "changed", "changed"
			for _, cs := range [][]store.Commit{
				{insert(r, a, m), insert(role("r2"))},
				{both(replace(r, r2), replace(a, a2), replace(m, m2))},
				{remove(r2, a2, m2)},
			} {
				cs = dated(t.head, cs)
				given := cloned(cs)
				if err := patiently(func() error { return s.Commit(ctx, t.name, t.head, given) }); err != nil {
					return err
				}
				t.model = t.after(cs...)
				scribble(given)
				t.audit()
			}
			return t.err
		},
	},
	{
		Name: "ownership/arguments stay as they are",
		Rule: "What a store is given is the caller's, who may send the same again.",
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			cs := dated(t.head, []store.Commit{insert(role("z"), role("b"), holds(user("z"), "b"), holds(user("a"), "b")), {Revision: 99}})
			given := cloned(cs)
			if err := patiently(func() error { return s.Commit(ctx, t.name, t.head, given) }); err != nil {
				return err
			}
			t.model = t.after(cs...)
			if d := diff(cs, given); d != "" {
				t.fail("Commit changed what it was given (-before +after):\n%s", d)
			}
			subjects := []store.Subject{user("z"), group("eng"), user("z"), user("a"), group("eng")}
			asked := slices.Clone(subjects)
			t.loads(store.Selection{Model: true, Subjects: asked})
			if d := diff(subjects, asked); d != "" {
				t.fail("Load changed the subjects it was given (-before +after):\n%s", d)
			}
			tenants := []string{"z", "acme", "a", "acme"}
			named := slices.Clone(tenants)
			err := patiently(func() error {
				_, err := s.Heads(ctx, named)
				return err
			})
			if err != nil {
				return err
			}
			if d := diff(tenants, named); d != "" {
				t.fail("Heads changed the tenants it was given (-before +after):\n%s", d)
			}
			return t.err
		},
	},
	{
		Name: "ownership/of answers",
		Rule: "Implementations hand out records that the caller may keep.",
		Check: func(ctx context.Context, s store.Store) error {
			t := turned(ctx, s)
			before := t.model
			sel, q, l := store.Selection{Model: true, AllUpTo: 100}, store.Query{List: store.Memberships, Limit: 100}, store.LogQuery{Limit: 100}
			var st store.State
			var page store.Page
			var log []store.Commit
			err := patiently(func() (err error) {
				if st, err = s.Load(ctx, t.name, sel); err != nil {
					return err
				}
				if page, err = s.Scan(ctx, t.name, q); err != nil {
					return err
				}
				log, err = s.Log(ctx, t.name, l)
				return err
			})
			if err != nil {
				return err
			}
			for range 3 {
				t.commit(t.turn())
				t.audit()
			}
			t.commit(erase())
			t.audit()
			entries, _ := before.entries(l)
			for _, d := range []string{diff(before.load(sel), inOrder(st)), diff(before.scan(q), page), diff(entries, log)} {
				if d != "" {
					t.fail("what was handed out changed later (-then +now):\n%s", d)
				}
			}
			return t.err
		},
	},
}

// scribble overwrites everything that the commits refer to.
func scribble(cs []store.Commit) {
	for i := range cs {
		c := &cs[i]
		for j := range c.Entry {
			c.Entry[j] = 'X'
		}
		for j := range c.Roles {
			for _, r := range []*store.Role{c.Roles[j].Before, c.Roles[j].After} {
				if r == nil {
					continue
				}
				for k := range r.Permissions {
					r.Permissions[k] = "scribbled"
				}
				for k := range r.Metadata {
					r.Metadata[k] = "scribbled"
				}
				*r = role("scribbled")
			}
			c.Roles[j] = store.Change[store.Role]{}
		}
		for j := range c.Assignments {
			for _, a := range []*store.Assignment{c.Assignments[j].Before, c.Assignments[j].After} {
				if a != nil {
					*a = holds(user("scribbled"), "scribbled")
				}
			}
			c.Assignments[j] = store.Change[store.Assignment]{}
		}
		for j := range c.Memberships {
			for _, m := range []*store.Membership{c.Memberships[j].Before, c.Memberships[j].After} {
				if m != nil {
					*m = belongs(user("scribbled"), "scribbled")
				}
			}
			c.Memberships[j] = store.Change[store.Membership]{}
		}
		*c = store.Commit{ID: "scribbled"}
	}
}
