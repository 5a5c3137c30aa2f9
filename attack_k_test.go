package rbac_test

import (
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func TestK01_SoleOwnerCannotGo(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	for _, actor := range []rbac.Actor{w.owner, w.sys} {
		w.denied(rbac.ReasonLastOwner, actor, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
		w.denied(rbac.ReasonLastOwner, actor, rbac.Offboard(rbac.User("olivia")))
		w.denied(rbac.ReasonPrebuilt, actor, rbac.DeleteRole(rbac.RoleDeletion{ID: rbac.OwnerRole, Version: 1}))
		w.denied(rbac.ReasonPrebuilt, actor, rbac.DeleteRole(rbac.RoleDeletion{ID: rbac.OwnerRole, Version: 1, Reassign: rbac.UserRole}))
		w.denied(rbac.ReasonPrebuilt, actor, w.status(rbac.OwnerRole, rbac.Suspended))
		// Judged after each operation of a batch, whatever follows.
		w.denied(rbac.ReasonLastOwner, actor, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole), fxAssign(rbac.User("otto"), rbac.OwnerRole))
	}
	w.denied(rbac.ReasonLastOwner, w.owner.Only(), rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
	w.accepted(w.owner, fxAssign(rbac.User("otto"), rbac.OwnerRole), rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
	w.denied(rbac.ReasonLastOwner, rbac.As("otto"), rbac.Unassign(rbac.User("otto"), rbac.OwnerRole))
}

// There is no import; the ways to a tenant without Owner are closed otherwise.
func TestK07_NoImportWithoutOwner(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.denied(rbac.ReasonHasOwner, w.sys, rbac.Bootstrap("otto"))
	w.accepted(w.sys, rbac.Bootstrap("olivia")) // the same again: nothing
	w.denied(rbac.ReasonPermission, w.owner, rbac.EraseTenant())
	w.accepted(w.sys, rbac.EraseTenant(), rbac.Bootstrap("otto"))
	if w.can("olivia", fxX) || !w.can("otto", fxX) {
		t.Error("the erased Owner is one still, or the new one is not")
	}
}

func TestK09_OwnersAreCountedRight(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	two.must(two.Assign(two.ctx, two.owner, rbac.NewAssignment{Subject: rbac.User("otto"), Role: rbac.OwnerRole}))
	one.denied(rbac.ReasonLastOwner, one.owner, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
	if r := one.accepted(one.owner, fxAssign(rbac.User("olivia"), rbac.OwnerRole)); r.Changed {
		t.Error("the same Owner counts twice")
	}
	one.denied(rbac.ReasonLastOwner, one.owner, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
	two.accepted(two.owner, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
}

func TestOwnAttacks_LastOwner(t *testing.T) {
	t.Parallel()
	t.Run("own: an Owner for a while", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		for _, n := range []rbac.NewAssignment{
			{Until: fxEpoch.Add(time.Hour)}, {From: fxEpoch.Add(time.Hour)}, {From: fxEpoch, Until: fxEpoch.Add(time.Hour)},
		} {
			n.Subject, n.Role = rbac.User("otto"), rbac.OwnerRole
			w.invalid("", w.owner, rbac.Assign(n))
			w.invalid("", w.sys, rbac.Assign(n))
		}
		r := w.role(fxX)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("otto"), Role: r, Until: fxEpoch.Add(time.Hour)}))
		w.denied(rbac.ReasonWindow, w.owner, w.reassign(r, rbac.OwnerRole))
		w.denied(rbac.ReasonWindow, w.sys, w.reassign(r, rbac.OwnerRole))
	})
	t.Run("own: two Owners in one batch", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.accepted(w.owner, fxAssign(rbac.User("otto"), rbac.OwnerRole))
		err := w.denied(rbac.ReasonLastOwner, w.sys, rbac.Unassign(rbac.User("otto"), rbac.OwnerRole), rbac.Offboard(rbac.User("olivia")))
		if err.Index != 1 {
			t.Errorf("index %d", err.Index)
		}
		// After the first, olivia is an Owner before the batch and none now.
		w.denied(rbac.ReasonPermission, w.owner, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole), rbac.Unassign(rbac.User("otto"), rbac.OwnerRole))
	})
	t.Run("own: the Owner role through a batch", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.give(rbac.User("ann"), rbac.AdminRole)
		create := fxCreate("Step")
		w.denied(rbac.ReasonOwner, rbac.As("ann"), create, fxAssign(rbac.User("f"), create.RoleID()), rbac.DeleteRole(rbac.RoleDeletion{ID: w.role(), Version: 1, Reassign: rbac.OwnerRole}))
	})
}
