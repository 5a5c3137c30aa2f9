package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// The life of a shop: the host declares what can be done and makes the first
// Owner, the Owner makes a role, and the clerk is checked.
func Example() {
	ctx := context.Background()
	catalog, err := rbac.NewCatalog(
		rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{
			{ID: "orders.view", Label: "View orders"},
			{ID: "orders.ship", Label: "Ship orders"},
			{ID: "orders.refund", Label: "Refund orders"},
		}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	shop, err := rbac.New(memory.New(), catalog, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := shop.Bootstrap(ctx, rbac.System("sign-up"), "olivia"); err != nil {
		fmt.Println(err)
		return
	}

	olivia, carl := rbac.As("olivia"), rbac.As("carl")
	receipt, err := shop.CreateRole(ctx, olivia, rbac.NewRole{
		Name:        "Clerk",
		Permissions: rbac.Set("orders.view", "orders.ship"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	clerk := receipt.Role.ID
	if _, err := shop.Assign(ctx, olivia, rbac.NewAssignment{Subject: rbac.User("carl"), Role: clerk}); err != nil {
		fmt.Println(err)
		return
	}

	fmt.Println(shop.Can(ctx, carl, "orders.ship"))
	fmt.Println(shop.Can(ctx, carl, "orders.refund"))

	err = shop.Check(ctx, carl, "orders.refund")
	fmt.Println(errors.Is(err, rbac.ErrDenied), err)

	// Output:
	// true <nil>
	// false <nil>
	// true rbac: denied: the permission is not held (orders.refund)
}

// The examples below share this shop. Olivia is its Owner and ann an Admin; it
// is nine o'clock on New Year's Day.
func exampleShop() *rbac.Authority {
	return exampleShopWith(rbac.Options{})
}

func exampleShopWith(o rbac.Options) *rbac.Authority {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC) }
	}
	shop := ensure(rbac.New(memory.New(), exampleCatalog(), &o))
	ctx := context.Background()
	ensure(shop.Bootstrap(ctx, rbac.System("sign-up"), "olivia"))
	ensure(shop.Assign(ctx, rbac.As("olivia"), rbac.NewAssignment{Subject: rbac.User("ann"), Role: rbac.AdminRole}))
	return shop
}

func exampleCatalog() *rbac.Catalog {
	return ensure(rbac.NewCatalog(
		rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{
			{ID: "orders.view", Label: "View orders"},
			{ID: "orders.ship", Label: "Ship orders"},
			{ID: "orders.refund", Label: "Refund orders"},
		}},
		rbac.Section{Name: "Shop", Permissions: []rbac.PermissionInfo{
			{ID: "shop.theme", Label: "Change the look"},
			{ID: "shop.close", Label: "Close the shop", OwnerOnly: true},
		}},
	))
}

// exampleRole makes a role as the Owner and gives it to users.
func exampleRole(shop *rbac.Authority, name string, permissions rbac.PermissionSet, users ...string) rbac.Role {
	ctx, olivia := context.Background(), rbac.As("olivia")
	role := ensure(shop.CreateRole(ctx, olivia, rbac.NewRole{Name: name, Permissions: permissions})).Role
	for _, user := range users {
		ensure(shop.Assign(ctx, olivia, rbac.NewAssignment{Subject: rbac.User(user), Role: role.ID}))
	}
	return role
}

// ensure stands for a host's handling of errors that the story has not.
func ensure[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
