package rbac_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

func TestH01_NoWildcards(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role()
	for _, p := range []rbac.Permission{"*", "app.*", "app.**", "app.", ".app", "app..x", "app.x*", "app", "App.x", "APP.X", "app.x ", "", "app.%", "app._", "all", "rbac.*", "rbac.roles", "rbac.superuser"} {
		w.invalid("permissions", w.owner, fxCreate("N", p))
		w.invalid("permissions", w.owner, rbac.Grant(r, p))
		w.invalid("permissions", w.owner, w.set(r, p))
		fxInvalid(t, "permission", w.Check(w.ctx, w.owner, p))
	}
	if _, err := rbac.NewCatalog(rbac.Section{Name: "S", Permissions: []rbac.PermissionInfo{{ID: "app.*"}}}); err == nil {
		t.Error("a wildcard is declared")
	}
	w.give(rbac.User("u"), r)
	w.rawRole(r, func(s *store.Role) { s.Permissions = []string{"*"} })
	if !w.get(r).Damaged || w.can("u", fxX) {
		t.Error("a stored wildcard confers, or is not reported")
	}
	w.rawRole(r, func(s *store.Role) { s.Permissions = []string{"all"} })
	if w.can("u", fxX) {
		t.Error("a stored unknown name confers")
	}
}

func TestH03_EmptyIsNotAll(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	var none rbac.PermissionSet
	w.invalid("permissions", w.owner, rbac.CreateRole(rbac.NewRole{Name: "N"}))
	w.invalid("permissions", w.owner, w.edit(r, func(e *rbac.RoleEdit) { e.Permissions = &none }))
	w.invalid("permissions", w.owner, rbac.Grant(r))
	w.invalid("permissions", w.owner, rbac.Revoke(r))
	for _, text := range []string{`null`, `{}`, `"app.x"`, `true`, `[null]`, `[["app.x"]]`} {
		var s rbac.PermissionSet
		fxInvalid(t, "", s.UnmarshalJSON([]byte(text)))
	}
	var op rbac.Op
	if err := op.UnmarshalJSON([]byte(`{"op":"create_role","name":"N"}`)); err == nil {
		w.invalid("permissions", w.owner, op) // a missing key is a set not given
	}
	for _, kind := range []string{"grant", "revoke"} { // the same: neither nothing nor everything
		for _, rest := range []string{`}`, `,"permissions":null}`, `,"permissions":[]}`} {
			var op rbac.Op
			if op.UnmarshalJSON([]byte(`{"op":"`+kind+`","role":"`+string(r)+`"`+rest)) == nil {
				w.invalid("permissions", w.owner, op)
			}
		}
	}
	if !w.get(r).Permissions.Equal(rbac.Set(fxX)) {
		t.Fatalf("a request that named no permission left the role with %v", w.get(r).Permissions)
	}
	empty := w.accepted(w.owner, fxCreate("Empty")).Role
	w.give(rbac.User("u"), r, empty.ID)
	for _, actor := range []rbac.Actor{rbac.As("u").Only(), w.owner.Only(), rbac.As("u").Only([]rbac.RoleID{}...), rbac.As("u").Only(empty.ID)} {
		p, err := w.Permissions(w.ctx, actor, actor.UserID())
		if err != nil || p.Len() != 0 {
			t.Errorf("%v has %v, %v", actor, p, err)
		}
	}
	w.accepted(w.owner, w.set(r))
	if w.can("u", fxX) {
		t.Error("the empty set did not empty the role")
	}
}

func TestH05_CheckAndListAgree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		w := fxRandomWorld(t, seed)
		fxListEqualsCheck(t, w)
	}
}

func TestH09_NoDecisionReadsItsMaker(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesCreate, fxX)
	made := w.must(w.CreateRole(w.ctx, u, rbac.NewRole{Name: "Made", Permissions: rbac.Set(fxX)})).Role.ID
	for i, by := range []string{"", "u", "somebody gone"} {
		r := w.role(fxX)
		w.rawRole(r, func(s *store.Role) { s.CreatedBy, s.SetBy = by, by })
		w.accepted(u, w.rename(r, fmt.Sprintf("Renamed %d", i)))
		w.accepted(u, fxAssign(rbac.User("f"), r))
		big := w.role(fxX, fxY)
		w.rawRole(big, func(s *store.Role) { s.CreatedBy, s.SetBy = by, by })
		w.denied(rbac.ReasonDominance, u, w.rename(big, "Mine"))
	}
	w.accepted(w.owner, rbac.Grant(made, fxY)) // having made it is no hold on it
	w.denied(rbac.ReasonDominance, u, w.rename(made, "Mine"))
}

func TestOwnAttacks_Catalogue(t *testing.T) {
	t.Parallel()
	t.Run("own: a prefix is not a match", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		c, err := rbac.NewCatalog(rbac.Section{Name: "S", Permissions: []rbac.PermissionInfo{{ID: "doc"}, {ID: "doc.read"}, {ID: "doc.read.all"}, {ID: "do"}}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := rbac.New(w.store, c, &rbac.Options{Now: w.clock.now})
		if err != nil {
			t.Fatal(err)
		}
		r := w.must(a.CreateRole(w.ctx, w.sys, rbac.NewRole{Name: "Reader", Permissions: rbac.Set("doc.read")})).Role.ID
		w.must(a.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: r}))
		for p, want := range map[rbac.Permission]bool{"doc": false, "doc.read": true, "doc.read.all": false, "do": false} {
			if ok, err := a.Can(w.ctx, rbac.As("u"), p); ok != want || err != nil {
				t.Errorf("%s: %t %v", p, ok, err)
			}
		}
	})
	t.Run("own: a name retired and brought back", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		w.give(rbac.User("u"), r)
		w.rawRole(r, func(s *store.Role) { s.Permissions = append(s.Permissions, "app.zgone") })
		u := w.user("e", rbac.RolesEdit, rbac.RolesAssign, rbac.RolesUnassign, fxX, fxA)
		w.denied(rbac.ReasonDominance, u, w.rename(r, "Mine"))
		w.denied(rbac.ReasonDominance, u, rbac.Revoke(r, "app.zgone"))
		w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("f"), r))
		fxInvalid(t, "permission", w.Check(w.ctx, w.owner, "app.zgone"))
		w.invalid("permissions", w.owner, rbac.Grant(w.role(), "app.zgone")) // never added
		w.accepted(w.owner, rbac.Grant(r, fxA))                              // may be kept …
		w.accepted(u, rbac.Unassign(rbac.User("u"), r))                      // unknown names do not count when taking away
		w.accepted(w.owner, rbac.Revoke(r, "app.zgone"))                     // … or dropped
	})
	t.Run("own: a permission becomes OwnerOnly", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		w.give(rbac.User("u"), r)
		w.rawRole(r, func(s *store.Role) { s.Permissions = []string{string(fxClose), string(fxX)} })
		if w.can("u", fxClose) || !w.can("u", fxX) {
			t.Error("an OwnerOnly permission is conferred")
		}
		e := w.user("e", rbac.RolesEdit, fxX, fxA)
		w.denied(rbac.ReasonDominance, e, w.rename(r, "Mine"))
		w.accepted(w.owner, rbac.Grant(r, fxA)) // it stays where it was stored
		if !w.get(r).Permissions.Has(fxClose) {
			t.Error("an edit of something else dropped it")
		}
	})
	t.Run("own: two entries that differ by case", func(t *testing.T) {
		t.Parallel()
		for _, ids := range [][2]rbac.Permission{{"app.x", "app.X"}, {"Doc", "doc"}, {"a", "a"}, {"x", "RBAC.roles.view"}, {"x", "rbac.mine"}} {
			_, err := rbac.NewCatalog(rbac.Section{Name: "S", Permissions: []rbac.PermissionInfo{{ID: ids[0]}, {ID: ids[1]}}})
			fxInvalid(t, "", err)
		}
	})
	t.Run("own: a long list", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		p := make([]rbac.Permission, 0, 3000)
		for i := range 3000 {
			p = append(p, rbac.Permission(fmt.Sprintf("app.n%d", i)))
		}
		w.invalid("permissions", w.owner, fxCreate("N", p...))
		w.invalid("permissions", w.owner, fxCreate("N", rbac.Permission("app."+strings.Repeat("x", 125))))
	})
}
