package rbac_test

import (
	"errors"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func TestS15_LastOwner(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	last := rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole)
	w.denied(rbac.ReasonLastOwner, w.owner, last)
	w.denied(rbac.ReasonLastOwner, w.sys, last)
	w.denied(rbac.ReasonLastOwner, w.owner, rbac.Offboard(rbac.User("olivia")))
	w.denied(rbac.ReasonLastOwner, w.sys, last, fxAssign(rbac.User("otto"), rbac.OwnerRole)) // after each op
	w.accepted(w.owner, fxAssign(rbac.User("otto"), rbac.OwnerRole))
	w.accepted(rbac.As("otto"), last) // an Owner may unassign another
	w.denied(rbac.ReasonLastOwner, w.sys, rbac.Unassign(rbac.User("otto"), rbac.OwnerRole))
	w.accepted(w.sys, rbac.EraseTenant())
	w.accepted(w.sys, rbac.Unassign(rbac.User("otto"), rbac.OwnerRole)) // from none to none
}

func TestS16_DecideWhereYouWrite(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	other, err := rbac.New(w.store.inner, w.Catalog(), &rbac.Options{Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	u := w.user("u", rbac.RolesEdit, rbac.RolesAssign, fxX)
	r := w.role(fxX)
	if _, err := other.RoleView(w.ctx, u, r); err != nil { // both know the state now
		t.Fatal(err)
	}
	w.must(other.Revoke(w.ctx, w.owner, w.roleOf("u"), rbac.RolesEdit))
	// A change, a refusal, a no-op, a preview and a form: all on what is there now.
	w.denied(rbac.ReasonPermission, u, w.rename(r, "N"))
	w.denied(rbac.ReasonPermission, u, rbac.Grant(r, fxX))
	if view, err := w.RoleView(w.ctx, u, r); err != nil || view.Edit.Enabled {
		t.Errorf("%+v %v", view.Edit, err)
	}
	w.must(other.Grant(w.ctx, w.owner, w.roleOf("u"), rbac.RolesEdit))
	w.accepted(u, w.rename(r, "N"))
	// A change in between is judged again, and the answer is of the later state.
	w.beforeCommit(func() { w.must(other.Unassign(w.ctx, w.sys, rbac.User("u"), w.roleOf("u"))) })
	_, err = w.Assign(w.ctx, u, rbac.NewAssignment{Subject: rbac.User("f"), Role: r})
	fxDenied(t, rbac.ReasonNotFound, err)
}

func TestS17_CreatorBoundIsJudgedWhenWritten(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesCreate, rbac.RolesEdit, rbac.RolesAssign, rbac.GroupsEdit, fxX)
	r := w.accepted(u, fxCreate("Made", fxX)).Role
	w.accepted(u, fxAssign(rbac.User("f"), r.ID))
	w.accepted(u, fxAssign(rbac.Group("g"), r.ID))
	w.accepted(u, rbac.AddMember("g", rbac.User("m")))
	if len(fxAbout(w.review(), r.ID, "g")) != 0 {
		t.Error("nothing is wrong yet")
	}
	w.must(w.Revoke(w.ctx, w.owner, w.roleOf("u"), fxX))
	if !w.can("f", fxX) || !w.can("m", fxX) {
		t.Error("a cascade")
	}
	got := fxAbout(w.review(), r.ID, "g")
	fxDiff(t, map[rbac.Concern]int{rbac.RoleBeyondSetter: 1, rbac.GrantBeyondGiver: 3}, got)
	w.must(w.Offboard(w.ctx, w.owner, rbac.User("u"))) // who has left is told apart
	got = fxAbout(w.review(), r.ID, "g")
	fxDiff(t, map[rbac.Concern]int{rbac.RoleSetterLeft: 1, rbac.GrantGiverLeft: 3}, got)
	// Who last set the permissions is recorded, not who renamed.
	w.must(w.Grant(w.ctx, w.sys, r.ID, fxA))
	w.accepted(w.owner, w.rename(r.ID, "Renamed"))
	if now := w.get(r.ID); now.CreatedBy != "u" || now.SetBy != "" || now.Version != 3 {
		t.Errorf("%+v", now)
	}
}

// fxAbout counts the concerns about a role or a group.
func fxAbout(findings []rbac.Finding, role rbac.RoleID, group string) map[rbac.Concern]int {
	out := map[rbac.Concern]int{}
	for _, f := range findings {
		if f.Role == role || f.Group == group {
			out[f.Concern]++
		}
	}
	return out
}

func TestS18_Batch(t *testing.T) {
	t.Parallel()
	full := []rbac.Permission{rbac.RolesCreate, rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, rbac.GroupsEdit, fxX}
	t.Run("S18 later operations see earlier ones", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", full...)
		create := fxCreate("New", fxX)
		got := w.accepted(u, create, fxAssign(rbac.User("f"), create.RoleID()), rbac.AddMember("g", rbac.User("f")))
		if got.Revision != w.must(w.Apply(w.ctx, u, rbac.AddMember("g", rbac.User("f")))).Revision || got.Role.ID != create.RoleID() || len(got.Roles) != 3 {
			t.Errorf("%+v", got)
		}
		err := w.denied(rbac.ReasonNameTaken, u, fxCreate("Two"), fxCreate("TWO"))
		if err.Index != 1 {
			t.Errorf("index %d", err.Index)
		}
	})
	t.Run("S18 line 1 never authorises line 2", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.give(rbac.User("u"), w.role(full...), w.role(rbac.RolesView))
		u, small := rbac.As("u"), w.role(fxX)
		w.give(rbac.Group("g"), small)
		w.join("g", rbac.User("u"))
		// The role of a group I am in grows; the growth authorises nothing in this batch.
		rich := w.role(fxX, fxY)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("v"), Role: rich}))
		w.denied(rbac.ReasonOwnRole, u, rbac.Grant(small, fxX), fxAssign(rbac.User("f"), small))
		// An Owner who gives up Ownership in line 1 is none in line 2, and needs what others need.
		w.accepted(w.owner, fxAssign(rbac.User("otto"), rbac.OwnerRole))
		w.denied(rbac.ReasonPermission, rbac.As("otto"), rbac.Unassign(rbac.User("otto"), rbac.OwnerRole), fxCreate("N"))
		// Who becomes one in line 1 was none before.
		err := w.denied(rbac.ReasonPermission, rbac.As("nobody"), rbac.RemoveMember("x", rbac.User("nobody")), fxCreate("N"))
		if err.Index != 1 {
			t.Errorf("index %d", err.Index)
		}
	})
	t.Run("S18 resigning first buys nothing", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", full...)
		r := w.role(fxX)
		w.give(rbac.User("u"), r)
		w.denied(rbac.ReasonOwnRole, u, rbac.Unassign(rbac.User("u"), r), w.rename(r, "N"))
		w.join("g", rbac.User("u"))
		w.denied(rbac.ReasonSelfDealing, u, rbac.RemoveMember("g", rbac.User("u")), fxAssign(rbac.Group("g"), w.role(fxX)))
	})
	t.Run("S18 who outranks before or after is spared", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		u := w.user("u", rbac.RolesUnassign, rbac.RolesAssign, fxX)
		a := w.role(fxX)
		w.user("v", rbac.RolesUnassign, rbac.RolesAssign)
		w.give(rbac.User("v"), a)
		w.denied(rbac.ReasonHarms, u, rbac.Unassign(rbac.User("v"), a))
		w.denied(rbac.ReasonOutranked, u, fxAssign(rbac.User("v"), w.role()))
	})
	t.Run("S18 versions are those before the batch", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		one, two := w.rename(r, "One"), w.rename(r, "Two") // both say version 1
		if got := w.accepted(w.owner, one, two); got.Role.Version != 2 || got.Role.Name != "Two" {
			t.Errorf("%+v", got.Role)
		}
		w.denied(rbac.ReasonVersion, w.owner, one)
		create := fxCreate("Fresh")
		name := "Other"
		for _, version := range []uint64{1, 2} {
			w.denied(rbac.ReasonVersion, w.owner, create, rbac.EditRole(rbac.RoleEdit{ID: create.RoleID(), Version: version, Name: &name}))
			w.denied(rbac.ReasonVersion, w.owner, create, rbac.DeleteRole(rbac.RoleDeletion{ID: create.RoleID(), Version: version}))
		}
		w.accepted(w.owner, create, rbac.Grant(create.RoleID(), fxX)) // these need none
	})
	t.Run("S18 all or nothing, and back again is nothing", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		for i := range 3 {
			ops := []rbac.Op{rbac.Grant(r, fxA), fxAssign(rbac.User("f"), r), rbac.AddMember("g", rbac.User("f"))}
			ops[i] = fxAssign(rbac.User("f"), "role_none")
			if err := w.denied(rbac.ReasonNotFound, w.owner, ops...); err.Index != i {
				t.Errorf("index %d, want %d", err.Index, i)
			}
		}
		if w.accepted(w.owner, rbac.Grant(r, fxA), rbac.Revoke(r, fxA)).Changed {
			t.Error("there and back again writes")
		}
		if w.accepted(w.owner, rbac.AddMember("g", rbac.User("f")), rbac.RemoveMember("g", rbac.User("f"))).Changed {
			t.Error("there and back again writes")
		}
	})
	t.Run("S18 the size of a batch", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		ops := make([]rbac.Op, 1001)
		for i := range ops {
			ops[i] = rbac.AddMember("g", rbac.User("u"+string(rune('0'+i%10))))
		}
		w.invalid("ops", w.owner, ops...)
		w.accepted(w.owner, ops[:1000]...)
		w.invalid("ops", w.owner)
		err := fxErr(w.Apply(w.ctx, w.owner, ops[0], rbac.Op{}))
		var invalid *rbac.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "ops[1].op" {
			t.Errorf("%v", err)
		}
	})
	t.Run("S18 windows open and close between batches alone", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		boss := w.role(append(full, fxY)...)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: boss, Until: fxEpoch.Add(time.Second)}))
		w.give(rbac.User("u"), w.role(rbac.RolesView))
		u := rbac.As("u")
		w.accepted(u, rbac.Unassign(rbac.User("u"), "admin"))
		w.clock.add(time.Second)
		w.denied(rbac.ReasonPermission, u, fxCreate("N"))
	})
}
