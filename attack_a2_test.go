package rbac_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// Nothing exported changes something without an Actor or hands out the store.
func TestA23_NoPathPastTheActor(t *testing.T) {
	t.Parallel()
	actor := reflect.TypeFor[rbac.Actor]()
	plain := map[string]bool{"Catalog": true, "Tenant": true, "AtLeast": true, "Outcome": true, "Fresh": true, "ServeStale": true, "Over": true, "Start": true, "Close": true, "Published": true, "Event": true}
	st := reflect.TypeFor[store.Store]()
	typ := reflect.TypeFor[*rbac.Authority]()
	for m := range typ.Methods() {
		takes := false
		for in := range m.Type.Ins() {
			takes = takes || in == actor
		}
		if !takes && !plain[m.Name] {
			t.Errorf("Authority.%s takes no Actor", m.Name)
		}
		for out := range m.Type.Outs() {
			if out == st || out.Kind() != reflect.Interface && out.Implements(st) {
				t.Errorf("Authority.%s returns a store", m.Name)
			}
		}
	}
	for f := range typ.Elem().Fields() {
		if f.IsExported() {
			t.Errorf("Authority has an exported field %s", f.Name)
		}
	}
	w := fxNew(t)
	role := w.role()
	for _, op := range fxEveryOp(role) {
		w.denied(rbac.ReasonActor, rbac.Actor{}, op)
	}
}

// fxEveryOp is one well-formed operation of each kind.
func fxEveryOp(role rbac.RoleID) []rbac.Op {
	text := "text"
	return []rbac.Op{
		fxCreate("Made", fxX),
		rbac.EditRole(rbac.RoleEdit{ID: role, Version: 1, Description: &text}),
		rbac.DeleteRole(rbac.RoleDeletion{ID: role, Version: 1}),
		rbac.Grant(role, fxX),
		rbac.Revoke(role, fxX),
		fxAssign(rbac.User("f"), role),
		rbac.Unassign(rbac.User("f"), role),
		rbac.AddMember("g", rbac.User("f")),
		rbac.RemoveMember("g", rbac.User("f")),
		rbac.Offboard(rbac.User("f")),
		rbac.Bootstrap("f"),
		rbac.Sweep(),
		rbac.EraseTenant(),
	}
}

func TestA25_DeleteWithReassignmentUpward(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, rbac.RolesCreate, fxX)
	big := w.role(fxX, fxY)
	r := w.must(w.CreateRole(w.ctx, u, rbac.NewRole{Name: "R", Permissions: rbac.Set(fxX)})).Role.ID
	w.must(w.Assign(w.ctx, u, rbac.NewAssignment{Subject: rbac.User("friend"), Role: r}))
	w.denied(rbac.ReasonCoverage, u, w.reassign(r, big))
	w.denied(rbac.ReasonOwner, u, w.reassign(r, rbac.OwnerRole))
	w.denied(rbac.ReasonCoverage, u, w.reassign(r, rbac.AdminRole))
	if w.roleOf("friend") != r || w.can("friend", fxY) {
		t.Error("somebody was moved")
	}
	w.accepted(u, w.reassign(r, w.role(fxX)))
}

// A role gathers nothing by rule: a permission declared later is in no custom
// role, not even in one that lists everything, and no input can select.
func TestA27_NoRoleGathersByRule(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	everything := w.role(slices.Collect(w.Catalog().Delegable().All())...)
	w.give(rbac.User("u"), everything)
	later, err := rbac.New(w.store, fxCatalog(t, rbac.PermissionInfo{ID: "app.new"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := later.Can(w.ctx, rbac.As("u"), "app.new"); ok || err != nil {
		t.Errorf("the custom role that listed everything has gained app.new: %t %v", ok, err)
	}
	if ok, err := later.Can(w.ctx, w.owner, "app.new"); !ok || err != nil {
		t.Errorf("the Owner lacks app.new: %t %v", ok, err)
	}
	set, names := reflect.TypeFor[rbac.PermissionSet](), reflect.TypeFor[*rbac.PermissionSet]()
	for _, typ := range []reflect.Type{reflect.TypeFor[rbac.NewRole](), reflect.TypeFor[rbac.RoleEdit]()} {
		f, _ := typ.FieldByName("Permissions")
		if f.Type != set && f.Type != names {
			t.Errorf("%v.Permissions is %v, not a set of names", typ, f.Type)
		}
	}
}

func TestA29_CreatorIsNoSuperuser(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesCreate, rbac.RolesAssign)
	w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("f"), rbac.AdminRole))
	w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("u"), rbac.AdminRole))
	if err := w.denied(rbac.ReasonCoverage, u, fxCreate("Wide", fxX, fxA)); !slices.Equal(err.Missing, []rbac.Permission{fxA, fxX}) {
		t.Errorf("missing %v", err.Missing)
	}
}

func TestA31_RollBackIsAnEdit(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX, fxY)
	w.must(w.Revoke(w.ctx, w.owner, r, fxY))
	u := w.user("u", rbac.RolesEdit, fxX, fxA)
	if err := w.denied(rbac.ReasonCoverage, u, w.set(r, fxX, fxY)); !slices.Equal(err.Missing, []rbac.Permission{fxY}) {
		t.Errorf("missing %v", err.Missing)
	}
	old := rbac.Set(fxX, fxY)
	w.denied(rbac.ReasonVersion, u, rbac.EditRole(rbac.RoleEdit{ID: r, Version: 1, Permissions: &old}))
}

func TestOwnAttacks_GrantPaths(t *testing.T) {
	t.Parallel()
	t.Run("own: clone of a role beyond me", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", rbac.RolesCreate, fxX)
		big := w.role(fxX, fxY)
		view, err := w.RoleView(w.ctx, u, big)
		if err != nil || view.Clone.Enabled || view.Clone.Reason != rbac.ReasonCoverage {
			t.Errorf("clone: %+v %v", view.Clone, err)
		}
		w.denied(rbac.ReasonCoverage, u, fxCreate("Clone", fxX, fxY))
	})
	t.Run("own: one good item carries a bad one", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", rbac.RolesAssign, rbac.RolesCreate, fxX)
		good, big := w.role(fxX), w.role(fxX, fxY)
		err := w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("f"), good), fxAssign(rbac.User("f"), big))
		if err.Index != 1 {
			t.Errorf("index %d", err.Index)
		}
	})
	t.Run("own: a batch makes the authority it uses", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		a := w.user("a", rbac.RolesAssign, rbac.RolesCreate, rbac.GroupsEdit)
		rich := w.role(fxX, fxY)
		w.give(rbac.Group("rich"), rich)
		w.denied(rbac.ReasonCoverage, a, rbac.AddMember("rich", rbac.User("a")), fxCreate("Big", fxX, fxY))
		create := fxCreate("Small")
		w.denied(rbac.ReasonSelfDealing, a, create, fxAssign(rbac.User("a"), create.RoleID()))
	})
	t.Run("own: a nested group's ancestors count", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", rbac.GroupsEdit, rbac.RolesAssign, fxX)
		w.give(rbac.Group("top"), w.role(fxX, fxY))
		w.join("top", rbac.Group("mid"))
		w.join("mid", rbac.Group("leaf"))
		w.denied(rbac.ReasonCoverage, u, rbac.AddMember("leaf", rbac.User("f")))
		w.denied(rbac.ReasonCoverage, u, rbac.AddMember("leaf", rbac.Group("new")))
		if err := w.CheckJoin(w.ctx, u, "f", "leaf"); err == nil {
			t.Error("CheckJoin allows it")
		}
	})
	t.Run("own: asserted groups lend nothing to a change", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.give(rbac.Group("admins"), rbac.AdminRole)
		u := w.user("u", rbac.RolesAssign, rbac.RolesCreate).InGroups("admins")
		if ok, _ := w.Can(w.ctx, u, fxX); !ok {
			t.Error("asserted groups lend permissions to a check")
		}
		w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("f"), w.role(fxX)))
		w.denied(rbac.ReasonCoverage, u, fxCreate("Mine", fxX))
		w.denied(rbac.ReasonPermission, rbac.As("stranger").InGroups("admins"), fxCreate("Mine"))
	})
	t.Run("own: a role of OwnerOnly permissions", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role()
		for _, actor := range []rbac.Actor{w.owner, w.sys} {
			if err := w.denied(rbac.ReasonOwnerOnly, actor, fxCreate("Closer", fxClose)); !slices.Equal(err.Missing, []rbac.Permission{fxClose}) {
				t.Errorf("missing %v", err.Missing)
			}
			w.denied(rbac.ReasonOwnerOnly, actor, rbac.Grant(r, fxClose))
			w.denied(rbac.ReasonOwnerOnly, actor, w.set(r, fxX, fxClose))
		}
	})
	t.Run("own: the request of one user on behalf of another", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		for m := range reflect.TypeFor[*rbac.Authority]().Methods() { // actor first, straight after the context
			for i := range m.Type.NumIn() {
				if m.Type.In(i) == reflect.TypeFor[rbac.Actor]() && (i != 2 || m.Type.In(1) != reflect.TypeFor[context.Context]()) {
					t.Errorf("%s takes the actor in place %d", m.Name, i)
				}
			}
		}
		r := w.must(w.Apply(w.ctx, w.owner, fxCreate("R").Because("as ann"))).Role
		if r.CreatedBy != "olivia" || r.SetBy != "olivia" {
			t.Errorf("made by %q, set by %q", r.CreatedBy, r.SetBy)
		}
	})
}
