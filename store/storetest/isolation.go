package storetest

import (
	"context"

	"github.com/seed80bc5f17/rbac/store"
)

const ruleTenants = "Store keeps the tenants: a call for one neither reads nor writes another."

var tenantCases = []Case{
	{
		Name: "tenant/isolated",
		Rule: ruleTenants,
		Check: func(ctx context.Context, s store.Store) error {
			a, b := newTenant(ctx, s, "acme"), newTenant(ctx, s, "globex")
			rows := rowsOf(0)
			a.commit(insert(rows...))
			b.audit()
			b.commit(insert(rows[:4]...))
			a.audit()
			b.audit()
			a.commit(a.turn())
			b.audit()
			b.commit(remove(rows[:4]...))
			a.audit()
			b.audit()
			b.refused(store.ErrConflict, a.head, insert(role("x")))
			b.logs(store.LogQuery{After: a.head, Limit: 10})
			a.audit()
			return firstError(a, b)
		},
	},
	{
		Name: "tenant/one id for two commits",
		Rule: ruleTenants,
		Check: func(ctx context.Context, s store.Store) error {
			a, b := newTenant(ctx, s, "acme"), newTenant(ctx, s, "globex")
			c := insert(rowsOf(0)...)
			c.ID = "the-same"
			a.commit(c)
			b.commit(c)
			a.commit(erase())
			a.audit()
			b.audit()
			return firstError(a, b)
		},
	},
	{
		Name: "tenant/names that run into ids",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			var tenants []*tenant
			seps := []string{"", "/", ":", "|", ",", " ", "-", ".", "\\"}
			for _, sep := range seps {
				long, short := newTenant(ctx, s, "a"+sep+"b"), newTenant(ctx, s, "a"+sep+"b"+sep+"user")
				first := newTenant(ctx, s, "a"+sep+"b"+sep+"c")
				for _, t := range []*tenant{long, short, first} {
					t.commit(insert(
						role("c"+sep+"d"), role("d"), holds(user("c"+sep+"d"), "e"), holds(user("d"), "e"), holds(user("c"), "e"),
						belongs(user("c"+sep+"d"), "e"), belongs(user("d"), "c"+sep+"e"), holds(user("user"+sep+"c"), "e")))
					tenants = append(tenants, t)
				}
			}
			for i, t := range tenants {
				t.audit()
				if i%2 == 0 {
					t.commit(remove(role("d"), holds(user("d"), "e"), belongs(user("d"), "c"+seps[i/3]+"e")))
				}
			}
			for _, t := range tenants {
				t.audit()
			}
			return firstError(tenants...)
		},
	},
}
