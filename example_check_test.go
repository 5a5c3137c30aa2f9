package rbac_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed80bc5f17/rbac"
)

// A check has three outcomes: yes, no, and no answer.
func ExampleAuthority_Check() {
	shop := exampleShop()
	exampleRole(shop, "Clerk", rbac.Set("orders.view"), "carl")
	carl := rbac.As("carl")

	answer := func(ctx context.Context, p rbac.Permission) string {
		switch err := shop.Check(ctx, carl, p); {
		case err == nil:
			return "yes"
		case errors.Is(err, rbac.ErrDenied):
			return "no"
		case errors.Is(err, rbac.ErrInvalid):
			return "not a question: " + err.Error()
		default:
			return "could not find out"
		}
	}
	fmt.Println(answer(context.Background(), "orders.view"))
	fmt.Println(answer(context.Background(), "orders.refund"))
	fmt.Println(answer(context.Background(), "orders.veiw"))
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println(answer(ended, "orders.view"))
	// Output:
	// yes
	// no
	// not a question: rbac: invalid permission: "orders.veiw" is not in the catalogue
	// could not find out
}

// Where yes or no is enough.
func ExampleAuthority_Can() {
	shop := exampleShop()
	may, err := shop.Can(context.Background(), rbac.As("ann"), "orders.refund")
	if err != nil {
		fmt.Println("could not find out:", err)
		return
	}
	fmt.Println(may)
	// Output: true
}

// A handler resolves its user once, and asks as often as it likes.
func ExampleAuthority_Resolve() {
	shop := exampleShop()
	exampleRole(shop, "Clerk", rbac.Set("orders.view", "orders.ship"), "carl")

	carl, err := shop.Resolve(context.Background(), rbac.As("carl"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(carl.Can("orders.ship"), carl.Can("orders.refund"), carl.IsOwner())
	// Output: true false false
}

// People may always look at what they themselves may do.
func ExampleAuthority_Permissions() {
	shop := exampleShop()
	ctx := context.Background()
	exampleRole(shop, "Clerk", rbac.Set("orders.view", "orders.ship"), "carl")

	fmt.Println(shop.Permissions(ctx, rbac.As("carl"), "carl"))
	_, err := shop.Permissions(ctx, rbac.As("carl"), "ann")
	fmt.Println(err)
	// Output:
	// {orders.ship, orders.view} <nil>
	// rbac: cannot view permissions: the actor lacks the permission for it (rbac.roles.view)
}

// Everybody who may give money back. Lists come in pages.
func ExampleAuthority_WhoCan() {
	shop := exampleShop()
	ctx := context.Background()
	exampleRole(shop, "Cashier", rbac.Set("orders.refund"), "dora", "emil")

	for q := (rbac.PageQuery{Limit: 3}); ; {
		page, err := shop.WhoCan(ctx, rbac.As("ann"), "orders.refund", q)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(page.Items)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	// Output:
	// [ann dora emil]
	// [olivia]
}

// Why somebody has a permission, and what would give it to somebody else.
func ExampleAuthority_Explain() {
	shop := exampleShop()
	ctx := context.Background()
	ann := rbac.As("ann")
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view", "orders.ship"))
	ensure(shop.Assign(ctx, ann, rbac.NewAssignment{Subject: rbac.Group("warehouse"), Role: clerk.ID}))
	ensure(shop.AddMember(ctx, ann, "warehouse", rbac.User("carl")))

	x := ensure(shop.Explain(ctx, ann, rbac.User("carl"), "orders.ship"))
	for _, path := range x.Because {
		fmt.Println(x.Allowed, "by", path.RoleName, "of", path.Groups, "given by", path.Assignment.GrantedBy)
	}

	ensure(shop.EditRole(ctx, ann, rbac.RoleEdit{ID: clerk.ID, Version: clerk.Version, Status: new(rbac.Suspended)}))
	x = ensure(shop.Explain(ctx, ann, rbac.User("carl"), "orders.ship"))
	for _, path := range x.Withheld {
		fmt.Println(x.Allowed, "since", path.RoleName, "is", path.Why)
	}
	// Output:
	// true by Clerk of [warehouse] given by ann
	// false since Clerk is suspended
}

// A permission to reset passwords is as good as the permissions of everybody
// whose password can be reset. The host asks whose it may be.
func ExampleAuthority_CheckOver() {
	shop := exampleShop()
	ctx := context.Background()
	exampleRole(shop, "Clerk", rbac.Set("orders.view"), "carl")
	exampleRole(shop, "Help desk", rbac.Set("orders.view", "orders.ship"), "hugo")

	resetPassword := func(by rbac.Actor, user string) error {
		if err := shop.CheckOver(ctx, by, user); err != nil {
			return err
		}
		// … the reset itself …
		return nil
	}
	fmt.Println(resetPassword(rbac.As("hugo"), "carl"))
	fmt.Println(resetPassword(rbac.As("hugo"), "ann"))
	// Output:
	// <nil>
	// rbac: cannot act over user: the user is not below the actor
}

// A host that keeps memberships itself, and asserts them, asks whether a
// person may make one.
func ExampleAuthority_CheckJoin() {
	shop := exampleShop()
	ctx := context.Background()
	ensure(shop.Assign(ctx, rbac.As("olivia"), rbac.NewAssignment{Subject: rbac.Group("managers"), Role: rbac.AdminRole}))
	exampleRole(shop, "Lead", rbac.Set("orders.view", rbac.RolesView, rbac.GroupsEdit), "lena")

	fmt.Println(shop.CheckJoin(ctx, rbac.As("ann"), "carl", "managers"))
	fmt.Println(shop.CheckJoin(ctx, rbac.As("lena"), "carl", "managers"))
	// Output:
	// <nil>
	// rbac: cannot add member: it takes permissions that the actor does not hold
}

// A change is answered with a token. Given to another process, it makes sure
// that the change is seen there.
func ExampleAuthority_AtLeast() {
	shop := exampleShop()
	ctx := context.Background()
	clerk := exampleRole(shop, "Clerk", rbac.Set("orders.view"), "carl")
	receipt := ensure(shop.Grant(ctx, rbac.As("ann"), clerk.ID, "orders.ship"))

	elsewhere := shop // another process, over the same store
	fmt.Println(elsewhere.AtLeast(receipt.Token).Can(ctx, rbac.As("carl"), "orders.ship"))
	_, err := elsewhere.AtLeast("gibberish").Can(ctx, rbac.As("carl"), "orders.ship")
	fmt.Println(err)
	// Output:
	// true <nil>
	// rbac: invalid token: is not a token of this tenant
}

// A refusal says by which rule. The reason is for programs, its text for
// people.
func ExampleDeniedError() {
	shop := exampleShop()
	_, err := shop.CreateRole(context.Background(), rbac.As("ann"), rbac.NewRole{
		Name:        "Liquidator",
		Permissions: rbac.Set("orders.view", "shop.close"),
	})

	var denied *rbac.DeniedError
	switch {
	case errors.As(err, &denied) && denied.Reason == rbac.ReasonOwnerOnly:
		fmt.Println("please leave out", denied.Missing)
		fmt.Println("because", denied.Reason.Text())
	case errors.As(err, &denied):
		fmt.Println("refused:", denied.Reason.Text())
	case err != nil:
		fmt.Println("try again later:", err)
	}
	// Output:
	// please leave out [shop.close]
	// because a permission is for Owners only
}
