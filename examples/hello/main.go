package main

import (
	"context"
	"fmt"
	"log"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store/memory"
)

func main() {
	ctx := context.Background()
	catalog := must(rbac.NewCatalog(rbac.Section{Name: "Billing", Permissions: []rbac.PermissionInfo{
		{ID: "billing.view", Label: "View invoices"},
		{ID: "billing.manage", Label: "Change the plan"},
		{ID: "billing.close", Label: "Close the account", OwnerOnly: true},
	}}))
	authority := must(rbac.New(memory.New(), catalog, nil))

	// The host's own code makes the first Owner. From then on, people do it all.
	must(authority.Bootstrap(ctx, rbac.System("sign-up"), "olivia"))
	olivia, carl := rbac.As("olivia"), rbac.As("carl")
	clerk := must(authority.CreateRole(ctx, olivia, rbac.NewRole{
		Name: "Clerk", Permissions: rbac.Set("billing.view", rbac.RolesView, rbac.RolesEdit),
	})).Role
	must(authority.Assign(ctx, olivia, rbac.NewAssignment{Subject: rbac.User("carl"), Role: clerk.ID}))

	fmt.Println(authority.Check(ctx, carl, "billing.view")) // nil is yes
	fmt.Println(authority.Check(ctx, carl, "billing.manage"))

	// Carl may edit roles, but not the one he holds, nor beyond what he has.
	_, err := authority.Grant(ctx, carl, clerk.ID, "billing.manage")
	fmt.Println(err)
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
