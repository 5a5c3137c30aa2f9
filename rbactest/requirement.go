package rbactest

import (
	"context"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// Requires asserts which permissions a piece of the application takes,
// whatever way it asks for them: exactly these. It makes a role and a user,
// and calls allowed on behalf of that user with every permission but one, for
// each one in turn; allowed reports whether the application let the user do it.
// What takes a permission of an Owner alone, or one of several at choice, is
// reported as a failure. Role and user are removed at the end.
//
// The Authority must be the one that the application asks. What allowed does is
// done many times over, so it should be repeatable, or begin anew in each call.
func Requires(t testing.TB, a *rbac.Authority, allowed func(rbac.Actor) bool, want ...rbac.Permission) {
	t.Helper()
	ctx := context.Background()
	w, err := survey(ctx, a)
	if err != nil {
		t.Fatalf("rbactest: %v", err)
	}
	user := w.newcomer()
	role := rbac.CreateRole(rbac.NewRole{Name: w.freeName(), Permissions: rbac.Set()})
	apply := func(ops ...rbac.Op) {
		t.Helper()
		if _, err := a.Apply(ctx, host(), ops...); err != nil {
			t.Fatalf("rbactest: %v", err)
		}
	}
	with := func(set rbac.PermissionSet) bool {
		t.Helper()
		r, err := a.Role(ctx, host(), role.RoleID())
		if err != nil {
			t.Fatalf("rbactest: %v", err)
		}
		apply(rbac.EditRole(rbac.RoleEdit{ID: r.ID, Version: r.Version, Permissions: &set}))
		return allowed(rbac.As(user))
	}
	all := a.Catalog().Delegable()
	apply(role, rbac.Assign(rbac.NewAssignment{Subject: rbac.User(user), Role: role.RoleID()}))
	defer func() {
		r, err := a.Role(ctx, host(), role.RoleID())
		if err == nil {
			_, err = a.Apply(ctx, host(), rbac.Offboard(rbac.User(user)), rbac.DeleteRole(rbac.RoleDeletion{ID: r.ID, Version: r.Version}))
		}
		if err != nil {
			t.Errorf("rbactest: the role and user made for Requires are still there: %v", err)
		}
	}()
	if !with(all) {
		t.Errorf("rbactest: refused to somebody with every permission that a role can have, want it to take %v", rbac.Set(want...))
		return
	}
	var needed []rbac.Permission
	for p := range all.All() {
		if !with(all.Minus(rbac.Set(p))) {
			needed = append(needed, p)
		}
	}
	got := rbac.Set(needed...)
	if !got.Equal(rbac.Set(want...)) {
		t.Errorf("rbactest: takes %v, want %v", got, rbac.Set(want...))
	}
	if !with(got) {
		t.Errorf("rbactest: refused to somebody with just %v: it also takes one or another of the other permissions", got)
	}
}
