package rbac_test

import (
	"slices"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// The tests of clause_*_test.go are named after the clauses of the rules that
// the package documentation lists: what each allows, and what it refuses.

func TestS1_AuthorityIsTheUnionOfActiveRoles(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	a, b, c, s := w.role(fxA), w.role(fxB), w.role(fxC), w.role(fxX)
	w.give(rbac.User("u"), a, s)
	w.give(rbac.Group("g"), b)
	w.give(rbac.Group("parent"), c)
	w.join("g", rbac.User("u"))
	w.join("parent", rbac.Group("g"))
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: w.role(fxY), From: fxEpoch.Add(time.Hour)}))
	w.move(s, rbac.Suspended)
	u := rbac.As("u")
	for _, tt := range []struct {
		name  string
		actor rbac.Actor
		want  rbac.PermissionSet
	}{
		{"all", u, rbac.Set(fxA, fxB, fxC)},
		{"only one", u.Only(a), rbac.Set(fxA)},
		{"only those of groups", u.Only(b, c), rbac.Set(fxB, fxC)},
		{"only none", u.Only(), rbac.Set()},
		{"only one not held", u.Only(rbac.AdminRole, a), rbac.Set(fxA)},
		{"narrowed twice", u.Only(a, b).Only(b, c), rbac.Set(fxB)},
		{"narrowed apart", u.Only(a).Only(b), rbac.Set()},
		{"suspended", u.Only(s), rbac.Set()},
		{"nobody", rbac.As("v"), rbac.Set()},
	} {
		got, err := w.Permissions(w.ctx, tt.actor, tt.actor.UserID())
		if err != nil || !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v (%v)", tt.name, got, tt.want, err)
		}
		for p := range w.Catalog().Permissions().All() {
			if ok, err := w.Can(w.ctx, tt.actor, p); ok != tt.want.Has(p) || err != nil {
				t.Errorf("%s: Can(%s) = %t, %v", tt.name, p, ok, err)
			}
		}
	}
}

func TestS2_AdministrationIsOrdinaryPermissions(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	for _, p := range fxAdminPerms {
		if info, ok := w.Catalog().Info(p); !ok || info.OwnerOnly {
			t.Errorf("%s is not an ordinary entry of the catalogue", p)
		}
	}
	u := w.user("u", rbac.RolesCreate, rbac.RolesEdit)
	w.accepted(u, fxCreate("Maker", rbac.RolesCreate))
	w.denied(rbac.ReasonCoverage, u, fxCreate("Giver", rbac.RolesAssign)) // under the same subset rule
	blind := w.bare("blind", rbac.RolesCreate, rbac.RolesEdit)
	if err := w.denied(rbac.ReasonPermission, blind, fxCreate("N")); err.Permission != rbac.RolesView {
		t.Errorf("lacks %s", err.Permission)
	}
	if _, err := w.Holders(w.ctx, rbac.As("nobody"), rbac.AdminRole, rbac.PageQuery{}); err == nil {
		t.Error("reads of others need rbac.roles.view")
	}
}

func TestS3_Create(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesCreate, fxX)
	equal := w.accepted(u, fxCreate("Equal", rbac.RolesCreate, rbac.RolesView, fxX)).Role
	want := rbac.Role{
		ID: equal.ID, Kind: rbac.KindCustom, Name: "Equal", Status: rbac.Active, Permissions: rbac.Set(rbac.RolesCreate, rbac.RolesView, fxX),
		Version: 1, CreatedBy: "u", CreatedAt: fxEpoch, SetBy: "u", SetAt: fxEpoch,
	}
	fxDiff(t, want, equal)
	if w.roleOf("u") == equal.ID {
		t.Error("the maker holds it")
	}
	if err := w.denied(rbac.ReasonCoverage, u, fxCreate("Beyond", fxX, fxY, fxA)); !slices.Equal(err.Missing, []rbac.Permission{fxA, fxY}) {
		t.Errorf("missing %v", err.Missing)
	}
	for _, actor := range []rbac.Actor{u, w.owner, w.sys} {
		w.denied(rbac.ReasonOwnerOnly, actor, fxCreate("Closer", fxClose))
		w.invalid("permissions", actor, fxCreate("Unknown", "app.unknown"))
	}
	w.denied(rbac.ReasonFrozen, u, rbac.CreateRole(rbac.NewRole{Name: "B", Status: rbac.Blocked, Permissions: rbac.Set()}))
	w.accepted(u, rbac.CreateRole(rbac.NewRole{Name: "S", Status: rbac.Suspended, Permissions: rbac.Set(fxX)}))
	w.accepted(w.owner, fxCreate("Anything", slices.Collect(w.Catalog().Delegable().All())...))
}

func TestS4_Edit(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, fxX, fxY)
	r, big, aside := w.role(fxX), w.role(fxX, fxQ), w.role(fxQ)
	w.accepted(u, rbac.Grant(r, fxY))
	w.accepted(u, rbac.Revoke(r, fxX))
	w.accepted(u, w.set(r, fxX))
	w.accepted(u, w.rename(r, "New name"))
	w.accepted(u, w.edit(r, func(e *rbac.RoleEdit) { e.Metadata = map[string]string{"k": "v"} }))
	w.denied(rbac.ReasonCoverage, u, rbac.Grant(r, fxQ)) // the new set
	for _, id := range []rbac.RoleID{big, aside} {       // the old one
		w.denied(rbac.ReasonDominance, u, rbac.Revoke(id, fxQ))
		w.denied(rbac.ReasonDominance, u, rbac.Grant(id, fxX))
		w.denied(rbac.ReasonDominance, u, w.rename(id, "Mine"))
		w.denied(rbac.ReasonDominance, u, w.edit(id, func(*rbac.RoleEdit) {}))
	}
	// Nobody who outranks the actor is harmed.
	w.user("senior", rbac.RolesEdit, fxY, fxQ)
	w.give(rbac.User("senior"), r)
	if err := w.denied(rbac.ReasonHarms, u, rbac.Revoke(r, fxX)); err.Subject != rbac.User("senior") {
		t.Errorf("subject %v", err.Subject)
	}
	w.accepted(u, rbac.Grant(r, fxY))
	w.accepted(u, rbac.Revoke(r, fxY)) // the senior has y through another role, for as long
	// Unknown names already stored: kept or dropped by an Owner, never added.
	w.rawRole(r, func(s *store.Role) { s.Permissions = append(s.Permissions, "app.zold") })
	w.accepted(w.owner, w.set(r, fxX, "app.zold", fxQ))
	w.invalid("permissions", w.owner, w.set(r, fxX, "app.zold", "app.znew"))
	w.accepted(w.owner, w.set(r, fxX))
	w.invalid("permissions", w.owner, w.set(r, fxX, "app.zold"))
}

func TestS5_EqualIsNotAbove(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, fxX)
	equal := w.role(rbac.RolesEdit, rbac.RolesDelete, rbac.RolesView, fxX)
	less := w.role(rbac.RolesEdit, rbac.RolesDelete, rbac.RolesView)
	w.denied(rbac.ReasonDominance, u, w.rename(equal, "Mine"))
	w.denied(rbac.ReasonDominance, u, rbac.Revoke(equal, fxX))
	w.denied(rbac.ReasonDominance, u, w.delete(equal))
	w.accepted(u, w.rename(less, "Less"))
	w.accepted(u, w.delete(less))
	all := w.role(slices.Collect(w.Catalog().Delegable().All())...)
	w.give(rbac.User("ann"), rbac.AdminRole)
	w.denied(rbac.ReasonDominance, rbac.As("ann"), rbac.Revoke(all, fxX)) // equal to Admin
	w.accepted(w.owner, rbac.Revoke(all, fxX))                            // Owner is above every custom role
}

func TestS6_OwnRole(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, fxX, fxY)
	direct, viaGroup, nested, future := w.role(fxX), w.role(fxX), w.role(fxX), w.role(fxX)
	w.give(rbac.User("u"), direct)
	w.give(rbac.Group("g"), viaGroup)
	w.give(rbac.Group("top"), nested)
	w.join("g", rbac.User("u"))
	w.join("top", rbac.Group("g"))
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: future, From: fxEpoch.Add(time.Hour)}))
	for _, id := range []rbac.RoleID{direct, viaGroup, nested, future} {
		for _, op := range []rbac.Op{rbac.Grant(id, fxY), w.rename(id, "N"), w.status(id, rbac.Suspended), w.delete(id)} {
			w.denied(rbac.ReasonOwnRole, u, op)
		}
	}
	w.accepted(u, rbac.Grant(w.role(fxX), fxY))
	w.give(rbac.User("olivia"), direct)
	w.accepted(w.owner, rbac.Grant(direct, fxY)) // an Owner may
	w.denied(rbac.ReasonPrebuilt, w.owner, rbac.Grant(rbac.OwnerRole, fxY))
}
