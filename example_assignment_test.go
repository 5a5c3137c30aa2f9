package rbac_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// A role for a period begins and ends by itself.
func ExampleAuthority_Assign() {
	now := time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)
	shop := exampleShopWith(rbac.Options{Now: func() time.Time { return now }})
	ctx := context.Background()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"))

	_, err := shop.Assign(ctx, rbac.As("ann"), rbac.NewAssignment{
		Subject: rbac.User("carl"),
		Role:    clerk.ID,
		From:    now.Add(24 * time.Hour),
		Until:   now.Add(72 * time.Hour),
		Reason:  "the January sale",
	})
	fmt.Println(err)
	for range 4 {
		fmt.Println(now.Format("Mon 2 January"), ensure(shop.Can(ctx, rbac.As("carl"), "orders.view")))
		now = now.Add(24 * time.Hour)
	}
	// Output:
	// <nil>
	// Tue 1 January false
	// Wed 2 January true
	// Thu 3 January true
	// Fri 4 January false
}

// People may resign, but the last Owner stays.
func ExampleAuthority_Unassign() {
	shop := exampleShop()
	ctx := context.Background()

	_, err := shop.Unassign(ctx, rbac.As("ann"), rbac.User("ann"), rbac.AdminRole)
	fmt.Println(err)
	_, err = shop.Unassign(ctx, rbac.As("olivia"), rbac.User("olivia"), rbac.OwnerRole)
	fmt.Println(err)
	// Output:
	// <nil>
	// rbac: cannot unassign: the tenant would have no Owner
}

// Somebody leaves: all roles and memberships go in one step.
func ExampleAuthority_Offboard() {
	shop := exampleShop()
	ctx := context.Background()
	exampleRole(shop, "Clerk", rbac.Set("orders.view"), "carl")
	ensure(shop.AddMember(ctx, rbac.As("ann"), "warehouse", rbac.User("carl")))

	_, err := shop.Offboard(ctx, rbac.As("ann"), rbac.User("carl"))
	fmt.Println(err)
	fmt.Println(ensure(shop.Permissions(ctx, rbac.As("ann"), "carl")))
	fmt.Println(len(ensure(shop.Members(ctx, rbac.As("ann"), "warehouse", rbac.PageQuery{})).Items))
	// Output:
	// <nil>
	// {}
	// 0
}

// A group holds roles for its members, and groups nest.
func ExampleAuthority_AddMember() {
	shop := exampleShop()
	ctx := context.Background()
	ann := rbac.As("ann")
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"))
	ensure(shop.Assign(ctx, ann, rbac.NewAssignment{Subject: rbac.Group("warehouse"), Role: clerk.ID}))

	ensure(shop.AddMember(ctx, ann, "warehouse", rbac.Group("night shift")))
	ensure(shop.AddMember(ctx, ann, "night shift", rbac.User("carl")))
	fmt.Println(shop.Can(ctx, rbac.As("carl"), "orders.view"))

	_, err := shop.AddMember(ctx, ann, "night shift", rbac.Group("warehouse"))
	fmt.Println(err)
	// Output:
	// true <nil>
	// rbac: cannot add member: a group would contain itself
}

// An identity provider says which groups a user is in. That counts for checks,
// in this very call, and never for changes.
func ExampleActor_InGroups() {
	shop := exampleShop()
	ctx := context.Background()
	ensure(shop.Assign(ctx, rbac.As("olivia"), rbac.NewAssignment{Subject: rbac.Group("managers"), Role: rbac.AdminRole}))
	mona := rbac.As("mona").InGroups("managers") // from the claims of her token

	fmt.Println(shop.Can(ctx, rbac.As("mona"), "orders.refund"))
	fmt.Println(shop.Can(ctx, mona, "orders.refund"))
	_, err := shop.CreateRole(ctx, mona, rbac.NewRole{Name: "Clerk", Permissions: rbac.Set("orders.view")})
	fmt.Println(err)
	// Output:
	// false <nil>
	// true <nil>
	// rbac: cannot create role: the actor lacks the permission for it (rbac.roles.create)
}

// A session can do with less than its user has: here one role of several.
func ExampleActor_Only() {
	shop := exampleShop()
	ctx := context.Background()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"), "ann")
	ann := rbac.As("ann")

	fmt.Println(ensure(shop.Can(ctx, ann, "orders.refund")))
	fmt.Println(ensure(shop.Can(ctx, ann.Only(clerk.ID), "orders.refund")))
	fmt.Println(ensure(shop.Permissions(ctx, ann.Only(clerk.ID), "ann")))
	// Output:
	// true
	// false
	// {orders.view}
}

// A role and its first holder are made together, or not at all.
func ExampleAuthority_Apply() {
	shop := exampleShop()
	ctx := context.Background()
	clerk := rbac.CreateRole(rbac.NewRole{Name: "Clerk", Permissions: rbac.Set("orders.view")})
	carl := rbac.Assign(rbac.NewAssignment{Subject: rbac.User("carl"), Role: clerk.RoleID()}).Because("first day")

	// Carl cannot be made an Owner by ann, so that there is no Clerk, either.
	owner := rbac.Assign(rbac.NewAssignment{Subject: rbac.User("carl"), Role: rbac.OwnerRole})
	_, err := shop.Apply(ctx, rbac.As("ann"), clerk, carl, owner)
	fmt.Println(err)
	fmt.Println(ensure(shop.Can(ctx, rbac.As("carl"), "orders.view")))

	receipt, err := shop.Apply(ctx, rbac.As("ann"), clerk, carl)
	fmt.Println(receipt.Roles[0].Name, err)
	fmt.Println(ensure(shop.Can(ctx, rbac.As("carl"), "orders.view")))
	// Output:
	// rbac: cannot assign: the Owner role passes only from Owner to user
	// false
	// Clerk <nil>
	// true
}

// Before a form is sent, its effect can be shown.
func ExampleAuthority_Preview() {
	shop := exampleShop()
	ctx := context.Background()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view", "orders.ship"), "carl", "dora")
	exampleRole(shop, "Driver", rbac.Set("orders.ship"), "dora")

	impact, err := shop.Preview(ctx, rbac.As("ann"), rbac.Revoke(clerk.ID, "orders.ship"), rbac.Grant(clerk.ID, "orders.refund"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(impact.Gaining, "gain,", impact.Losing, "loses")
	for _, u := range impact.Users {
		fmt.Println(u.User, "gains", u.Gained, "loses", u.Lost)
	}
	fmt.Println(ensure(shop.Can(ctx, rbac.As("carl"), "orders.refund"))) // nothing was written
	// Output:
	// 2 gain, 1 loses
	// carl gains {orders.refund} loses {orders.ship}
	// dora gains {orders.refund} loses {}
	// false
}

// Operations have a JSON form, for requests and queues.
func ExampleOp() {
	shop := exampleShop()
	var op rbac.Op
	err := json.Unmarshal([]byte(`{"op": "assign", "subject": {"kind": "user", "id": "carl"}, "role": "user", "reason": "invited"}`), &op)
	fmt.Println(op, op.RoleID(), err)
	_, err = shop.Apply(context.Background(), rbac.As("ann"), op)
	fmt.Println(err)
	// Output:
	// assign user <nil>
	// <nil>
}
