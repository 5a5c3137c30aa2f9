package rbac_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// The page of a role, as ann sees it: what she may do with it, and for each
// permission whether it is on and whether she may flip it.
func ExampleAuthority_RoleView() {
	shop := exampleShop()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"), "carl")

	view, err := shop.RoleView(context.Background(), rbac.As("ann"), clerk.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("edit", view.Edit.Enabled)
	fmt.Println("delete", view.Delete.Enabled, view.Delete.Reason)
	for _, section := range view.Sections[:2] {
		fmt.Println(section.Name)
		for _, t := range section.Toggles {
			fmt.Printf("  %-15s on=%-5t enabled=%-5t %q\n", t.Label, t.On, t.Enabled, t.Reason)
		}
	}
	// Output:
	// edit true
	// delete false in_use
	// Orders
	//   View orders     on=true  enabled=true  ""
	//   Ship orders     on=false enabled=true  ""
	//   Refund orders   on=false enabled=true  ""
	// Shop
	//   Change the look on=false enabled=true  ""
	//   Close the shop  on=false enabled=false "owner_only"
}

// The page for a new role: is there to be a button at all, and which
// permissions are open to lena.
func ExampleAuthority_NewRoleView() {
	shop := exampleShop()
	ctx := context.Background()
	exampleRole(shop, "Lead", rbac.Set("orders.view", "orders.ship", rbac.RolesView, rbac.RolesCreate), "lena")

	view := ensure(shop.NewRoleView(ctx, rbac.As("lena")))
	fmt.Println("create", view.Create.Enabled)
	for _, t := range view.Sections[0].Toggles {
		fmt.Printf("%-13s %-5t %q\n", t.Permission, t.Enabled, t.Reason)
	}

	view = ensure(shop.NewRoleView(ctx, rbac.As("carl")))
	fmt.Println("create", view.Create.Enabled, view.Create.Reason)
	// Output:
	// create true
	// orders.view   true  ""
	// orders.ship   true  ""
	// orders.refund false "coverage"
	// create false permission
}

// Which roles ann may give to carl.
func ExampleAuthority_AssignableRoles() {
	shop := exampleShop()
	page, err := shop.AssignableRoles(context.Background(), rbac.As("ann"), rbac.User("carl"), rbac.PageQuery{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range page.Items {
		fmt.Printf("%-5s %-5t %q\n", r.Role.Name, r.Enabled, r.Reason)
	}
	// Output:
	// Admin true  ""
	// Owner false "owner"
	// User  true  ""
}

// Nothing is taken away when a giver loses authority. A review shows it.
func ExampleAuthority_Review() {
	now := time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)
	shop := exampleShopWith(rbac.Options{Now: func() time.Time { return now }})
	ctx := context.Background()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"))
	exampleRole(shop, "Nobody's", rbac.Set("orders.view"))
	ensure(shop.Assign(ctx, rbac.As("ann"), rbac.NewAssignment{
		Subject: rbac.User("carl"), Role: clerk.ID, Until: now.Add(7 * 24 * time.Hour),
	}))
	ensure(shop.Offboard(ctx, rbac.As("olivia"), rbac.User("ann")))

	for q := (rbac.ReviewQuery{}); ; {
		page, err := shop.Review(ctx, rbac.As("olivia"), q)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, f := range page.Items {
			fmt.Printf("%-18s %q\n", f.Concern, f.User)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	// Output:
	// role_unheld        ""
	// grant_giver_left   "ann"
	// assignment_expires "ann"
}

// Who changed what, newest first.
func ExampleAuthority_History() {
	shop := exampleShop()
	ctx := context.Background()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"))
	ensure(shop.Apply(ctx, rbac.As("ann"), rbac.Grant(clerk.ID, "orders.ship").Because("they asked for it")))

	page, err := shop.History(ctx, rbac.As("olivia"), rbac.PageQuery{Limit: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range page.Items {
		fmt.Println(e.Time.Format(time.DateTime), e.User, e.Operations)
		for _, c := range e.Roles {
			if c.Before != nil {
				fmt.Println("  before:", c.Before.Permissions)
			}
			fmt.Println("  after: ", c.After.Permissions)
		}
	}
	fmt.Println(page.Next != "") // there is more
	// Output:
	// 2030-01-01 09:00:00 ann [grant]
	//   before: {orders.view}
	//   after:  {orders.ship, orders.view}
	// 2030-01-01 09:00:00 olivia [create_role]
	//   after:  {orders.view}
	// true
}

// An audit replays the log: every change is judged again, and the records are
// held against what the log makes of them.
func ExampleAuthority_Verify() {
	shop := exampleShop()
	exampleRole(shop, "Clerk", rbac.Set("orders.view"), "carl")

	v, err := shop.Verify(context.Background(), rbac.As("olivia"))
	fmt.Println(v.Entries, "changes,", v.Judged, "judged,", len(v.Problems), "problems", err)
	// Output: 4 changes, 4 judged, 0 problems <nil>
}
