package rbac_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store/memory"
)

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	c, err := rbac.NewCatalog(rbac.Section{Name: "Billing", Permissions: []rbac.PermissionInfo{{ID: "billing.view"}, {ID: "billing.manage"}, {ID: "billing.close", OwnerOnly: true}}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := rbac.New(memory.New(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	must := func(r rbac.Receipt, err error) rbac.Receipt {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	must(a.Bootstrap(ctx, rbac.System("x"), "olivia"))
	o := rbac.As("olivia")
	r := must(a.CreateRole(ctx, o, rbac.NewRole{Name: "Clerk", Permissions: rbac.Set("billing.view")}))
	must(a.Assign(ctx, o, rbac.NewAssignment{Subject: rbac.User("carl"), Role: r.Role.ID}))
	must(a.Assign(ctx, o, rbac.NewAssignment{Subject: rbac.User("ann"), Role: rbac.AdminRole}))
	fmt.Println(a.Check(ctx, rbac.As("carl"), "billing.view"), a.Check(ctx, rbac.As("carl"), "billing.manage"))
	v, err := a.RoleView(ctx, rbac.As("ann"), r.Role.ID)
	fmt.Printf("%+v %v\n", v, err)
	fmt.Println(a.WhoCan(ctx, o, "billing.view", rbac.PageQuery{}))
	fmt.Println(a.History(ctx, o, rbac.PageQuery{}))
	fmt.Println(a.Review(ctx, o, rbac.ReviewQuery{}))
	fmt.Println(a.Explain(ctx, o, rbac.User("carl"), "billing.manage"))
	fmt.Println(a.Preview(ctx, o, rbac.Grant(r.Role.ID, "billing.manage")))
	fmt.Println(a.Holders(ctx, o, r.Role.ID, rbac.PageQuery{}))
	fmt.Println(a.Groups(ctx, o, rbac.PageQuery{}))
	_, err = a.Unassign(ctx, o, rbac.User("olivia"), rbac.OwnerRole)
	fmt.Println(err)
}
