package rbactest

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed80bc5f17/rbac"
)

// pages holds every affordance that every user is shown against the verdict on
// the operation that it stands for (S21).
func (s *inspection) pages(ctx context.Context) error {
	for i, user := range s.tenant.users {
		next := s.tenant.users[(i+1)%len(s.tenant.users)]
		if err := s.pagesOf(ctx, rbac.As(user), user, next, s.tenant.newcomer()); err != nil {
			return fmt.Errorf("comparing the pages of %q: %w", user, err)
		}
		if len(s.problems) > maxProblems {
			break
		}
	}
	return nil
}

func (s *inspection) pagesOf(ctx context.Context, actor rbac.Actor, subjects ...string) error {
	fresh, err := s.a.NewRoleView(ctx, actor)
	if err != nil {
		return err
	}
	name := s.tenant.freeName()
	create := func(set rbac.PermissionSet) rbac.Op {
		return rbac.CreateRole(rbac.NewRole{Name: name, Permissions: set})
	}
	err = s.compare(ctx, actor, "create a role", fresh.Create, create(rbac.Set()))
	for _, section := range fresh.Sections {
		for _, toggle := range section.Toggles {
			err = errors.Join(err, s.compare(ctx, actor, "create a role with "+string(toggle.Permission), toggle.Affordance, create(rbac.Set(toggle.Permission))))
		}
	}
	if err != nil {
		return err
	}
	for role, err := range rolesOf(ctx, s.a, actor) {
		if err != nil {
			return err
		}
		if err := s.rolePage(ctx, actor, role.ID, create); err != nil {
			return err
		}
	}
	for _, subject := range subjects {
		assignable := func(q rbac.PageQuery) (rbac.Page[rbac.AssignableRole], error) {
			return s.a.AssignableRoles(ctx, actor, rbac.User(subject), q)
		}
		for role, err := range rbac.Each(assignable) {
			if err != nil {
				return err
			}
			op := rbac.Assign(rbac.NewAssignment{Subject: rbac.User(subject), Role: role.Role.ID})
			if err := s.compare(ctx, actor, fmt.Sprintf("assign %q to %q", role.Role.Name, subject), role.Affordance, op); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *inspection) rolePage(ctx context.Context, actor rbac.Actor, id rbac.RoleID, create func(rbac.PermissionSet) rbac.Op) error {
	view, err := s.a.RoleView(ctx, actor, id)
	if err != nil {
		return err
	}
	version := max(view.Role.Version, 1) // prebuilt roles have none
	text := "another description"
	compare := func(what string, shown rbac.Affordance, op rbac.Op) {
		err = errors.Join(err, s.compare(ctx, actor, fmt.Sprintf("%s %q", what, view.Role.Name), shown, op))
	}
	compare("edit", view.Edit, rbac.EditRole(rbac.RoleEdit{ID: id, Version: version, Description: &text}))
	compare("delete", view.Delete, rbac.DeleteRole(rbac.RoleDeletion{ID: id, Version: version}))
	compare("clone", view.Clone, create(view.Role.Permissions))
	for status := rbac.Active; status <= rbac.Blocked; status++ {
		compare("make "+status.String(), view.Status[status], rbac.EditRole(rbac.RoleEdit{ID: id, Version: version, Status: &status}))
	}
	toggles := view.Unknown
	for _, section := range view.Sections {
		toggles = append(toggles, section.Toggles...)
	}
	for _, toggle := range toggles {
		if toggle.On != view.Role.Permissions.Has(toggle.Permission) {
			s.problem("pages: %v is shown %s of %q as %t", actor, toggle.Permission, view.Role.Name, toggle.On)
		}
		if toggle.On {
			compare("revoke "+string(toggle.Permission)+" of", toggle.Affordance, rbac.Revoke(id, toggle.Permission))
		} else {
			compare("grant "+string(toggle.Permission)+" to", toggle.Affordance, rbac.Grant(id, toggle.Permission))
		}
	}
	return err
}

// compare reports what is shown otherwise than it is judged. What is malformed
// for everybody is shown as disabled, by whatever reason is nearest.
func (s *inspection) compare(ctx context.Context, actor rbac.Actor, what string, shown rbac.Affordance, op rbac.Op) error {
	_, err := s.a.Preview(ctx, actor, op)
	var denied *rbac.DeniedError
	verdict := rbac.Affordance{Enabled: err == nil}
	switch {
	case err == nil:
	case errors.As(err, &denied):
		verdict.Reason = denied.Reason
	case errors.Is(err, rbac.ErrInvalid):
		verdict.Reason = shown.Reason
	default:
		return err
	}
	if shown.Enabled != verdict.Enabled || shown.Reason != verdict.Reason {
		s.problem("pages: %v is shown %q as %s, and it is %s", actor, what, cell(shown), cell(verdict))
	}
	return nil
}
