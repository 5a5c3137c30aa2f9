package rbactest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbactest"
)

func TestAllowedAndDenied(t *testing.T) {
	t.Parallel()
	f := newShop(t)
	a, carl := f.Authority, f.Actor("carl")
	passes(t, func(t testing.TB) {
		rbactest.Allowed(t, a, carl, "orders.view", "orders.ship")
		rbactest.Denied(t, a, carl, "shop.close", rbac.RolesView)
		rbactest.Denied(t, a, rbac.As("stranger"), "orders.view")
		rbactest.Denied(t, a, rbac.Actor{}, "orders.view")
		rbactest.Allowed(t, a, rbac.As("stranger").InGroups("night"), "orders.view")
		rbactest.Denied(t, a, carl.Only(), "orders.view")
	})

	fails(t, func(t testing.TB) { rbactest.Allowed(t, a, carl, "orders.view", "shop.close") }, "shop.close is denied to carl", "no role")
	fails(t, func(t testing.TB) { rbactest.Denied(t, a, carl, "shop.close", "orders.refund") }, "orders.refund is allowed to carl", `role "Till"`, `group "cash"`)
	suspend(t, a, f.Role("Clerk"))
	fails(t, func(t testing.TB) { rbactest.Allowed(t, a, carl, "orders.ship") }, "orders.ship", `role "Clerk"`, "suspended")

	// Neither yes nor no.
	for name, f := range map[string]func(t testing.TB){
		"nothing allowed": func(t testing.TB) { rbactest.Allowed(t, a, carl) },
		"nothing denied":  func(t testing.TB) { rbactest.Denied(t, a, carl) },
		"misspelt":        func(t testing.TB) { rbactest.Denied(t, a, carl, "orders.veiw") },
		"misspelt too":    func(t testing.TB) { rbactest.Allowed(t, a, rbac.As("olivia"), "orders.veiw") },
		"system":          func(t testing.TB) { rbactest.Denied(t, a, rbac.System("test"), "orders.view") },
		"no answer":       func(t testing.TB) { rbactest.Denied(t, checker{rbac.ErrUnavailable}, carl, "orders.view") },
		"no answer too":   func(t testing.TB) { rbactest.Allowed(t, checker{rbac.ErrUnavailable}, carl, "orders.view") },
		"host's error":    func(t testing.TB) { rbactest.Denied(t, checker{errors.New("x")}, carl, "orders.view") },
	} {
		t.Run(name, func(t *testing.T) { fails(t, f) })
	}
	fails(t, func(t testing.TB) { rbactest.Denied(t, checker{}, carl, "orders.view") }, "is allowed")
	fails(t, func(t testing.TB) { rbactest.Allowed(t, checker{rbac.ErrDenied}, carl, "orders.view") }, "is denied")
}

func TestRefused(t *testing.T) {
	t.Parallel()
	f := newShop(t)
	_, err := f.Authority.Grant(context.Background(), f.Actor("lena"), f.Role("Lead"), "orders.view")
	passes(t, func(t testing.TB) {
		if denied := rbactest.Refused(t, err, rbac.ReasonOwnRole); denied.Role != f.Role("Lead") {
			t.Errorf("%+v", denied)
		}
	})
	for name, f := range map[string]func(t testing.TB) *rbac.DeniedError{
		"accepted":     func(t testing.TB) *rbac.DeniedError { return rbactest.Refused(t, nil, rbac.ReasonOwnRole) },
		"other reason": func(t testing.TB) *rbac.DeniedError { return rbactest.Refused(t, err, rbac.ReasonCoverage) },
		"no refusal": func(t testing.TB) *rbac.DeniedError {
			return rbactest.Refused(t, rbac.ErrUnavailable, rbac.ReasonOwnRole)
		},
		"malformed": func(t testing.TB) *rbac.DeniedError {
			return rbactest.Refused(t, &rbac.InvalidError{}, rbac.ReasonOwnRole)
		},
	} {
		t.Run(name, func(t *testing.T) {
			fails(t, func(tb testing.TB) {
				if f(tb) == nil {
					t.Error("returned nil")
				}
			}, "want")
		})
	}
}

func TestAllowedExactly(t *testing.T) {
	t.Parallel()
	f := newShop(t)
	all := f.Authority.Catalog()
	clerk, till := shopPolicy.Roles["Clerk"], shopPolicy.Roles["Till"]
	table := func() map[string]rbac.PermissionSet {
		return map[string]rbac.PermissionSet{
			"olivia": all.Permissions(), "ann": all.Delegable(), "lena": shopPolicy.Roles["Lead"],
			"carl": clerk.Union(till), "cora": clerk.Union(till), "nina": clerk, "stranger": rbac.Set(),
		}
	}
	passes(t, func(t testing.TB) { rbactest.AllowedExactly(t, f.Authority, table()) })
	for _, tt := range []struct {
		name   string
		change func(table map[string]rbac.PermissionSet)
		words  []string
	}{
		{"an unlisted pair", func(m map[string]rbac.PermissionSet) { m["nina"] = rbac.Set("orders.view") }, []string{`"nina"  orders.ship  is allowed`, "1 of"}},
		{"an unlisted user", func(m map[string]rbac.PermissionSet) { delete(m, "nina") }, []string{`"nina"  orders.ship  is allowed`, `"nina"  orders.view  is allowed`, "2 of"}},
		{"a denied pair", func(m map[string]rbac.PermissionSet) { m["ann"] = all.Permissions() }, []string{`"ann"  shop.close  is denied`, "1 of"}},
		{"a stranger", func(m map[string]rbac.PermissionSet) { m["zoe"] = clerk }, []string{`"zoe"  orders.ship  is denied`, "2 of"}},
		{"a misspelt permission", func(m map[string]rbac.PermissionSet) { m["zoe"] = rbac.Set("orders.veiw") }, []string{`"zoe"  orders.veiw  is in the table and not in the catalogue`}},
		{"a malformed user", func(m map[string]rbac.PermissionSet) { m[" "] = rbac.Set() }, []string{"no answer"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := table()
			tt.change(m)
			fails(t, func(t testing.TB) { rbactest.AllowedExactly(t, f.Authority, m) }, tt.words...)
		})
	}
	empty := rbactest.New(t, shopCatalog(), nil, rbactest.Policy{})
	fails(t, func(t testing.TB) { rbactest.AllowedExactly(t, empty.Authority, nil) }, "no user")
	unbound, err := rbac.New(newMemory(), shopCatalog(), &rbac.Options{MultiTenant: true})
	if err != nil {
		t.Fatal(err)
	}
	fails(t, func(t testing.TB) { rbactest.AllowedExactly(t, unbound, table()) }, "tenant")
}
