package rbac_test

import (
	"slices"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func TestC03_EditTheRoleIHold(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, fxX, fxY)
	mine := w.role(fxX)
	w.join("team", rbac.User("u"))
	w.join("parent", rbac.Group("team"))
	w.give(rbac.Group("parent"), mine)
	other := w.role()
	for _, id := range []rbac.RoleID{mine, w.roleOf("u")} {
		for _, op := range []rbac.Op{
			rbac.Grant(id, fxX), rbac.Grant(id, fxY), rbac.Revoke(id, fxX), rbac.Revoke(id, fxA),
			w.edit(id, func(*rbac.RoleEdit) {}), w.rename(id, "Better"), w.set(id), w.set(id, fxX, fxY),
			w.status(id, rbac.Suspended), w.status(id, rbac.Blocked), w.status(id, rbac.Active), w.delete(id), w.reassign(id, other),
		} {
			w.denied(rbac.ReasonOwnRole, u, op)
			w.denied(rbac.ReasonOwnRole, u.Only(w.roleOf("u")), op) // narrowing does not shrink what is held
		}
	}
	asserted := w.role()
	w.give(rbac.Group("claimed"), asserted)
	w.denied(rbac.ReasonOwnRole, u.InGroups("claimed"), rbac.Grant(asserted, fxX))
	w.denied(rbac.ReasonOwnRole, u.InGroups("claimed"), w.delete(asserted))
}

func TestC05_StatusDoesNotLaunderOwnership(t *testing.T) {
	t.Parallel()
	for _, status := range []rbac.Status{rbac.Suspended, rbac.Blocked} {
		w := fxNew(t)
		u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, fxX, fxY)
		mine := w.role(fxX)
		w.give(rbac.User("u"), mine)
		w.move(mine, status)
		for _, op := range []rbac.Op{rbac.Grant(mine, fxY), rbac.Revoke(mine, fxX), w.rename(mine, "Other"), w.status(mine, rbac.Active), w.delete(mine)} {
			w.denied(rbac.ReasonOwnRole, u, op)
		}
		future := w.role(fxX)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: future, From: fxEpoch.Add(time.Hour)}))
		w.denied(rbac.ReasonOwnRole, u, rbac.Grant(future, fxY))
		gone := w.role(fxX)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: gone, Until: fxEpoch.Add(time.Hour)}))
		w.clock.add(time.Hour)
		w.denied(rbac.ReasonOwnRole, u, rbac.Grant(future, fxY)) // held now
		w.accepted(u, rbac.Grant(gone, fxY))                     // expired: held no longer
	}
}

func TestC07_KeepATemporaryPermission(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	base, boss := w.role(fxA), w.role(fxA, fxB, rbac.RolesView, rbac.RolesCreate, rbac.RolesEdit, rbac.RolesAssign, rbac.GroupsEdit)
	w.give(rbac.User("u"), base)
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: boss, Until: fxEpoch.Add(time.Hour)}))
	u := rbac.As("u")
	w.denied(rbac.ReasonOwnRole, u, rbac.Grant(base, fxB))
	kept := w.must(w.CreateRole(w.ctx, u, rbac.NewRole{Name: "Kept", Permissions: rbac.Set(fxB)})).Role.ID
	w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.User("u"), kept))
	w.accepted(u, fxAssign(rbac.Group("club"), kept))
	w.denied(rbac.ReasonSelfDealing, u, rbac.AddMember("club", rbac.User("u")))
	w.join("mine", rbac.User("u"))
	w.denied(rbac.ReasonSelfDealing, u, rbac.AddMember("club", rbac.Group("mine")))
	w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.Group("mine"), kept))

	w.accepted(u, fxAssign(rbac.User("mate"), kept)) // an accomplice can; Review tells
	w.clock.add(time.Hour)
	if w.can("u", fxB) || !w.can("mate", fxB) {
		t.Error("u keeps b, or mate has lost it")
	}
	beyond := map[rbac.Concern]bool{}
	for _, f := range w.review() {
		if f.Role == kept {
			beyond[f.Concern] = true
		}
	}
	if !beyond[rbac.RoleBeyondSetter] || !beyond[rbac.GrantBeyondGiver] {
		t.Errorf("the review says of it only %v", beyond)
	}
}

// review is all pages of a review.
func (w *fxWorld) review() []rbac.Finding {
	w.t.Helper()
	var out []rbac.Finding
	for q := (rbac.ReviewQuery{}); ; {
		page, err := w.Review(w.ctx, w.sys, q)
		if err != nil {
			w.t.Fatal(err)
		}
		if out = append(out, page.Items...); page.Next == "" {
			return out
		}
		q.After = page.Next
	}
}

func TestOwnAttacks_Self(t *testing.T) {
	t.Parallel()
	every := []rbac.Permission{rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, rbac.RolesCreate, rbac.GroupsEdit, fxX, fxY}
	t.Run("own: resign, edit, take again", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", every...)
		small := w.role(fxX)
		w.give(rbac.User("u"), small)
		w.denied(rbac.ReasonOwnRole, u, rbac.Unassign(rbac.User("u"), small), rbac.Grant(small, fxY))
		w.denied(rbac.ReasonSelfDealing, u, rbac.Unassign(rbac.User("u"), small), fxAssign(rbac.User("u"), small))
		w.accepted(u, rbac.Unassign(rbac.User("u"), small))
		w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.User("u"), small))
	})
	t.Run("own: leave, enrich the group, join", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", every...)
		w.join("g", rbac.User("u"))
		r := w.role(fxX)
		w.denied(rbac.ReasonSelfDealing, u, rbac.RemoveMember("g", rbac.User("u")), fxAssign(rbac.Group("g"), r))
		w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.Group("g"), r))
		w.accepted(u, rbac.RemoveMember("g", rbac.User("u")))
		w.accepted(u, fxAssign(rbac.Group("g"), r))
		w.denied(rbac.ReasonSelfDealing, u, rbac.AddMember("g", rbac.User("u")))
	})
	t.Run("own: renew my own window", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", every...)
		r := w.role(fxX)
		n := rbac.NewAssignment{Subject: rbac.User("u"), Role: r, Until: fxEpoch.Add(time.Hour)}
		w.must(w.Assign(w.ctx, w.sys, n))
		n.Until = time.Time{}
		w.denied(rbac.ReasonSelfDealing, u, rbac.Assign(n))
		n.Until = fxEpoch.Add(time.Hour) // a no-op is judged like a change
		w.denied(rbac.ReasonSelfDealing, u, rbac.Assign(n))
		w.clock.add(2 * time.Hour)
		w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.User("u"), r))
	})
	t.Run("own: reassign the holders of another role to mine", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", every...)
		r, heir := w.role(fxX), w.role(fxX, fxY)
		w.join("g", rbac.User("u"))
		w.give(rbac.Group("g"), r)
		w.denied(rbac.ReasonOwnRole, u, w.reassign(r, heir))
	})
	t.Run("own: an asserted group is mine", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", every...).InGroups("claimed")
		r := w.role(fxX)
		w.join("parent", rbac.Group("claimed"))
		w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.Group("claimed"), r))
		w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.Group("parent"), r))
		w.denied(rbac.ReasonSelfDealing, u, rbac.AddMember("other", rbac.Group("claimed")))
		w.denied(rbac.ReasonSelfDealing, u, rbac.AddMember("other", rbac.Group("parent")))
		w.accepted(u, fxAssign(rbac.Group("other"), r))
	})
	t.Run("own: what everybody may do for themselves", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		big := w.role(slices.Concat(every, fxAdminPerms)...)
		w.give(rbac.User("n"), big)
		w.join("g", rbac.User("n"))
		n := rbac.As("n").Only() // even with nothing at all
		w.accepted(n, rbac.Unassign(rbac.User("n"), big))
		w.accepted(n, rbac.RemoveMember("g", rbac.User("n")))
		w.denied(rbac.ReasonPermission, n, rbac.Offboard(rbac.User("n")))
		w.denied(rbac.ReasonLastOwner, w.owner, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
	})
}
