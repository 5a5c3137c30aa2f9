package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// benchTenant is a tenant of 100 roles and 1,000 users, each with one role; ann
// is an Admin.
func benchTenant(b *testing.B) (*rbac.Authority, []rbac.RoleID) {
	b.Helper()
	var sections []rbac.Section
	var all []rbac.Permission
	for s := range 5 {
		section := rbac.Section{Name: fmt.Sprintf("Section %c", 'A'+s)}
		for p := range 8 {
			id := rbac.Permission(fmt.Sprintf("section%d.action%d", s, p))
			section.Permissions = append(section.Permissions, rbac.PermissionInfo{ID: id})
			all = append(all, id)
		}
		sections = append(sections, section)
	}
	catalog, err := rbac.NewCatalog(sections...)
	if err != nil {
		b.Fatal(err)
	}
	a, err := rbac.New(memory.New(), catalog, nil)
	if err != nil {
		b.Fatal(err)
	}
	bench(b, a, rbac.System("bench"), rbac.Bootstrap("olivia"))
	bench(b, a, rbac.As("olivia"), rbac.Assign(rbac.NewAssignment{Subject: rbac.User("ann"), Role: rbac.AdminRole}))
	var roles []rbac.RoleID
	for i := range 100 {
		op := rbac.CreateRole(rbac.NewRole{Name: fmt.Sprintf("Role %d", i), Permissions: rbac.Set(all[i%20 : i%20+10]...)})
		bench(b, a, rbac.As("olivia"), op)
		roles = append(roles, op.RoleID())
	}
	for i := range 1000 {
		bench(b, a, rbac.As("olivia"), rbac.Assign(rbac.NewAssignment{Subject: rbac.User(fmt.Sprintf("user%d", i)), Role: roles[i%100]}))
	}
	return a, roles
}

func bench(b *testing.B, a *rbac.Authority, actor rbac.Actor, ops ...rbac.Op) {
	b.Helper()
	if _, err := a.Apply(context.Background(), actor, ops...); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkCreateRole(b *testing.B) {
	a, _ := benchTenant(b)
	i := 0
	for b.Loop() {
		op := rbac.CreateRole(rbac.NewRole{Name: fmt.Sprintf("New %d", i), Permissions: rbac.Set("section0.action0")})
		bench(b, a, rbac.As("ann"), op)
		bench(b, a, rbac.As("olivia"), rbac.DeleteRole(rbac.RoleDeletion{ID: op.RoleID(), Version: 1}))
		i++
	}
}

func BenchmarkAssignUnassign(b *testing.B) {
	a, roles := benchTenant(b)
	for b.Loop() {
		bench(b, a, rbac.As("ann"), rbac.Assign(rbac.NewAssignment{Subject: rbac.User("carl"), Role: roles[0]}))
		bench(b, a, rbac.As("ann"), rbac.Unassign(rbac.User("carl"), roles[0]))
	}
}

func BenchmarkEditRole(b *testing.B) {
	a, roles := benchTenant(b)
	for b.Loop() {
		bench(b, a, rbac.As("ann"), rbac.Revoke(roles[0], "section0.action0"))
		bench(b, a, rbac.As("ann"), rbac.Grant(roles[0], "section0.action0"))
	}
}

func BenchmarkCheck(b *testing.B) {
	a, _ := benchTenant(b)
	ctx, user := context.Background(), rbac.As("user0")
	b.Run("allowed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := a.Check(ctx, user, "section0.action0"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("denied", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if a.Check(ctx, user, "section4.action0") == nil {
				b.Fatal("allowed")
			}
		}
	})
	b.Run("denied, with its error", func(b *testing.B) {
		b.ReportAllocs()
		var err error
		for b.Loop() {
			if err = a.Check(ctx, user, "section4.action0"); err == nil {
				b.Fatal("allowed")
			}
		}
		if !errors.Is(err, rbac.ErrDenied) {
			b.Fatal(err)
		}
	})
}

func BenchmarkPrincipalCan(b *testing.B) {
	a, _ := benchTenant(b)
	p, err := a.Resolve(context.Background(), rbac.As("user0"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !p.Can("section0.action0") {
			b.Fatal("no")
		}
	}
}

func BenchmarkRoleView(b *testing.B) {
	a, roles := benchTenant(b)
	for b.Loop() {
		if _, err := a.RoleView(context.Background(), rbac.As("ann"), roles[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAssignInto compares adding an assignment to a tenant that has a
// hundred with adding one to a tenant that has a hundred thousand.
func BenchmarkAssignInto(b *testing.B) {
	for _, size := range []int{100, 100_000} {
		b.Run(fmt.Sprintf("%d", size), func(b *testing.B) {
			a, roles := benchTenant(b)
			ops := make([]rbac.Op, 0, 1000)
			for i := range size {
				ops = append(ops, rbac.Assign(rbac.NewAssignment{Subject: rbac.User(fmt.Sprintf("more%d", i)), Role: roles[i%100]}))
				if len(ops) == cap(ops) || i == size-1 {
					bench(b, a, rbac.As("olivia"), ops...)
					ops = ops[:0]
				}
			}
			i := 0
			for b.Loop() {
				bench(b, a, rbac.As("ann"), rbac.Assign(rbac.NewAssignment{Subject: rbac.User(fmt.Sprintf("next%d", i)), Role: roles[i%100]}))
				i++
			}
		})
	}
}
