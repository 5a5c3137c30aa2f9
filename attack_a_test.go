package rbac_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// The tests of attack_*_test.go are named after the entries of the attack
// corpus: unchecked grant paths (A), juniors against seniors (B), and so on.

func TestA01_GrantIsComparedWithCaller(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesAssign, fxX)
	big := w.role(fxX, fxY)
	for _, target := range []rbac.Subject{rbac.User("u"), rbac.User("friend"), rbac.Group("team")} {
		w.denied(rbac.ReasonCoverage, u, fxAssign(target, big))
		w.denied(rbac.ReasonCoverage, u, fxAssign(target, rbac.AdminRole))
	}
	w.denied(rbac.ReasonOwner, u, fxAssign(rbac.User("friend"), rbac.OwnerRole))
	w.accepted(u, fxAssign(rbac.User("friend"), w.role(fxX)))
}

// Every entry point calls one decision function: the same input through the
// named method, Apply, a batch and Preview has the same verdict (S21).
func TestA03_OneDecisionFunction(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	perms := []rbac.Permission{rbac.RolesAssign, rbac.RolesUnassign, rbac.RolesEdit, rbac.RolesDelete, rbac.RolesCreate, rbac.GroupsEdit, fxX}
	u := w.user("u", perms...)
	peer := w.user("peer", perms...)
	equal := w.roleOf("peer")
	big := w.role(fxX, fxY)
	w.give(rbac.Group("rich"), big)
	_ = peer
	ctx, edit := w.ctx, "text"
	calls := []struct {
		name   string
		op     rbac.Op
		method func() error
	}{
		{"create", fxCreate("N", fxY), func() error {
			return fxErr(w.CreateRole(ctx, u, rbac.NewRole{Name: "N", Permissions: rbac.Set(fxY)}))
		}},
		{"edit", rbac.EditRole(rbac.RoleEdit{ID: big, Version: 1, Description: &edit}), func() error {
			return fxErr(w.EditRole(ctx, u, rbac.RoleEdit{ID: big, Version: 1, Description: &edit}))
		}},
		{"delete", rbac.DeleteRole(rbac.RoleDeletion{ID: big, Version: 1}), func() error {
			return fxErr(w.DeleteRole(ctx, u, rbac.RoleDeletion{ID: big, Version: 1}))
		}},
		{"grant", rbac.Grant(big, fxX), func() error { return fxErr(w.Grant(ctx, u, big, fxX)) }},
		{"revoke", rbac.Revoke(big, fxX), func() error { return fxErr(w.Revoke(ctx, u, big, fxX)) }},
		{"assign", fxAssign(rbac.User("f"), big), func() error {
			return fxErr(w.Assign(ctx, u, rbac.NewAssignment{Subject: rbac.User("f"), Role: big}))
		}},
		{"assign owner", fxAssign(rbac.User("f"), rbac.OwnerRole), func() error {
			return fxErr(w.Assign(ctx, u, rbac.NewAssignment{Subject: rbac.User("f"), Role: rbac.OwnerRole}))
		}},
		{"unassign", rbac.Unassign(rbac.User("peer"), equal), func() error { return fxErr(w.Unassign(ctx, u, rbac.User("peer"), equal)) }},
		{"add member", rbac.AddMember("rich", rbac.User("f")), func() error { return fxErr(w.AddMember(ctx, u, "rich", rbac.User("f"))) }},
		{"remove member", rbac.RemoveMember("rich", rbac.User("f")), func() error { return fxErr(w.RemoveMember(ctx, u, "rich", rbac.User("f"))) }},
		{"offboard", rbac.Offboard(rbac.User("peer")), func() error { return fxErr(w.Offboard(ctx, u, rbac.User("peer"))) }},
		{"bootstrap", rbac.Bootstrap("u"), func() error { return fxErr(w.Bootstrap(ctx, u, "u")) }},
		{"sweep", rbac.Sweep(), func() error { return fxErr(w.Sweep(ctx, u)) }},
		{"erase", rbac.EraseTenant(), func() error { return fxErr(w.EraseTenant(ctx, u)) }},
	}
	for _, c := range calls {
		w.unchanged(func() {
			err := c.method()
			var denied *rbac.DeniedError
			if !errors.As(err, &denied) {
				t.Errorf("%s: the method answers %v", c.name, err)
				return
			}
			_, applied := w.Apply(ctx, u, c.op)
			_, previewed := w.Preview(ctx, u, c.op)
			_, batch := w.Apply(ctx, u, c.op, c.op)
			for how, err := range map[string]error{"Apply": applied, "Preview": previewed, "batch": batch} {
				var other *rbac.DeniedError
				if !errors.As(err, &other) || other.Reason != denied.Reason || other.Op != denied.Op {
					t.Errorf("%s: %s answers %v, the method %v", c.name, how, err, denied)
				}
			}
		})
	}
	_, applied := w.Apply(ctx, u, rbac.AddMember("rich", rbac.User("f")))
	if join := w.CheckJoin(ctx, u, "f", "rich"); !reflect.DeepEqual(join, applied) {
		t.Errorf("CheckJoin answers %v, AddMember %v", join, applied)
	}
	w.accepted(u, fxAssign(rbac.User("third"), equal)) // an equal may be made …
	w.denied(rbac.ReasonHarms, u, rbac.Unassign(rbac.User("peer"), equal))
	w.denied(rbac.ReasonHarms, u, rbac.Unassign(rbac.User("third"), equal)) // … and not unmade
}

func fxErr(_ rbac.Receipt, err error) error { return err }

func TestA05_AssignmentIsNeverRewritten(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	there := two.role(fxX)
	u := one.user("u", rbac.RolesAssign, rbac.RolesUnassign, fxX)
	here := one.role(fxX)
	one.give(rbac.User("f"), here)
	one.denied(rbac.ReasonNotFound, u, fxAssign(rbac.User("f"), there))
	one.denied(rbac.ReasonNotFound, u, rbac.Unassign(rbac.User("f"), there))
	later := rbac.NewAssignment{Subject: rbac.User("f"), Role: here, Until: fxEpoch.AddDate(0, 0, 1)}
	one.denied(rbac.ReasonWindow, u, rbac.Assign(later))
	for _, name := range fxMethods() { // no method changes what an assignment is about
		if strings.Contains(name, "EditAssign") || strings.Contains(name, "Move") || strings.Contains(name, "Rebind") {
			t.Errorf("Authority has a method %s", name)
		}
	}
}

func fxMethods() []string {
	var out []string
	for m := range reflect.TypeFor[*rbac.Authority]().Methods() {
		out = append(out, m.Name)
	}
	return out
}

// A target that is seen in part only is an error, never a small target.
func TestA07_PartialTargetIsAnError(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesAssign, rbac.GroupsEdit, fxX)
	target := w.role(fxX, fxY)
	w.give(rbac.Group("g"), target)
	w.rawRole(target, func(r *store.Role) { r.Damaged, r.Permissions = true, nil })
	w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("f"), target))
	w.denied(rbac.ReasonCoverage, w.owner, fxAssign(rbac.User("f"), target))
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("g", rbac.User("f")))
	w.denied(rbac.ReasonCoverage, w.owner, rbac.AddMember("g", rbac.User("f")))

	small := w.role(fxX)
	for nth := 1; nth <= 4; nth++ { // a fault on each read in turn
		for _, method := range []string{"Load", "Scan", "Log", "Heads"} {
			w.unchanged(func() {
				hit := false
				w.store.setFault(func(_ context.Context, m string, n int) error {
					if m == method && n == nth {
						hit = true
						return errors.New("broken")
					}
					return nil
				})
				_, err := w.Preview(w.ctx, u, fxAssign(rbac.User("f"), small))
				_, apply := w.Apply(w.ctx, u, fxAssign(rbac.User("f"), target))
				w.store.setFault(nil)
				if hit && !errors.Is(err, rbac.ErrUnavailable) && !errors.Is(apply, rbac.ErrUnavailable) {
					t.Errorf("%s %d fails: %v, %v", method, nth, err, apply)
				}
				if apply == nil {
					t.Errorf("%s %d fails, and the assignment is accepted", method, nth)
				}
			})
		}
	}
}

func TestA09_OwnerOnlyByOwner(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.give(rbac.User("ann"), rbac.AdminRole)
	w.denied(rbac.ReasonOwner, rbac.As("ann"), fxAssign(rbac.User("f"), rbac.OwnerRole))
	w.denied(rbac.ReasonOwner, rbac.As("ann"), fxAssign(rbac.User("ann"), rbac.OwnerRole))
	w.denied(rbac.ReasonPermission, rbac.As("ann"), rbac.Bootstrap("ann"))
	w.accepted(w.owner, fxAssign(rbac.User("f"), rbac.OwnerRole))
	w.give(rbac.User("olivia"), rbac.AdminRole) // under which alone she is no Owner
	w.denied(rbac.ReasonPermission, w.owner.Only(), fxAssign(rbac.User("g"), rbac.OwnerRole))
	w.denied(rbac.ReasonOwner, w.owner.Only(rbac.AdminRole), fxAssign(rbac.User("g"), rbac.OwnerRole))
}

func TestA11_NoMassAssignment(t *testing.T) {
	t.Parallel()
	for _, input := range []any{rbac.NewRole{}, rbac.NewAssignment{}} {
		typ := reflect.TypeOf(input)
		for _, name := range []string{"ID", "Kind", "Version", "CreatedBy", "SetBy", "GrantedBy", "GrantedAt", "Tenant", "Prebuilt", "Owner"} {
			if _, ok := typ.FieldByName(name); ok {
				t.Errorf("%v has a field %s", typ, name)
			}
		}
	}
	for _, name := range []string{"Kind", "CreatedBy", "SetBy", "Tenant"} {
		if _, ok := reflect.TypeFor[rbac.RoleEdit]().FieldByName(name); ok {
			t.Errorf("RoleEdit has a field %s", name)
		}
	}
	keys := []string{`"kind":"owner"`, `"prebuilt":true`, `"id":"owner"`, `"role":"owner"`, `"version":7`, `"created_by":"x"`, `"tenant":"t"`, `"set_by":"x"`, `"Name":"Y"`, `"name":"Z"`, `"subject":{"kind":"user","id":"u"}`}
	for _, key := range keys {
		var op rbac.Op
		fxInvalid(t, "", op.UnmarshalJSON([]byte(`{"op":"create_role","name":"X","permissions":[],`+key+`}`)))
	}
	var op rbac.Op
	if err := op.UnmarshalJSON([]byte(`{"op":"create_role","name":"X","permissions":[]}`)); err != nil {
		t.Error(err)
	}
}

func TestA13_NestingIsCovered(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.GroupsEdit, fxX)
	w.give(rbac.Group("poor"), w.role(fxX))
	w.give(rbac.Group("rich"), w.role(fxX, fxY))
	w.join("rich", rbac.User("r"))
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("rich", rbac.Group("poor"))) // to gain its roles
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("rich", rbac.User("f")))
	// The other direction lends rich's members what u has, and gives u no hold on them.
	w.accepted(u, rbac.AddMember("poor", rbac.Group("rich")))
	w.denied(rbac.ReasonCoverage, u, rbac.RemoveMember("rich", rbac.User("r")))
	if w.can("u", fxY) {
		t.Error("u has gained y")
	}
}

func TestA15_GroupsAsUsers(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.join("team", rbac.User("m"))
	w.invalid("subject", w.owner, fxAssign(rbac.Group("team"), rbac.OwnerRole))
	w.invalid("subject", w.sys, fxAssign(rbac.Group("team"), rbac.OwnerRole))
	held := w.role(fxX)
	w.give(rbac.Group("team"), held)
	w.denied(rbac.ReasonOwner, w.owner, w.reassign(held, rbac.OwnerRole)) // a holder is a group
	w.denied(rbac.ReasonOwner, w.sys, w.reassign(held, rbac.OwnerRole))
	u := w.user("u", rbac.RolesAssign, rbac.RolesUnassign, rbac.GroupsEdit, fxX)
	big := w.role(fxX, fxY)
	w.give(rbac.Group("bigs"), big)
	for _, s := range []rbac.Subject{rbac.User("s"), rbac.Group("s")} {
		w.denied(rbac.ReasonCoverage, u, fxAssign(s, big))
		w.denied(rbac.ReasonCoverage, u, rbac.Unassign(s, big))
		w.denied(rbac.ReasonCoverage, u, fxAssign(s, rbac.AdminRole))
		w.denied(rbac.ReasonCoverage, u, rbac.AddMember("bigs", s))
		w.denied(rbac.ReasonCoverage, u, rbac.RemoveMember("bigs", s))
	}
}

// Every operation with all permissions except its own is refused.
func TestA19_EveryOperationNeedsItsOwnPermission(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	role, heir := w.role(), w.role()
	w.give(rbac.User("h"), heir)
	w.join("g", rbac.User("m"))
	all := slices.Collect(w.Catalog().Delegable().All())
	needs := map[string]struct {
		op    rbac.Op
		needs []rbac.Permission
	}{
		"create":   {fxCreate("N"), []rbac.Permission{rbac.RolesCreate}},
		"edit":     {w.rename(role, "Other"), []rbac.Permission{rbac.RolesEdit}},
		"grant":    {rbac.Grant(role, fxX), []rbac.Permission{rbac.RolesEdit}},
		"revoke":   {rbac.Revoke(role, fxX), []rbac.Permission{rbac.RolesEdit}},
		"delete":   {w.delete(role), []rbac.Permission{rbac.RolesDelete}},
		"reassign": {w.reassign(heir, role), []rbac.Permission{rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign}},
		"assign":   {fxAssign(rbac.User("f"), role), []rbac.Permission{rbac.RolesAssign}},
		"unassign": {rbac.Unassign(rbac.User("h"), heir), []rbac.Permission{rbac.RolesUnassign}},
		"add":      {rbac.AddMember("g", rbac.User("f")), []rbac.Permission{rbac.GroupsEdit}},
		"remove":   {rbac.RemoveMember("g", rbac.User("m")), []rbac.Permission{rbac.GroupsEdit}},
		"offboard": {rbac.Offboard(rbac.User("h")), []rbac.Permission{rbac.RolesUnassign, rbac.GroupsEdit}},
	}
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		n := needs[name]
		for i, missing := range append(n.needs, rbac.RolesView) {
			but := slices.DeleteFunc(slices.Clone(all), func(p rbac.Permission) bool { return p == missing })
			actor := w.bare(name+string(rune('0'+i)), but...)
			want := rbac.ReasonPermission
			if missing == rbac.RolesView && n.op.RoleID() != "" && n.op.String() != "create_role" {
				want = rbac.ReasonNotFound
			}
			if err := w.denied(want, actor, n.op); want == rbac.ReasonPermission && err.Permission != missing {
				t.Errorf("%s without %s: lacks %q", name, missing, err.Permission)
			}
		}
		if _, err := w.Preview(w.ctx, w.bare(name+"all", all...), n.op); err != nil {
			t.Errorf("%s with all permissions: %v", name, err)
		}
	}
	w.give(rbac.User("ann"), rbac.AdminRole)
	for _, op := range []rbac.Op{rbac.Bootstrap("f"), rbac.Sweep(), rbac.EraseTenant()} {
		w.denied(rbac.ReasonPermission, rbac.As("ann"), op)
		w.denied(rbac.ReasonPermission, w.owner, op)
	}
}
