package rbac_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

func TestI01_RoleOfAnotherTenant(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	there := two.role(fxX)
	two.give(rbac.User("t"), there)
	before := two.dump()
	for _, actor := range []rbac.Actor{one.owner, one.sys} {
		for _, op := range fxEveryOp(there)[1:7] { // those that name a role
			one.denied(rbac.ReasonNotFound, actor, op)
		}
		mine := one.role()
		one.denied(rbac.ReasonNotFound, actor, one.reassign(mine, there))
		one.denied(rbac.ReasonNotFound, actor, rbac.DeleteRole(rbac.RoleDeletion{ID: there, Version: 1, Reassign: mine}))
	}
	if two.dump() != before {
		t.Error("tenant two has changed")
	}
}

func TestI03_OwnerElsewhereIsNobodyHere(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	two.must(two.Assign(two.ctx, two.sys, rbac.NewAssignment{Subject: rbac.User("otto"), Role: rbac.OwnerRole}))
	r := one.role(fxX)
	otto := rbac.As("otto")
	if one.can("otto", fxX) || !two.can("otto", fxX) {
		t.Error("otto's Ownership crosses")
	}
	one.denied(rbac.ReasonNotFound, otto, rbac.Grant(r, fxX))
	one.denied(rbac.ReasonPermission, otto, fxCreate("N"))
	one.denied(rbac.ReasonPermission, otto, rbac.AddMember("g", rbac.User("otto")))
	for name, read := range fxReads(one, otto, r, rbac.User("olivia"), "g") {
		if err := read(); err == nil && name != "Roles" && name != "AssignableRoles" && name != "RoleView" && name != "NewRoleView" {
			t.Errorf("otto may call %s", name)
		}
	}
	page, err := one.Roles(one.ctx, otto, rbac.PageQuery{})
	for _, role := range page.Items {
		if role.Kind == rbac.KindCustom || err != nil {
			t.Errorf("otto sees %v, %v", role.ID, err)
		}
	}
}

// fxReads is every read that names a role or a subject or lists others.
func fxReads(w *fxWorld, actor rbac.Actor, role rbac.RoleID, sub rbac.Subject, group string) map[string]func() error {
	ctx, q := w.ctx, rbac.PageQuery{}
	return map[string]func() error{
		"Role":        func() error { _, err := w.Role(ctx, actor, role); return err },
		"RoleView":    func() error { _, err := w.RoleView(ctx, actor, role); return err },
		"Roles":       func() error { _, err := w.Roles(ctx, actor, q); return err },
		"NewRoleView": func() error { _, err := w.NewRoleView(ctx, actor); return err },
		"Holders":     func() error { _, err := w.Holders(ctx, actor, role, q); return err },
		"Assignments": func() error { _, err := w.Assignments(ctx, actor, sub, q); return err },
		"Memberships": func() error { _, err := w.Memberships(ctx, actor, sub, q); return err },
		"Groups":      func() error { _, err := w.Groups(ctx, actor, q); return err },
		"Members":     func() error { _, err := w.Members(ctx, actor, group, q); return err },
		"Permissions": func() error { _, err := w.Permissions(ctx, actor, sub.ID()); return err },
		"WhoCan":      func() error { _, err := w.WhoCan(ctx, actor, fxX, q); return err },
		"Explain":     func() error { _, err := w.Explain(ctx, actor, sub, fxX); return err },
		"History":     func() error { _, err := w.History(ctx, actor, q); return err },
		"Review":      func() error { _, err := w.Review(ctx, actor, rbac.ReviewQuery{}); return err },
		"CheckOver":   func() error { return w.CheckOver(ctx, actor, sub.ID()) },
		"CheckJoin":   func() error { return w.CheckJoin(ctx, actor, "f", group) },
		"AssignableRoles": func() error {
			_, err := w.AssignableRoles(ctx, actor, sub, q)
			return err
		},
	}
}

func TestI05_NoOracleOnExistence(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	hidden, random := w.named("Hidden", fxX), fxNamed("x").RoleID()
	u := w.bare("u", rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign)
	name, taken := "\u0041", "Hidden"
	for _, version := range []uint64{1, 99} {
		for _, n := range []*string{nil, &name, &taken} {
			w.sameRefusal(u, hidden, random, func(id rbac.RoleID) rbac.Op {
				return rbac.EditRole(rbac.RoleEdit{ID: id, Version: version, Name: n})
			})
		}
		w.sameRefusal(u, hidden, random, func(id rbac.RoleID) rbac.Op { return rbac.DeleteRole(rbac.RoleDeletion{ID: id, Version: version}) })
	}
	for i := range fxEveryOp(hidden)[1:7] {
		w.sameRefusal(u, hidden, random, func(id rbac.RoleID) rbac.Op { return fxEveryOp(id)[i+1] })
	}
	w.sameRefusal(u, hidden, random, func(id rbac.RoleID) rbac.Op { return rbac.Grant(id, fxY) })
	w.sameRefusal(u, hidden, random, func(id rbac.RoleID) rbac.Op { return fxAssign(rbac.User("u"), id) })
	w.sameRefusal(u, hidden, random, func(id rbac.RoleID) rbac.Op { return rbac.Unassign(rbac.User("u"), id) })
	for method := range fxReads(w, u, hidden, rbac.User("f"), "g") {
		a := fxReads(w, u, hidden, rbac.User("f"), "g")[method]()
		b := fxReads(w, u, random, rbac.User("f"), "g")[method]()
		if !reflect.DeepEqual(fxModulo(a, hidden), fxModulo(b, random)) {
			t.Errorf("%s: %#v, %#v", method, a, b)
		}
	}
}

// sameRefusal asserts that two ids meet the same refusal, of equal text.
func (w *fxWorld) sameRefusal(actor rbac.Actor, a, b rbac.RoleID, op func(rbac.RoleID) rbac.Op) {
	w.t.Helper()
	_, first := w.Apply(w.ctx, actor, op(a))
	_, second := w.Apply(w.ctx, actor, op(b))
	if first == nil || !reflect.DeepEqual(fxModulo(first, a), fxModulo(second, b)) || first.Error() != second.Error() {
		w.t.Errorf("%v: %#v for one id, %#v for the other", op(a), first, second)
	}
}

// fxModulo is err without the id that the caller supplied.
func fxModulo(err error, id rbac.RoleID) error {
	var denied *rbac.DeniedError
	if errors.As(err, &denied) && denied.Role == id {
		d := *denied
		d.Role = ""
		return &d
	}
	return err
}

func TestI07_NameConflictIsNoOracle(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	two.named("Secret", fxX)
	one.accepted(one.owner, fxNamed("Secret")) // across tenants names do not meet
	blind := one.bare("blind", rbac.RolesCreate, rbac.RolesEdit)
	for _, name := range []string{"Secret", "Unheard of"} {
		one.denied(rbac.ReasonPermission, blind, fxNamed(name))
	}
	small := one.role()
	one.give(rbac.User("blind"), small)
	for _, name := range []string{"Secret", "Unheard of"} {
		one.denied(rbac.ReasonPermission, blind, one.rename(small, name))
	}
}

func TestI09_SubjectOfAnotherTenant(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	here, there := one.role(fxX), two.role(fxX)
	two.give(rbac.Group("g"), there)
	two.join("g", rbac.User("t"))
	before := two.dump()
	// Users and groups are names that the host keeps: here they are new ones.
	one.accepted(one.owner, fxAssign(rbac.User("t"), here))
	one.accepted(one.owner, fxAssign(rbac.Group("g"), here))
	one.accepted(one.owner, rbac.AddMember("outer", rbac.Group("g")))
	one.denied(rbac.ReasonNotFound, one.owner, fxAssign(rbac.User("t"), there))
	page, err := one.Members(one.ctx, one.owner, "g", rbac.PageQuery{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("group g here has the members %v of g there, %v", page.Items, err)
	}
	if two.dump() != before {
		t.Error("tenant two has changed")
	}
}

func TestI11_EmptyTenantIsNotGlobal(t *testing.T) {
	t.Parallel()
	w := fxEmpty(t, &rbac.Options{MultiTenant: true})
	for name, a := range map[string]*rbac.Authority{"unbound": w.Authority, "empty": w.Tenant(""), "bound twice": w.Tenant("a").Tenant("b"), "NUL": w.Tenant("\x00")} {
		_, err := a.Bootstrap(w.ctx, w.sys, "olivia")
		fxInvalid(t, "tenant", err)
		fxInvalid(t, "tenant", a.Check(w.ctx, w.owner, fxX))
		if t.Failed() {
			t.Fatal(name)
		}
	}
	w.must(w.Tenant("default").Bootstrap(w.ctx, w.sys, "olivia"))
	single, err := rbac.New(w.store, w.Catalog(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "default", "other"} {
		fxInvalid(t, "tenant", single.Tenant(id).Check(w.ctx, w.owner, fxX))
	}
}

func TestOwnAttacks_Leaks(t *testing.T) {
	t.Parallel()
	t.Run("own: a token of another tenant", func(t *testing.T) {
		t.Parallel()
		one, two := fxTwo(t)
		token := two.must(two.CreateRole(two.ctx, two.owner, rbac.NewRole{Name: "N", Permissions: rbac.Set()})).Token
		fxInvalid(t, "token", one.AtLeast(token).Check(one.ctx, one.owner, fxX))
		_, err := one.Outcome(one.ctx, token)
		fxInvalid(t, "token", err)
	})
	t.Run("own: coverage tells nothing of a hidden set", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", rbac.RolesEdit, rbac.RolesAssign, fxX)
		r := w.role(fxX, fxY, fxQ)
		for _, op := range []rbac.Op{fxAssign(rbac.User("f"), r), rbac.Grant(r, fxX), rbac.Revoke(r, fxY)} {
			_, err := w.Apply(w.ctx, u, op)
			var denied *rbac.DeniedError
			if !errors.As(err, &denied) || len(denied.Missing) != 0 {
				t.Errorf("%v: %#v names what the caller did not supply", op, err)
			}
		}
	})
	t.Run("own: lists show others to those who may view", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		w.give(rbac.User("victim"), r)
		u := w.bare("u", rbac.RolesAssign, rbac.AuditView)
		for name, read := range fxReads(w, u, r, rbac.User("victim"), "g") {
			err := read()
			if open := map[string]bool{"Roles": true, "NewRoleView": true}[name]; (err == nil) != open && name != "CheckOver" && name != "AssignableRoles" {
				t.Errorf("%s: %v", name, err)
			}
		}
		// The verdict on assigning is the actor's to know; what the subject holds is not.
		w.give(rbac.User("victim"), rbac.UserRole)
		page, err := w.AssignableRoles(w.ctx, u, rbac.User("victim"), rbac.PageQuery{})
		for _, a := range page.Items {
			if err == nil && a.Held {
				t.Errorf("u is shown that the victim holds %s", a.Role.ID)
			}
		}
		if err := fxReads(w, w.user("v"), r, rbac.User("victim"), "g")["History"](); !errors.Is(err, rbac.ErrDenied) {
			t.Errorf("history without rbac.audit.view: %v", err)
		}
	})
}
