package rbac_test

import (
	"slices"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// fxOrder is a world in which requests can break two rules at once.
type fxOrder struct {
	*fxWorld
	u                                        rbac.Actor // everything administrative, x and a
	viewer                                   rbac.Actor // rbac.roles.view alone
	small, big, own, ownBlocked, blocked     rbac.RoleID
	suspended, bigSuspended, bigBlocked, set rbac.RoleID
}

func fxNewOrder(t testing.TB) *fxOrder {
	w := fxNew(t)
	o := &fxOrder{fxWorld: w}
	all := append(slices.Clone(fxAdminPerms), fxX, fxA)
	o.u = w.user("u", all...)
	o.viewer = w.user("viewer")
	w.user("senior", append(all, fxY)...)
	o.small, o.big = w.role(fxX), w.role(fxX, fxY)
	o.own, o.ownBlocked = w.role(fxX), w.role(fxX)
	w.give(rbac.User("u"), o.own, o.ownBlocked)
	o.suspended, o.bigSuspended, o.blocked, o.bigBlocked = w.role(fxX), w.role(fxY), w.role(fxX), w.role(fxY)
	w.move(o.suspended, rbac.Suspended)
	w.move(o.bigSuspended, rbac.Suspended)
	for _, id := range []rbac.RoleID{o.ownBlocked, o.blocked, o.bigBlocked} {
		w.move(id, rbac.Blocked)
	}
	w.named("Taken")
	o.set = w.role(fxX)
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("senior"), Role: o.set, Until: fxEpoch.Add(time.Hour)}))
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: w.role(), Until: fxEpoch.Add(time.Hour)}))
	return o
}

func (o *fxOrder) editOp(id rbac.RoleID, version uint64, name string, perms ...rbac.Permission) rbac.Op {
	e := rbac.RoleEdit{ID: id, Version: version}
	if name != "" {
		e.Name = &name
	}
	if perms != nil {
		s := rbac.Set(perms...)
		e.Permissions = &s
	}
	return rbac.EditRole(e)
}

// S22: a request that breaks two rules is refused by the earlier one.
func TestS22_OrderOfRefusal(t *testing.T) {
	t.Parallel()
	const none rbac.RoleID = "role_none"
	const stale = 99
	tests := []struct {
		name  string
		op    func(o *fxOrder) rbac.Op
		actor func(o *fxOrder) rbac.Actor // nil: u
		want  rbac.Reason                 // "": an InvalidError about field
		field string
	}{
		{"actor before input", func(o *fxOrder) rbac.Op { return fxNamed("\x00") }, func(*fxOrder) rbac.Actor { return rbac.Actor{} }, rbac.ReasonActor, ""},
		{"actor before visibility", func(o *fxOrder) rbac.Op { return rbac.Grant(none, fxX) }, func(*fxOrder) rbac.Actor { return rbac.Actor{} }, rbac.ReasonActor, ""},
		{"malformed actor before input", func(o *fxOrder) rbac.Op { return fxNamed("\x00") }, func(*fxOrder) rbac.Actor { return rbac.System("") }, "", "actor.reason"},
		{"input before visibility", func(o *fxOrder) rbac.Op { return o.editOp(none, 0, "N") }, nil, "", "version"},
		{"input before permission", func(o *fxOrder) rbac.Op { return fxNamed(" ") }, func(o *fxOrder) rbac.Actor { return o.viewer }, "", "name"},
		{"Owner to a group before permission", func(o *fxOrder) rbac.Op { return fxAssign(rbac.Group("g"), rbac.OwnerRole) }, func(o *fxOrder) rbac.Actor { return o.viewer }, "", "subject"},
		{"unknown name in a new role before permission", func(o *fxOrder) rbac.Op { return fxCreate("N", "app.unknown") }, func(o *fxOrder) rbac.Actor { return o.viewer }, "", "permissions"},
		{"visibility before unknown name", func(o *fxOrder) rbac.Op { return rbac.Grant(none, "app.unknown") }, nil, rbac.ReasonNotFound, ""},
		{"visibility before permission", func(o *fxOrder) rbac.Op { return rbac.Grant(none, fxX) }, func(o *fxOrder) rbac.Actor { return o.viewer }, rbac.ReasonNotFound, ""},
		{"visibility of the heir before permission", func(o *fxOrder) rbac.Op { return o.reassign(o.small, none) }, func(o *fxOrder) rbac.Actor { return o.viewer }, rbac.ReasonNotFound, ""},
		{"visibility of the heir before prebuilt", func(o *fxOrder) rbac.Op { return o.reassign(rbac.AdminRole, none) }, nil, rbac.ReasonNotFound, ""},
		{"unknown name before permission", func(o *fxOrder) rbac.Op { return rbac.Grant(o.small, "app.unknown") }, func(o *fxOrder) rbac.Actor { return o.viewer }, "", "permissions"},
		{"permission before prebuilt", func(o *fxOrder) rbac.Op { return rbac.Grant(rbac.AdminRole, fxX) }, func(o *fxOrder) rbac.Actor { return o.viewer }, rbac.ReasonPermission, ""},
		{"permission before frozen", func(o *fxOrder) rbac.Op { return rbac.Grant(o.blocked, fxX) }, func(o *fxOrder) rbac.Actor { return o.viewer }, rbac.ReasonPermission, ""},
		{"permission before owner", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("f"), rbac.OwnerRole) }, func(o *fxOrder) rbac.Actor { return o.viewer }, rbac.ReasonPermission, ""},
		{"permission before name taken", func(o *fxOrder) rbac.Op { return fxNamed("Taken") }, func(o *fxOrder) rbac.Actor { return o.viewer }, rbac.ReasonPermission, ""},
		{"prebuilt before own role", func(o *fxOrder) rbac.Op {
			o.give(rbac.User("u"), rbac.UserRole)
			return rbac.Grant(rbac.UserRole, fxX)
		}, nil, rbac.ReasonPrebuilt, ""},
		{"prebuilt before version", func(o *fxOrder) rbac.Op { return o.editOp(rbac.AdminRole, stale, "N") }, nil, rbac.ReasonPrebuilt, ""},
		{"own role before frozen", func(o *fxOrder) rbac.Op { return rbac.Grant(o.ownBlocked, fxX) }, nil, rbac.ReasonOwnRole, ""},
		{"own role before version", func(o *fxOrder) rbac.Op { return o.editOp(o.own, stale, "N") }, nil, rbac.ReasonOwnRole, ""},
		{"own role before coverage", func(o *fxOrder) rbac.Op { return rbac.Grant(o.own, fxY) }, nil, rbac.ReasonOwnRole, ""},
		{"frozen before version", func(o *fxOrder) rbac.Op { return o.editOp(o.blocked, stale, "N") }, nil, rbac.ReasonFrozen, ""},
		{"frozen before dominance", func(o *fxOrder) rbac.Op { return rbac.Grant(o.bigBlocked, fxX) }, nil, rbac.ReasonFrozen, ""},
		{"frozen before coverage", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("f"), o.bigBlocked) }, nil, rbac.ReasonFrozen, ""},
		{"frozen before self-dealing", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("u"), o.blocked) }, nil, rbac.ReasonFrozen, ""},
		{"frozen heir before version", func(o *fxOrder) rbac.Op {
			return rbac.DeleteRole(rbac.RoleDeletion{ID: o.small, Version: stale, Reassign: o.blocked})
		}, nil, rbac.ReasonFrozen, ""},
		{"frozen before OwnerOnly", func(o *fxOrder) rbac.Op {
			return rbac.CreateRole(rbac.NewRole{Name: "N", Status: rbac.Blocked, Permissions: rbac.Set(fxClose)})
		}, nil, rbac.ReasonFrozen, ""},
		{"version before dominance", func(o *fxOrder) rbac.Op { return o.editOp(o.big, stale, "N") }, nil, rbac.ReasonVersion, ""},
		{"version before in use", func(o *fxOrder) rbac.Op { return rbac.DeleteRole(rbac.RoleDeletion{ID: o.set, Version: stale}) }, nil, rbac.ReasonVersion, ""},
		{"version before coverage", func(o *fxOrder) rbac.Op { return o.editOp(o.small, stale, "", fxY) }, nil, rbac.ReasonVersion, ""},
		{"dominance before OwnerOnly", func(o *fxOrder) rbac.Op { return rbac.Grant(o.big, fxClose) }, nil, rbac.ReasonDominance, ""},
		{"dominance before coverage", func(o *fxOrder) rbac.Op { return rbac.Grant(o.big, fxQ) }, nil, rbac.ReasonDominance, ""},
		{"dominance before in use", func(o *fxOrder) rbac.Op {
			o.give(rbac.User("f"), o.big)
			return o.delete(o.big)
		}, nil, rbac.ReasonDominance, ""},
		{"dominance before owner", func(o *fxOrder) rbac.Op { return o.reassign(o.big, rbac.OwnerRole) }, nil, rbac.ReasonDominance, ""},
		{"owner before coverage", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("f"), rbac.OwnerRole) }, nil, rbac.ReasonOwner, ""},
		{"owner before self-dealing", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("u"), rbac.OwnerRole) }, nil, rbac.ReasonOwner, ""},
		{"owner before last owner", func(o *fxOrder) rbac.Op { return rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole) }, nil, rbac.ReasonOwner, ""},
		{"owner before coverage of the rest", func(o *fxOrder) rbac.Op {
			o.give(rbac.User("olivia"), o.big)
			return rbac.Offboard(rbac.User("olivia"))
		}, nil, rbac.ReasonOwner, ""},
		{"OwnerOnly before coverage", func(o *fxOrder) rbac.Op { return fxCreate("N", fxClose, fxY) }, nil, rbac.ReasonOwnerOnly, ""},
		{"OwnerOnly before name taken", func(o *fxOrder) rbac.Op { return fxCreate("Taken", fxClose) }, nil, rbac.ReasonOwnerOnly, ""},
		{"coverage before inactive", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("f"), o.bigSuspended) }, nil, rbac.ReasonCoverage, ""},
		{"coverage before inactive heir", func(o *fxOrder) rbac.Op { return o.reassign(o.small, o.bigSuspended) }, nil, rbac.ReasonCoverage, ""},
		{"coverage before self-dealing", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("u"), o.big) }, nil, rbac.ReasonCoverage, ""},
		{"coverage before outranked", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("senior"), o.big) }, nil, rbac.ReasonCoverage, ""},
		{"coverage before harms", func(o *fxOrder) rbac.Op { return rbac.Unassign(rbac.User("senior"), o.roleOfSenior()) }, nil, rbac.ReasonCoverage, ""},
		{"coverage before name taken", func(o *fxOrder) rbac.Op { return fxCreate("Taken", fxY) }, nil, rbac.ReasonCoverage, ""},
		{"coverage before cycle", func(o *fxOrder) rbac.Op {
			o.give(rbac.Group("rich"), o.big)
			return rbac.AddMember("rich", rbac.Group("rich"))
		}, nil, rbac.ReasonCoverage, ""},
		{"inactive before self-dealing", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("u"), o.suspended) }, nil, rbac.ReasonInactive, ""},
		{"inactive before outranked", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("senior"), o.suspended) }, nil, rbac.ReasonInactive, ""},
		{"inactive before window", func(o *fxOrder) rbac.Op {
			o.move(o.set, rbac.Suspended)
			return fxAssign(rbac.User("senior"), o.set)
		}, nil, rbac.ReasonInactive, ""},
		{"self-dealing before window", func(o *fxOrder) rbac.Op {
			return rbac.Assign(rbac.NewAssignment{Subject: rbac.User("u"), Role: o.own, Until: fxEpoch.Add(time.Hour)})
		}, nil, rbac.ReasonSelfDealing, ""},
		{"self-dealing before cycle", func(o *fxOrder) rbac.Op {
			o.join("mine", rbac.User("u"))
			return rbac.AddMember("mine", rbac.Group("mine"))
		}, nil, rbac.ReasonSelfDealing, ""},
		{"outranked before window", func(o *fxOrder) rbac.Op { return fxAssign(rbac.User("senior"), o.set) }, nil, rbac.ReasonOutranked, ""},
		{"outranked before harms", func(o *fxOrder) rbac.Op {
			o.give(rbac.User("boss"), o.role(fxAdminPerms...), o.role(fxA))
			only := o.role(fxX)
			o.give(rbac.User("boss"), only)
			return o.reassign(only, o.role())
		}, nil, rbac.ReasonOutranked, ""},
		{"harms before name taken", func(o *fxOrder) rbac.Op {
			o.give(rbac.User("boss"), o.role(fxAdminPerms...), o.role(fxA))
			only := o.role(fxX)
			o.give(rbac.User("boss"), only)
			return o.editOp(only, 1, "Taken", []rbac.Permission{fxA}...)
		}, nil, rbac.ReasonHarms, ""},
		{"harms before window", func(o *fxOrder) rbac.Op {
			heir, r := o.role(), o.role(fxX)
			o.give(rbac.Group("bosses"), r)
			o.join("bosses", rbac.User("boss"))
			o.give(rbac.User("boss"), o.role(fxAdminPerms...), o.role(fxA))
			o.must(o.Assign(o.ctx, o.sys, rbac.NewAssignment{Subject: rbac.User("f"), Role: r, Until: fxEpoch.Add(time.Hour)}))
			o.must(o.Assign(o.ctx, o.sys, rbac.NewAssignment{Subject: rbac.User("f"), Role: heir, From: fxEpoch.Add(2 * time.Hour)}))
			return o.reassign(r, heir)
		}, nil, rbac.ReasonHarms, ""},
	}
	for _, tt := range tests {
		t.Run("S22 "+tt.name, func(t *testing.T) {
			t.Parallel()
			o := fxNewOrder(t)
			op, actor := tt.op(o), o.u
			if tt.actor != nil {
				actor = tt.actor(o)
			}
			if tt.want == "" {
				o.invalid(tt.field, actor, op)
			} else {
				o.denied(tt.want, actor, op)
			}
		})
	}
}

// roleOfSenior is the role that makes senior senior.
func (o *fxOrder) roleOfSenior() rbac.RoleID {
	page, err := o.Assignments(o.ctx, o.sys, rbac.User("senior"), rbac.PageQuery{})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, row := range page.Items {
		if row.Role != o.set {
			return row.Role
		}
	}
	return ""
}

func TestS22_TheSmallestOfOneKind(t *testing.T) {
	t.Parallel()
	o := fxNewOrder(t)
	if err := o.denied(rbac.ReasonPermission, o.viewer, rbac.Offboard(rbac.User("f"))); err.Permission != rbac.GroupsEdit {
		t.Errorf("lacks %s", err.Permission)
	}
	if err := o.denied(rbac.ReasonPermission, o.viewer, o.reassign(o.small, rbac.UserRole)); err.Permission != rbac.RolesAssign {
		t.Errorf("lacks %s", err.Permission)
	}
	if err := o.denied(rbac.ReasonPermission, rbac.As("nobody"), fxCreate("N")); err.Permission != rbac.RolesCreate {
		t.Errorf("lacks %s", err.Permission)
	}
	if err := o.denied(rbac.ReasonCoverage, o.u, fxCreate("N", fxY, fxB, fxX, fxQ)); !slices.Equal(err.Missing, []rbac.Permission{fxB, fxQ, fxY}) {
		t.Errorf("missing %v", err.Missing)
	}
	only := o.role(fxX)
	for _, boss := range []string{"z", "boss1", "b", "é"} {
		o.give(rbac.User(boss), o.role(fxAdminPerms...), o.role(fxA), only)
	}
	if err := o.denied(rbac.ReasonHarms, o.u, rbac.Revoke(only, fxX)); err.Subject != rbac.User("b") {
		t.Errorf("harmed: %v", err.Subject)
	}
	if err := o.denied(rbac.ReasonOutranked, o.u, o.reassign(only, o.role(fxX))); err.Subject != rbac.User("b") {
		t.Errorf("outranked by %v", err.Subject)
	}
	// A no-op is judged like a change first, and succeeds when nothing refuses.
	o.denied(rbac.ReasonDominance, o.u, rbac.Grant(o.big, fxY))
	if o.accepted(o.u, rbac.Grant(o.small, fxX)).Changed {
		t.Error("a no-op writes")
	}
	// Missing names only what the caller supplied.
	if err := o.denied(rbac.ReasonCoverage, o.u, fxAssign(rbac.User("f"), o.big)); len(err.Missing) != 0 {
		t.Errorf("missing %v", err.Missing)
	}
}
