package rbac_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func TestB01_JuniorTakesFromSenior(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesUnassign, rbac.GroupsEdit, rbac.RolesEdit, fxX)
	w.user("v", rbac.RolesUnassign, rbac.GroupsEdit, rbac.RolesEdit, fxY)
	r := w.role(fxX)
	w.give(rbac.User("v"), r)
	w.give(rbac.Group("g"), r)
	w.join("g", rbac.User("v2"), rbac.Group("sub"))
	w.user("v2", rbac.RolesUnassign, rbac.GroupsEdit, rbac.RolesEdit, fxY)
	w.join("sub", rbac.User("v3"))
	w.user("v3", rbac.RolesUnassign, rbac.GroupsEdit, rbac.RolesEdit, fxY)

	if err := w.denied(rbac.ReasonHarms, u, rbac.Unassign(rbac.User("v"), r)); err.Subject != rbac.User("v") {
		t.Errorf("harmed: %v", err.Subject)
	}
	if err := w.denied(rbac.ReasonHarms, u, rbac.Unassign(rbac.Group("g"), r)); err.Subject != rbac.User("v2") {
		t.Errorf("harmed: %v", err.Subject)
	}
	if err := w.denied(rbac.ReasonHarms, u, rbac.RemoveMember("g", rbac.Group("sub"))); err.Subject != rbac.User("v3") {
		t.Errorf("harmed: %v", err.Subject)
	}
	w.denied(rbac.ReasonHarms, u, rbac.RemoveMember("g", rbac.User("v2")))
	w.denied(rbac.ReasonCoverage, u, rbac.Offboard(rbac.User("v")))
	w.denied(rbac.ReasonHarms, u, rbac.Revoke(r, fxX))
	w.denied(rbac.ReasonHarms, u, w.status(r, rbac.Suspended))
	w.give(rbac.User("junior"), r)
	w.accepted(u, rbac.Unassign(rbac.User("junior"), r))
}

func TestB03_AdminStripsOwner(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.give(rbac.User("ann"), rbac.AdminRole)
	ann := rbac.As("ann")
	w.denied(rbac.ReasonOwner, ann, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
	w.denied(rbac.ReasonOwner, ann, rbac.Offboard(rbac.User("olivia")))
	w.denied(rbac.ReasonPrebuilt, ann, rbac.Revoke(rbac.OwnerRole, fxX))
	w.denied(rbac.ReasonPrebuilt, ann, w.delete(rbac.OwnerRole))
	extra := w.role(fxX)
	w.give(rbac.User("olivia"), extra)
	// What an Owner has beside ⊤ is nothing that could be missed.
	w.accepted(ann, rbac.Unassign(rbac.User("olivia"), extra))
}

func TestB05_TakingASeniorOverSideways(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", fxX, fxA)
	w.user("equal", fxX, fxA)
	w.user("above", fxX, fxA, fxY)
	w.user("aside", fxY)
	w.user("below", fxX)
	future := w.role(fxY)
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("later"), Role: future, From: fxEpoch.Add(time.Hour)}))
	asleep := w.role(fxY)
	w.give(rbac.User("asleep"), asleep)
	w.move(asleep, rbac.Suspended)
	for _, user := range []string{"olivia", "equal", "above", "aside", "later", "asleep"} {
		fxDenied(t, rbac.ReasonOutranked, w.CheckOver(w.ctx, u, user))
	}
	for _, user := range []string{"below", "nobody", "u"} {
		if err := w.CheckOver(w.ctx, u, user); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}
	if err := w.CheckOver(w.ctx, w.owner, "above"); err != nil {
		t.Error(err)
	}
	fxDenied(t, rbac.ReasonOutranked, w.CheckOver(w.ctx, u.Only(), "below"))
	fxDenied(t, rbac.ReasonActor, w.CheckOver(w.ctx, rbac.Actor{}, "below"))
}

func TestB07_ShrinkASupersetRole(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, fxX)
	big := w.role(fxX, fxY)
	w.denied(rbac.ReasonDominance, u, w.set(big, fxX))
	w.denied(rbac.ReasonDominance, u, w.set(big))
	w.denied(rbac.ReasonDominance, u, rbac.Revoke(big, fxY))
}

func TestB09_Incomparable(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, rbac.GroupsEdit, fxA, fxB)
	r := w.role(fxB, fxC)
	w.give(rbac.User("stranger"), r)
	w.denied(rbac.ReasonDominance, u, rbac.Grant(r, fxA))
	w.denied(rbac.ReasonDominance, u, rbac.Revoke(r, fxB))
	w.denied(rbac.ReasonDominance, u, rbac.Revoke(r, fxC))
	w.denied(rbac.ReasonDominance, u, w.rename(r, "Mine"))
	w.denied(rbac.ReasonDominance, u, w.status(r, rbac.Suspended))
	w.denied(rbac.ReasonDominance, u, w.delete(r))
	w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("f"), r))
	w.denied(rbac.ReasonCoverage, u, rbac.Unassign(rbac.User("stranger"), r))
	w.denied(rbac.ReasonCoverage, u, rbac.Offboard(rbac.User("stranger")))
}

func TestB11_CloneMyRoleForAFriend(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	perms := []rbac.Permission{rbac.RolesView, rbac.RolesCreate, rbac.RolesAssign, rbac.RolesEdit, fxX}
	w.give(rbac.User("u"), w.role(perms...))
	u, mine := rbac.As("u"), w.roleOf("u")
	clone := w.must(w.CreateRole(w.ctx, u, rbac.NewRole{Name: "Clone", Permissions: rbac.Set(perms...)})).Role.ID
	w.accepted(u, fxAssign(rbac.User("f"), clone))
	f := rbac.As("f")
	w.denied(rbac.ReasonDominance, f, rbac.Revoke(mine, fxX))
	w.denied(rbac.ReasonDominance, f, w.rename(mine, "Theirs"))
	w.denied(rbac.ReasonOwnRole, f, rbac.Revoke(clone, fxX))
	w.denied(rbac.ReasonDominance, u, rbac.Revoke(clone, fxX)) // nor the other way
	less := w.must(w.CreateRole(w.ctx, u, rbac.NewRole{Name: "Less", Permissions: rbac.Set(perms[:4]...)})).Role.ID
	w.accepted(u, fxAssign(rbac.User("g"), less))
	w.denied(rbac.ReasonDominance, rbac.As("g"), rbac.Revoke(mine, fxX))
}

func TestB13_MyRoleThroughMyBiggerRole(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, fxX, fxY)
	small := w.role(fxX)
	w.give(rbac.User("u"), small)
	w.give(rbac.User("olivia"), small)
	w.denied(rbac.ReasonOwnRole, u, rbac.Grant(small, fxY))
	w.denied(rbac.ReasonOwnRole, u, w.rename(small, "Big"))
	w.accepted(w.owner, rbac.Grant(small, fxA))
	if !w.can("u", fxA) {
		t.Error("the Owner's edit does not show")
	}
}

func TestOwnAttacks_Seniors(t *testing.T) {
	t.Parallel()
	juniors := []rbac.Permission{rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, rbac.GroupsEdit, fxX}
	t.Run("own: suspend what a senior lives on", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", juniors...)
		w.user("v", slices.Concat(slices.DeleteFunc(slices.Clone(juniors), func(p rbac.Permission) bool { return p == fxX }), []rbac.Permission{fxY})...)
		r := w.role(fxX)
		w.give(rbac.User("v"), r)
		w.denied(rbac.ReasonHarms, u, w.status(r, rbac.Suspended))
		w.denied(rbac.ReasonFrozen, u, w.status(r, rbac.Blocked))
		w.denied(rbac.ReasonHarms, u, rbac.Revoke(r, fxX))
		w.denied(rbac.ReasonHarms, u, w.set(r))
		w.denied(rbac.ReasonInUse, u, w.delete(r))
		w.denied(rbac.ReasonOutranked, u, w.reassign(r, w.role()))
		w.accepted(u, w.rename(r, "Renamed")) // takes nothing from anybody
	})
	t.Run("own: assign to a senior to gain a hold", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", juniors...)
		w.user("equal", juniors...)
		r := w.role(fxX)
		w.give(rbac.Group("g"), r)
		for _, senior := range []string{"olivia", "equal"} {
			if err := w.denied(rbac.ReasonOutranked, u, fxAssign(rbac.User(senior), r)); err.Subject != rbac.User(senior) {
				t.Errorf("subject %v", err.Subject)
			}
			w.denied(rbac.ReasonOutranked, u, rbac.AddMember("g", rbac.User(senior)))
		}
	})
	t.Run("own: take a future or a suspended role from a senior", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", juniors...)
		w.user("v", juniors...)
		r := w.role(fxX)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("v"), Role: r, From: fxEpoch.Add(time.Hour)}))
		// v has x for ever through another role: nothing is lacking then or later.
		w.accepted(u, rbac.Unassign(rbac.User("v"), r))
		b := w.role(fxX)
		w.user("s", slices.DeleteFunc(slices.Clone(juniors), func(p rbac.Permission) bool { return p == fxX })...)
		own := w.role(fxX, fxY)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("s"), Role: own, Until: fxEpoch.Add(time.Hour)}))
		w.give(rbac.User("s"), b) // s has x through b for ever, through own until later
		w.denied(rbac.ReasonHarms, u, rbac.Unassign(rbac.User("s"), b))
	})
	t.Run("own: two juniors together", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u1, u2 := w.user("u1", rbac.RolesEdit, fxX), w.user("u2", rbac.RolesEdit, fxY)
		r := w.role(fxX, fxY)
		for _, u := range []rbac.Actor{u1, u2} {
			w.denied(rbac.ReasonDominance, u, rbac.Revoke(r, fxX))
			w.denied(rbac.ReasonDominance, u, rbac.Revoke(r, fxY))
		}
	})
	t.Run("own: an Owner by every permission is no Owner", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		all := slices.Collect(w.Catalog().Delegable().All())
		w.bare("u", all...)
		u := rbac.As("u")
		w.denied(rbac.ReasonOwner, u, fxAssign(rbac.User("f"), rbac.OwnerRole))
		w.denied(rbac.ReasonOwner, u, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
		w.denied(rbac.ReasonOutranked, u, fxAssign(rbac.User("olivia"), w.role(fxX)))
		p, err := w.Resolve(w.ctx, u)
		if err != nil || p.IsOwner() || p.Can(fxClose) {
			t.Errorf("%v %v", p, err)
		}
		var denied *rbac.DeniedError
		if err := w.Check(w.ctx, u, fxClose); !errors.As(err, &denied) || denied.Reason != rbac.ReasonNotHeld {
			t.Errorf("close: %v", err)
		}
	})
}
