package rbac_test

import (
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

func TestF01_InactiveConfersNothing(t *testing.T) {
	t.Parallel()
	for _, status := range []rbac.Status{rbac.Suspended, rbac.Blocked} {
		w := fxNew(t)
		r := w.role(fxX, rbac.RolesCreate, rbac.RolesView)
		w.give(rbac.User("direct"), r)
		w.give(rbac.Group("g"), r)
		w.join("g", rbac.User("member"))
		w.move(r, status)
		for _, user := range []string{"direct", "member"} {
			if w.can(user, fxX) {
				t.Errorf("%v: %s has x", status, user)
			}
			p, err := w.Permissions(w.ctx, w.sys, user)
			if err != nil || p.Len() != 0 {
				t.Errorf("%v: %s has %v, %v", status, user, p, err)
			}
			w.denied(rbac.ReasonPermission, rbac.As(user), fxCreate("N"))
		}
		page, err := w.WhoCan(w.ctx, w.owner, fxX, rbac.PageQuery{})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("%v: who can: %v %v", status, page.Items, err)
		}
		w.move(r, rbac.Active)
		if !w.can("direct", fxX) || !w.can("member", fxX) {
			t.Errorf("%v: x does not come back", status)
		}
	}
}

func TestF07_BlockedIsFrozen(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, fxX, fxY)
	r := w.role(fxX)
	w.give(rbac.User("h"), r)
	w.move(r, rbac.Blocked)
	for _, op := range []rbac.Op{
		rbac.Grant(r, fxY), rbac.Revoke(r, fxX), w.rename(r, "Other"), w.set(r, fxY), w.status(r, rbac.Active),
		w.status(r, rbac.Suspended), w.edit(r, func(*rbac.RoleEdit) {}), w.delete(r), fxAssign(rbac.User("f"), r), w.reassign(r, w.role()),
	} {
		w.denied(rbac.ReasonFrozen, u, op)
	}
	active, set := rbac.Active, rbac.Set(fxY)
	for _, actor := range []rbac.Actor{w.owner, w.sys} { // out of Blocked, and nothing else
		w.denied(rbac.ReasonFrozen, actor, w.edit(r, func(e *rbac.RoleEdit) { e.Status, e.Permissions = &active, &set }))
		w.denied(rbac.ReasonFrozen, actor, rbac.Grant(r, fxY))
		w.denied(rbac.ReasonFrozen, actor, w.rename(r, "Other"))
		w.denied(rbac.ReasonFrozen, actor, fxAssign(rbac.User("f"), r))
	}
	w.rawRole(r, func(s *store.Role) { s.Status = "dormant" })
	if got := w.get(r).Status; got != rbac.Blocked {
		t.Errorf("an unknown status reads %v", got)
	}
	w.denied(rbac.ReasonFrozen, u, rbac.Grant(r, fxY))
	w.denied(rbac.ReasonFrozen, u, w.status(r, rbac.Active))
	w.denied(rbac.ReasonFrozen, w.owner, fxAssign(rbac.User("f"), r))
	if w.can("h", fxX) {
		t.Error("an unknown status confers")
	}
	w.accepted(u, rbac.Unassign(rbac.User("h"), r)) // taking away is allowed
	w.accepted(w.owner, w.status(r, rbac.Active))
}

func TestF09_TimeBomb(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesAssign, rbac.GroupsEdit, fxX)
	big, small := w.role(fxX, fxY), w.role(fxX)
	w.give(rbac.Group("g"), big)
	w.move(big, rbac.Suspended)
	w.move(small, rbac.Suspended)
	w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("f"), big))
	w.denied(rbac.ReasonInactive, u, fxAssign(rbac.User("f"), small))
	w.denied(rbac.ReasonInactive, w.owner, fxAssign(rbac.User("f"), big))
	w.denied(rbac.ReasonInactive, w.sys, fxAssign(rbac.User("f"), big))
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("g", rbac.User("f")))
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("g", rbac.Group("h")))
}

func TestOwnAttacks_Status(t *testing.T) {
	t.Parallel()
	t.Run("own: activate what I could not make", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", rbac.RolesEdit, fxX)
		big := w.role(fxX, fxY)
		w.give(rbac.User("mate"), big)
		w.move(big, rbac.Suspended)
		w.denied(rbac.ReasonDominance, u, w.status(big, rbac.Active))
		small := w.role(fxX)
		w.move(small, rbac.Suspended)
		active, set := rbac.Active, rbac.Set(fxX, fxY)
		w.denied(rbac.ReasonCoverage, u, w.edit(small, func(e *rbac.RoleEdit) { e.Status, e.Permissions = &active, &set }))
		w.accepted(u, w.status(small, rbac.Active))
	})
	t.Run("own: made Blocked, or blocked by a non-Owner", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", rbac.RolesEdit, rbac.RolesCreate, fxX)
		r := w.role(fxX)
		blocked := func(name string) rbac.Op {
			return rbac.CreateRole(rbac.NewRole{Name: name, Status: rbac.Blocked, Permissions: rbac.Set()})
		}
		w.denied(rbac.ReasonFrozen, u, blocked("B"))
		w.denied(rbac.ReasonFrozen, u, w.status(r, rbac.Blocked))
		if w.accepted(w.owner, blocked("B")).Role.Status != rbac.Blocked || w.accepted(w.sys, blocked("C")).Role.Status != rbac.Blocked {
			t.Error("not made Blocked")
		}
		w.accepted(w.owner, w.status(r, rbac.Blocked))
	})
	t.Run("own: edit while suspended", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", rbac.RolesEdit, fxX, fxA)
		r := w.role(fxX)
		w.give(rbac.User("h"), r)
		w.move(r, rbac.Suspended)
		w.accepted(u, rbac.Grant(r, fxA))
		w.denied(rbac.ReasonCoverage, u, rbac.Grant(r, fxY))
		if w.can("h", fxA) {
			t.Error("a suspended role confers")
		}
	})
	t.Run("own: suspend a prebuilt role or Owner", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		for _, id := range []rbac.RoleID{rbac.OwnerRole, rbac.AdminRole, rbac.UserRole} {
			for _, status := range []rbac.Status{rbac.Active, rbac.Suspended, rbac.Blocked} {
				w.denied(rbac.ReasonPrebuilt, w.owner, w.status(id, status))
				w.denied(rbac.ReasonPrebuilt, w.sys, w.status(id, status))
			}
		}
	})
	t.Run("own: the zero and a made-up status", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role()
		for _, s := range []rbac.Status{0, 4, 255} {
			w.invalid("status", w.owner, w.status(r, s))
			if s != 0 {
				w.invalid("status", w.owner, rbac.CreateRole(rbac.NewRole{Name: "N", Status: s, Permissions: rbac.Set()}))
			}
		}
	})
}
