package rbactest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac"
)

// authority is what this package asks an Authority. It is an interface so that
// tests can show, with one that breaks its promises, that this is noticed.
type authority interface {
	Checker
	AssignableRoles(context.Context, rbac.Actor, rbac.Subject, rbac.PageQuery) (rbac.Page[rbac.AssignableRole], error)
	Catalog() *rbac.Catalog
	Explain(context.Context, rbac.Actor, rbac.Subject, rbac.Permission) (rbac.Explanation, error)
	Groups(context.Context, rbac.Actor, rbac.PageQuery) (rbac.Page[string], error)
	Holders(context.Context, rbac.Actor, rbac.RoleID, rbac.PageQuery) (rbac.Page[rbac.Assignment], error)
	Members(context.Context, rbac.Actor, string, rbac.PageQuery) (rbac.Page[rbac.Membership], error)
	NewRoleView(context.Context, rbac.Actor) (rbac.NewRoleView, error)
	Permissions(context.Context, rbac.Actor, string) (rbac.PermissionSet, error)
	Preview(context.Context, rbac.Actor, ...rbac.Op) (rbac.Impact, error)
	Resolve(context.Context, rbac.Actor) (rbac.Principal, error)
	Roles(context.Context, rbac.Actor, rbac.PageQuery) (rbac.Page[rbac.Role], error)
	RoleView(context.Context, rbac.Actor, rbac.RoleID) (rbac.RoleView, error)
	Verify(context.Context, rbac.Actor) (rbac.Verification, error)
	WhoCan(context.Context, rbac.Actor, rbac.Permission, rbac.PageQuery) (rbac.Page[string], error)
}

// tenant is who and what there is.
type tenant struct {
	users []string    // sorted: who holds a role or is in a group, and more if given
	roles []rbac.Role // as in the files: Owner, other prebuilt ones, custom ones; by name
}

// survey looks through a tenant. A user who only has a role that code no
// longer declares is not found; it confers nothing.
func survey(ctx context.Context, a authority, more ...string) (tenant, error) {
	out := tenant{users: slices.Clone(more)}
	for role, err := range rolesOf(ctx, a, host()) {
		if err != nil {
			return out, fmt.Errorf("listing roles: %w", err)
		}
		out.roles = append(out.roles, role)
		holders := func(q rbac.PageQuery) (rbac.Page[rbac.Assignment], error) { return a.Holders(ctx, host(), role.ID, q) }
		for row, err := range rbac.Each(holders) {
			if err != nil {
				return out, fmt.Errorf("listing holders: %w", err)
			}
			out.meet(row.Subject)
		}
	}
	for group, err := range rbac.Each(func(q rbac.PageQuery) (rbac.Page[string], error) { return a.Groups(ctx, host(), q) }) {
		if err != nil {
			return out, fmt.Errorf("listing groups: %w", err)
		}
		members := func(q rbac.PageQuery) (rbac.Page[rbac.Membership], error) { return a.Members(ctx, host(), group, q) }
		for m, err := range rbac.Each(members) {
			if err != nil {
				return out, fmt.Errorf("listing members: %w", err)
			}
			out.meet(m.Member)
		}
	}
	slices.Sort(out.users)
	out.users = slices.Compact(out.users)
	slices.SortFunc(out.roles, func(x, y rbac.Role) int {
		return cmp.Or(cmp.Compare(rank(x.Kind), rank(y.Kind)), strings.Compare(x.Name, y.Name))
	})
	return out, nil
}

func (w *tenant) meet(s rbac.Subject) {
	if s.IsUser() {
		w.users = append(w.users, s.ID())
	}
}

// newcomer returns a user who has nothing.
func (w *tenant) newcomer() string {
	name := "newcomer"
	for slices.Contains(w.users, name) {
		name += "'"
	}
	return name
}

// freeName returns a name that no role has.
func (w *tenant) freeName() string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("rbactest %d", n)
		if !slices.ContainsFunc(w.roles, func(r rbac.Role) bool { return strings.EqualFold(r.Name, name) }) {
			return name
		}
	}
}

func rank(k rbac.Kind) int {
	return slices.Index([]rbac.Kind{rbac.KindOwner, rbac.KindPrebuilt, rbac.KindCustom}, k)
}

func rolesOf(ctx context.Context, a interface {
	Roles(context.Context, rbac.Actor, rbac.PageQuery) (rbac.Page[rbac.Role], error)
}, actor rbac.Actor,
) iter.Seq2[rbac.Role, error] {
	return rbac.Each(func(q rbac.PageQuery) (rbac.Page[rbac.Role], error) { return a.Roles(ctx, actor, q) })
}
