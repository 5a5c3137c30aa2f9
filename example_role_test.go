package rbac_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed80bc5f17/rbac"
)

// A role is made of what its maker has. Equal is allowed, more is not.
func ExampleAuthority_CreateRole() {
	shop := exampleShop()
	ctx := context.Background()
	exampleRole(shop, "Lead", rbac.Set("orders.view", "orders.ship", rbac.RolesView, rbac.RolesCreate), "lena")
	lena := rbac.As("lena")

	receipt, err := shop.CreateRole(ctx, lena, rbac.NewRole{
		Name:        "Clerk",
		Description: "Sends out what was ordered",
		Permissions: rbac.Set("orders.view", "orders.ship"),
		Metadata:    map[string]string{"colour": "green"},
		Reason:      "the team grows",
	})
	fmt.Println(receipt.Role.Name, receipt.Role.Permissions, receipt.Role.CreatedBy, err)

	_, err = shop.CreateRole(ctx, lena, rbac.NewRole{Name: "Cashier", Permissions: rbac.Set("orders.view", "orders.refund")})
	fmt.Println(err)
	_, err = shop.CreateRole(ctx, lena, rbac.NewRole{Name: "clerk", Permissions: rbac.Set()})
	fmt.Println(err)
	// Output:
	// Clerk {orders.ship, orders.view} lena <nil>
	// rbac: cannot create role: it takes permissions that the actor does not hold {orders.refund}
	// rbac: cannot create role: the name is taken or reserved
}

// Two people have the same form open. The second one is told, and looks again.
func ExampleAuthority_EditRole() {
	shop := exampleShop()
	ctx := context.Background()
	seen := exampleRole(shop, "Clerk", rbac.Set("orders.view"))

	receipt, err := shop.EditRole(ctx, rbac.As("olivia"), rbac.RoleEdit{
		ID: seen.ID, Version: seen.Version, Name: new("Dispatcher"),
	})
	fmt.Println(receipt.Role.Name, receipt.Role.Version, err)

	edit := rbac.RoleEdit{ID: seen.ID, Version: seen.Version, Permissions: new(rbac.Set("orders.view", "orders.ship"))}
	_, err = shop.EditRole(ctx, rbac.As("ann"), edit)
	fmt.Println(errors.Is(err, rbac.ErrConflict), err)

	now := ensure(shop.Role(ctx, rbac.As("ann"), seen.ID))
	edit.Version = now.Version
	receipt, err = shop.EditRole(ctx, rbac.As("ann"), edit)
	fmt.Println(receipt.Role.Name, receipt.Role.Permissions, receipt.Role.Version, err)
	// Output:
	// Dispatcher 2 <nil>
	// true rbac: cannot edit role: the role has changed since it was read
	// Dispatcher {orders.ship, orders.view} 3 <nil>
}

// A suspended role confers nothing and keeps its holders.
func ExampleAuthority_EditRole_status() {
	shop := exampleShop()
	ctx := context.Background()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"), "carl")

	for _, status := range []rbac.Status{rbac.Suspended, rbac.Active} {
		receipt := ensure(shop.EditRole(ctx, rbac.As("ann"), rbac.RoleEdit{
			ID: clerk.ID, Version: clerk.Version, Status: new(status),
		}))
		clerk = receipt.Role
		fmt.Println(clerk.Status, ensure(shop.Can(ctx, rbac.As("carl"), "orders.view")))
	}
	// Output:
	// suspended false
	// active true
}

// The three rules, met by one who may edit roles.
func ExampleAuthority_Grant() {
	shop := exampleShop()
	ctx := context.Background()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"))
	lead := exampleRole(shop, "Lead", rbac.Set("orders.view", "orders.ship", rbac.RolesView, rbac.RolesEdit), "lena")
	boss := exampleRole(shop, "Boss", lead.Permissions.Union(rbac.Set("orders.refund")))
	lena := rbac.As("lena")

	receipt, err := shop.Grant(ctx, lena, clerk.ID, "orders.ship")
	fmt.Println(receipt.Role.Permissions, err)

	_, err = shop.Grant(ctx, lena, lead.ID, "orders.refund") // her own role
	fmt.Println(err)
	_, err = shop.Grant(ctx, lena, boss.ID, "orders.ship") // a role above hers
	fmt.Println(err)
	_, err = shop.Grant(ctx, lena, clerk.ID, "orders.refund") // what she does not have
	fmt.Println(err)
	// Output:
	// {orders.ship, orders.view} <nil>
	// rbac: cannot grant: the actor holds this role
	// rbac: cannot grant: the role is not strictly below the actor
	// rbac: cannot grant: it takes permissions that the actor does not hold {orders.refund}
}

// A role in use is deleted by naming another one for its holders.
func ExampleAuthority_DeleteRole() {
	shop := exampleShop()
	ctx := context.Background()
	old := exampleRole(shop, "Trainee", rbac.Set("orders.view"), "carl", "dora")
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view", "orders.ship"))

	_, err := shop.DeleteRole(ctx, rbac.As("ann"), rbac.RoleDeletion{ID: old.ID, Version: old.Version})
	var denied *rbac.DeniedError
	if errors.As(err, &denied) && errors.Is(err, rbac.ErrInUse) {
		fmt.Println("held", denied.Count, "times")
	}

	_, err = shop.DeleteRole(ctx, rbac.As("ann"), rbac.RoleDeletion{
		ID: old.ID, Version: old.Version, Reassign: clerk.ID, Reason: "training is over",
	})
	fmt.Println(err)
	for _, a := range ensure(shop.Holders(ctx, rbac.As("ann"), clerk.ID, rbac.PageQuery{})).Items {
		fmt.Println(a.Subject, a.GrantedBy, a.Reason)
	}
	// Output:
	// held 2 times
	// <nil>
	// user:carl ann training is over
	// user:dora ann training is over
}

// Sets are values: each method returns a new one.
func ExamplePermissionSet() {
	clerk := rbac.Set("orders.view", "orders.ship")
	lead := clerk.Union(rbac.Set("orders.refund"))
	fmt.Println(lead, lead.Len())
	fmt.Println(clerk.SubsetOf(lead), lead.Minus(clerk), clerk.Has("orders.refund"))
	for p := range clerk.All() {
		fmt.Println(p)
	}
	// Output:
	// {orders.refund, orders.ship, orders.view} 3
	// true {orders.refund} false
	// orders.ship
	// orders.view
}
