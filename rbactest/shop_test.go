package rbactest_test

import (
	"context"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbactest"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// shopCatalog is what can be done in the shop of the tests and examples.
func shopCatalog() *rbac.Catalog {
	c, err := rbac.NewCatalog(
		rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{{ID: "orders.view"}, {ID: "orders.ship"}, {ID: "orders.refund"}}},
		rbac.Section{Name: "Shop", Permissions: []rbac.PermissionInfo{{ID: "shop.close", OwnerOnly: true}}},
	)
	if err != nil {
		panic(err)
	}
	return c
}

var shopPolicy = rbactest.Policy{
	Roles: map[string]rbac.PermissionSet{
		"Clerk": rbac.Set("orders.view", "orders.ship"),
		"Lead": rbac.Set(
			"orders.view", "orders.ship", "orders.refund",
			rbac.RolesView, rbac.RolesCreate, rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign,
		),
		"Till": rbac.Set("orders.refund"),
	},
	Users: map[string][]string{
		"olivia": {"Owner"},
		"ann":    {"Admin"},
		"lena":   {"Lead"},
		"carl":   {"Clerk"},
		"nobody": nil,
	},
	Groups: map[string]rbactest.Group{
		"night": {Roles: []string{"Clerk"}, Users: []string{"nina"}, Groups: []string{"cash"}},
		"cash":  {Roles: []string{"Till"}, Users: []string{"cora", "carl"}},
	},
}

func newShop(t testing.TB) *rbactest.Fixture {
	t.Helper()
	return rbactest.New(t, shopCatalog(), nil, shopPolicy)
}

// suspend makes a role confer nothing.
func suspend(t testing.TB, a *rbac.Authority, id rbac.RoleID) {
	t.Helper()
	role, err := a.Role(context.Background(), rbac.System("test"), id)
	if err != nil {
		t.Fatal(err)
	}
	status := rbac.Suspended
	_, err = a.EditRole(context.Background(), rbac.System("test"), rbac.RoleEdit{ID: id, Version: role.Version, Status: &status})
	if err != nil {
		t.Fatal(err)
	}
}

// checker answers everything in one way.
type checker struct{ err error }

func (c checker) Check(context.Context, rbac.Actor, rbac.Permission) error { return c.err }

func newMemory() *memory.Store { return memory.New() }
