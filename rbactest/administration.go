package rbactest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// GoldenAdministration compares a file with the matrix of who may make roles,
// and who may edit and delete which role and assign it to somebody who has
// nothing yet: yes, or the rbac.Reason why not.
//
//	role "Clerk" (custom, active)  edit      delete    assign
//	  lena                         own_role  own_role  yes
//	  olivia                       yes       in_use    yes
//
// Users who may do nothing of all that are in one line at the end. RBAC_UPDATE=1
// writes the file, commonly one below testdata.
func GoldenAdministration(t testing.TB, file string, a *rbac.Authority) {
	t.Helper()
	text, err := administrationMatrix(context.Background(), a)
	if err != nil {
		t.Fatalf("rbactest: %v", err)
	}
	golden(t, file, text)
}

// powers is what one user may do about roles.
type powers struct {
	user   string
	create rbac.Affordance
	over   map[rbac.RoleID][3]rbac.Affordance // edit, delete, assign
}

func administrationMatrix(ctx context.Context, a authority) (string, error) {
	w, err := survey(ctx, a)
	if err != nil {
		return "", err
	}
	var admins []powers
	var others []string
	for _, user := range w.users {
		p, err := powersOf(ctx, a, &w, user)
		if err != nil {
			return "", fmt.Errorf("no answer what %q may do with roles: %w", user, err)
		}
		if p.any() {
			admins = append(admins, p)
		} else {
			others = append(others, label(user))
		}
	}
	out := newSheet(
		"Who may make, edit and delete roles, and assign them to a newcomer; if not, why not.",
		"The reason is the first one: with in_use, nothing else stands in the way.",
	)
	var rows [][]string
	for _, p := range admins {
		rows = append(rows, []string{label(p.user), cell(p.create)})
	}
	out.block([]string{"a new role", "create"}, rows)
	for _, role := range w.roles {
		rows = nil
		for _, p := range admins {
			row := []string{label(p.user)}
			for _, verdict := range p.over[role.ID] {
				row = append(row, cell(verdict))
			}
			rows = append(rows, row)
		}
		out.block([]string{fmt.Sprintf("role %q (%s, %s)", role.Name, role.Kind, role.Status), "edit", "delete", "assign"}, rows)
	}
	if len(others) > 0 {
		out.block([]string{"users who may do nothing of this"}, [][]string{{strings.Join(others, ", ")}})
	}
	return out.String(), nil
}

func powersOf(ctx context.Context, a authority, w *tenant, user string) (powers, error) {
	actor := rbac.As(user)
	p := powers{user: user, over: map[rbac.RoleID][3]rbac.Affordance{}}
	fresh, err := a.NewRoleView(ctx, actor)
	if err != nil {
		return p, err
	}
	p.create = fresh.Create
	assignable := func(q rbac.PageQuery) (rbac.Page[rbac.AssignableRole], error) {
		return a.AssignableRoles(ctx, actor, rbac.User(w.newcomer()), q)
	}
	for role, err := range rbac.Each(assignable) {
		if err != nil {
			return p, err
		}
		p.over[role.Role.ID] = [3]rbac.Affordance{2: role.Affordance}
	}
	for _, role := range w.roles {
		view, err := a.RoleView(ctx, actor, role.ID)
		if errors.Is(err, rbac.ErrNotFound) {
			hidden := rbac.Affordance{Reason: rbac.ReasonNotFound}
			p.over[role.ID] = [3]rbac.Affordance{hidden, hidden, hidden}
			continue
		}
		if err != nil {
			return p, err
		}
		p.over[role.ID] = [3]rbac.Affordance{view.Edit, view.Delete, p.over[role.ID][2]}
	}
	return p, nil
}

func (p powers) any() bool {
	for _, verdicts := range p.over {
		for _, verdict := range verdicts {
			if verdict.Enabled {
				return true
			}
		}
	}
	return p.create.Enabled
}

func cell(verdict rbac.Affordance) string {
	if verdict.Enabled {
		return "yes"
	}
	return string(verdict.Reason)
}
