package rbac_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// With one tenant, the zero Options do.
func ExampleNew() {
	catalog, err := rbac.NewCatalog(rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{
		{ID: "orders.view", Label: "View orders"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	shop, err := rbac.New(memory.New(), catalog, nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	// Nobody may do anything yet.
	fmt.Println(shop.Can(context.Background(), rbac.As("olivia"), "orders.view"))
	// Output: false <nil>
}

// A catalogue has the host's sections and, at the end, the library's own.
func ExampleNewCatalog() {
	catalog, err := rbac.NewCatalog(
		rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{
			{ID: "orders.view", Label: "View orders", Description: "See all orders and who placed them"},
			{ID: "orders.refund", Label: "Refund orders"},
		}},
		rbac.Section{Name: "Shop", Permissions: []rbac.PermissionInfo{
			{ID: "shop.close", Label: "Close the shop", OwnerOnly: true},
		}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, section := range catalog.Sections() {
		fmt.Println(section.Name)
		for _, p := range section.Permissions[:min(2, len(section.Permissions))] {
			fmt.Printf("  %s: %s\n", p.ID, p.Label)
		}
	}
	fmt.Println(catalog.Delegable().Has("shop.close"))

	// What is wrong is said at start-up.
	_, err = rbac.NewCatalog(rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{{ID: "orders.*"}}})
	fmt.Println(errors.Is(err, rbac.ErrInvalid))
	// Output:
	// Orders
	//   orders.view: View orders
	//   orders.refund: Refund orders
	// Shop
	//   shop.close: Close the shop
	// Roles and access
	//   rbac.roles.view: View roles
	//   rbac.roles.create: Create roles
	// false
	// true
}

// Prebuilt roles are code: more of them, or Admin and User with other sets.
func ExamplePrebuilt() {
	catalog := exampleCatalog()
	shop := exampleShopWith(rbac.Options{Prebuilt: []rbac.Prebuilt{
		{ID: rbac.AdminRole, Permissions: catalog.Delegable().Minus(rbac.Set("orders.refund"))},
		{ID: "cashier", Description: "Gives money back", Permissions: rbac.Set("orders.view", "orders.refund")},
	}})
	ctx := context.Background()

	fmt.Println(shop.Can(ctx, rbac.As("ann"), "orders.refund"))
	cashier := ensure(shop.Role(ctx, rbac.As("olivia"), "cashier"))
	fmt.Println(cashier.Kind, cashier.Name, cashier.Permissions)

	_, err := shop.Grant(ctx, rbac.As("olivia"), "cashier", "orders.ship")
	fmt.Println(err)
	// Output:
	// false <nil>
	// prebuilt Cashier {orders.refund, orders.view}
	// rbac: cannot grant: prebuilt roles are fixed
}

// Only the host can make the first Owner. To say it again is no change.
func ExampleAuthority_Bootstrap() {
	shop := ensure(rbac.New(memory.New(), exampleCatalog(), nil))
	ctx := context.Background()

	for _, user := range []string{"olivia", "olivia", "mallory"} {
		receipt, err := shop.Bootstrap(ctx, rbac.System("sign-up"), user)
		fmt.Println(user, receipt.Changed, err)
	}
	// Output:
	// olivia true <nil>
	// olivia false <nil>
	// mallory false rbac: cannot bootstrap: the tenant already has an Owner
}

// System is the host's own code: it needs no permission, and yet cannot break
// what keeps the data sound.
func ExampleSystem() {
	shop := exampleShop()
	ctx := context.Background()
	nightly := rbac.System("nightly import from the directory")

	_, err := shop.Assign(ctx, nightly, rbac.NewAssignment{Subject: rbac.Group("staff"), Role: rbac.UserRole})
	fmt.Println(err)
	_, err = shop.Unassign(ctx, nightly, rbac.User("olivia"), rbac.OwnerRole)
	fmt.Println(err)
	// Output:
	// <nil>
	// rbac: cannot unassign: the tenant would have no Owner
}

// Each customer of the host is a tenant. The id comes from the host's own
// session, never from the request.
func ExampleAuthority_Tenant() {
	shops := ensure(rbac.New(memory.New(), exampleCatalog(), &rbac.Options{MultiTenant: true}))
	ctx := context.Background()
	acme, zeta := shops.Tenant("acme"), shops.Tenant("zeta")
	ensure(acme.Bootstrap(ctx, rbac.System("sign-up"), "olivia"))

	fmt.Println(acme.Can(ctx, rbac.As("olivia"), "orders.view"))
	fmt.Println(zeta.Can(ctx, rbac.As("olivia"), "orders.view"))

	// Whoever forgets the tenant gets no answer rather than a wrong one.
	_, err := shops.Can(ctx, rbac.As("olivia"), "orders.view")
	fmt.Println(err)
	// Output:
	// true <nil>
	// false <nil>
	// rbac: invalid tenant: is not given: call Tenant first
}

// Audit is told of each change and of each refusal.
func ExampleOptions_audit() {
	shop := exampleShopWith(rbac.Options{Audit: func(_ context.Context, e rbac.Event) {
		if e.Refused != nil {
			fmt.Println("refused", e.User, e.Operations, e.Refused)
		}
	}})
	_, _ = shop.Unassign(context.Background(), rbac.As("ann"), rbac.User("olivia"), rbac.OwnerRole)
	// Output: refused ann [unassign] rbac: cannot unassign: the Owner role passes only from Owner to user
}
