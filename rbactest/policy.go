package rbactest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac"
)

// Policy is what a tenant has at the beginning of a test, by the names of the
// roles: those of the policy, those given by code ("Owner", "Admin", "User")
// and those that the tenant has already. The zero Policy is an empty tenant.
type Policy struct {
	// Roles are the custom roles to make. A set that is not given is an error,
	// as everywhere; rbac.Set() is the empty one.
	Roles map[string]rbac.PermissionSet

	// Users are the users and the names of the roles that each holds directly,
	// for good; none for somebody who has nothing, or only through groups.
	Users map[string][]string

	// Groups are the groups by id.
	Groups map[string]Group
}

// Group is a group of a [Policy].
type Group struct {
	Roles  []string // names of the roles that the group holds
	Users  []string // the users in it; they need not be in Policy.Users
	Groups []string // the groups in it; they need not be in Policy.Groups
}

// people returns the users and the groups that the policy names, sorted.
func (p Policy) people() (users, groups []string) {
	users, groups = slices.Collect(maps.Keys(p.Users)), slices.Collect(maps.Keys(p.Groups))
	for _, g := range p.Groups {
		users, groups = append(users, g.Users...), append(groups, g.Groups...)
	}
	slices.Sort(users)
	slices.Sort(groups)
	return slices.Compact(users), slices.Compact(groups)
}

// host is on whose behalf this package does and asks what no user could.
func host() rbac.Actor { return rbac.System("rbactest") }

// write makes the policy so, in an order that does not vary, and returns the
// ids of all roles of the tenant by name.
func (p Policy) write(ctx context.Context, a *rbac.Authority) (map[string]rbac.RoleID, error) {
	apply := func(op rbac.Op, format string, args ...any) error {
		if _, err := a.Apply(ctx, host(), op); err != nil {
			return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.Roles)) {
		op := rbac.CreateRole(rbac.NewRole{Name: name, Permissions: p.Roles[name]})
		if err := apply(op, "role %q", name); err != nil {
			return nil, err
		}
	}
	roles, err := roleIDs(ctx, a)
	if err != nil {
		return nil, err
	}
	give := func(s rbac.Subject, names []string) error {
		for _, name := range names {
			id, ok := roles[name]
			if !ok {
				return fmt.Errorf("%v is to hold %q, and no role has that name", s, name)
			}
			if err := apply(rbac.Assign(rbac.NewAssignment{Subject: s, Role: id}), "role %q for %v", name, s); err != nil {
				return err
			}
		}
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(p.Groups)) {
		group := p.Groups[id]
		var members []rbac.Subject
		for _, user := range group.Users {
			members = append(members, rbac.User(user))
		}
		for _, nested := range group.Groups {
			members = append(members, rbac.Group(nested))
		}
		for _, member := range members {
			if err := apply(rbac.AddMember(id, member), "%v in group %q", member, id); err != nil {
				return nil, err
			}
		}
		if err := give(rbac.Group(id), group.Roles); err != nil {
			return nil, err
		}
	}
	for _, user := range slices.Sorted(maps.Keys(p.Users)) {
		if err := give(rbac.User(user), p.Users[user]); err != nil {
			return nil, err
		}
	}
	return roles, nil
}

func roleIDs(ctx context.Context, a *rbac.Authority) (map[string]rbac.RoleID, error) {
	ids := map[string]rbac.RoleID{}
	for role, err := range rolesOf(ctx, a, host()) {
		if err != nil {
			return nil, err
		}
		ids[role.Name] = role.ID
	}
	return ids, nil
}
