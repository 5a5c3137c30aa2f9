package rbac_test

import (
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func TestS11_Status(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesAssign, rbac.RolesUnassign, fxX, fxA)
	r := w.role(fxX)
	w.give(rbac.User("h"), r)
	w.accepted(u, w.status(r, rbac.Suspended))
	if w.can("h", fxX) || len(w.holders(r)) != 1 {
		t.Error("a suspended role confers, or has lost its holder")
	}
	w.accepted(u, rbac.Grant(r, fxA)) // may be edited
	w.denied(rbac.ReasonInactive, u, fxAssign(rbac.User("f"), r))
	w.denied(rbac.ReasonInactive, w.owner, fxAssign(rbac.User("h"), r)) // not even the row there is
	w.accepted(u, w.status(r, rbac.Active))
	if !w.can("h", fxA) {
		t.Error("an active role does not confer")
	}
	w.denied(rbac.ReasonFrozen, u, w.status(r, rbac.Blocked)) // only an Owner
	active, blocked, name := rbac.Active, rbac.Blocked, "Other"
	w.denied(rbac.ReasonFrozen, w.owner, w.edit(r, func(e *rbac.RoleEdit) { e.Status, e.Name = &blocked, &name })) // and by itself
	same := w.get(r).Name
	w.accepted(w.owner, w.edit(r, func(e *rbac.RoleEdit) { e.Status, e.Name = &blocked, &same })) // a stored value is no change
	for _, actor := range []rbac.Actor{u, w.owner, w.sys} {
		w.denied(rbac.ReasonFrozen, actor, rbac.Revoke(r, fxX))
		w.denied(rbac.ReasonFrozen, actor, w.rename(r, "N"))
		w.denied(rbac.ReasonFrozen, actor, fxAssign(rbac.User("f"), r))
	}
	w.denied(rbac.ReasonFrozen, u, w.status(r, rbac.Active))
	w.denied(rbac.ReasonFrozen, w.owner, w.edit(r, func(e *rbac.RoleEdit) { e.Status, e.Name = &active, &name }))
	w.accepted(u, rbac.Unassign(rbac.User("h"), r))
	w.user("d", rbac.RolesDelete, fxX, fxA, fxB)
	w.denied(rbac.ReasonFrozen, rbac.As("d"), w.delete(r))
	w.accepted(w.owner, w.status(r, rbac.Suspended))
	w.accepted(rbac.As("d"), w.delete(r))

	// Moving to Active is a grant; moving away may harm.
	big := w.role(fxX, fxY)
	w.move(big, rbac.Suspended)
	w.denied(rbac.ReasonDominance, u, w.status(big, rbac.Active))
	s := w.role(fxX)
	w.user("senior", rbac.RolesEdit, rbac.RolesAssign, rbac.RolesUnassign, fxA)
	w.give(rbac.User("senior"), s)
	w.denied(rbac.ReasonHarms, u, w.status(s, rbac.Suspended))
}

func (w *fxWorld) holders(id rbac.RoleID) []rbac.Assignment {
	w.t.Helper()
	page, err := w.Holders(w.ctx, w.sys, id, rbac.PageQuery{Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

func TestS12_Delete(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesDelete, fxX)
	r := w.named("Clerk", fxX)
	w.denied(rbac.ReasonVersion, u, rbac.DeleteRole(rbac.RoleDeletion{ID: r, Version: 2}))
	w.invalid("version", u, rbac.DeleteRole(rbac.RoleDeletion{ID: r}))
	w.denied(rbac.ReasonDominance, u, w.delete(w.role(fxY)))
	w.accepted(u, w.delete(r))
	again := w.named("Clerk", fxX)
	if again == r || len(w.holders(again)) != 0 {
		t.Error("a re-created name is not a new role")
	}

	// No assignment row: a suspended role, a future row, an empty group all count.
	s := w.role(fxX)
	w.give(rbac.Group("empty"), s)
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("later"), Role: s, From: fxEpoch.Add(time.Hour)}))
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("brief"), Role: s, Until: fxEpoch.Add(time.Hour)}))
	w.move(s, rbac.Suspended)
	if err := w.denied(rbac.ReasonInUse, u, w.delete(s)); err.Count != 3 {
		t.Errorf("count %d", err.Count)
	}
	w.clock.add(time.Hour) // one has expired, and goes with the role
	if err := w.denied(rbac.ReasonInUse, w.owner, w.delete(s)); err.Count != 2 {
		t.Errorf("count %d", err.Count)
	}
	w.must(w.Unassign(w.ctx, w.sys, rbac.Group("empty"), s))
	w.must(w.Unassign(w.ctx, w.sys, rbac.User("later"), s))
	w.accepted(u, w.delete(s))
	if page, err := w.Assignments(w.ctx, w.sys, rbac.User("brief"), rbac.PageQuery{}); err != nil || len(page.Items) != 0 {
		t.Errorf("%v %v", page.Items, err)
	}
	if w.must(w.Sweep(w.ctx, w.sys)).Changed {
		t.Error("an expired row of the role is left")
	}
}

func TestS13_DeleteAndReassign(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time {
		if h == 0 {
			return time.Time{}
		}
		return fxEpoch.Add(time.Duration(h) * time.Hour)
	}
	for _, tt := range []struct {
		name                string
		old, heir, want     [2]int // hours from now, 0 = open; heir {-9} = none
		clash, expiredAfter bool
	}{
		{name: "keeps the window", old: [2]int{2, 4}, heir: [2]int{-9}, want: [2]int{2, 4}},
		{name: "keeps open", heir: [2]int{-9}},
		{name: "overlap", old: [2]int{2, 4}, heir: [2]int{3, 6}, want: [2]int{2, 6}},
		{name: "touch", old: [2]int{2, 4}, heir: [2]int{4, 6}, want: [2]int{2, 6}},
		{name: "touch on the other side", old: [2]int{4, 6}, heir: [2]int{2, 4}, want: [2]int{2, 6}},
		{name: "inside", old: [2]int{3, 4}, heir: [2]int{2, 6}, want: [2]int{2, 6}},
		{name: "around", old: [2]int{2, 6}, heir: [2]int{3, 4}, want: [2]int{2, 6}},
		{name: "open start", old: [2]int{0, 4}, heir: [2]int{3, 6}, want: [2]int{0, 6}},
		{name: "open end", old: [2]int{3, 0}, heir: [2]int{2, 4}, want: [2]int{2, 0}},
		{name: "open to both", old: [2]int{0, 4}, heir: [2]int{3, 0}},
		{name: "apart", old: [2]int{2, 3}, heir: [2]int{4, 6}, clash: true},
		{name: "apart on the other side", old: [2]int{4, 6}, heir: [2]int{2, 3}, clash: true},
		{name: "apart, open end", old: [2]int{4, 0}, heir: [2]int{0, 3}, clash: true},
	} {
		w := fxNew(t)
		r, heir := w.role(fxX), w.role(fxX)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("h"), Role: r, From: at(tt.old[0]), Until: at(tt.old[1])}))
		if tt.heir[0] != -9 {
			w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("h"), Role: heir, From: at(tt.heir[0]), Until: at(tt.heir[1])}))
		}
		u := w.user("u", rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, fxX)
		if tt.clash {
			w.denied(rbac.ReasonWindow, u, w.reassign(r, heir))
			continue
		}
		w.accepted(u, w.reassign(r, heir))
		got := w.holders(heir)
		if len(got) != 1 || !got[0].From.Equal(at(tt.want[0])) || !got[0].Until.Equal(at(tt.want[1])) {
			t.Errorf("%s: %+v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestS13_ReassignIsOneStep(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, fxX, fxA)
	r, heir := w.role(fxX), w.role(fxX, fxA)
	for _, name := range []string{"a", "b", "c"} {
		w.give(rbac.User(name), r)
	}
	w.give(rbac.Group("g"), r)
	w.invalid("reassign", u, rbac.DeleteRole(rbac.RoleDeletion{ID: r, Version: 1, Reassign: r}))
	w.denied(rbac.ReasonNotFound, u, w.reassign(r, "role_none"))
	w.denied(rbac.ReasonCoverage, u, w.reassign(r, w.role(fxY)))
	w.denied(rbac.ReasonOwner, u, w.reassign(r, rbac.OwnerRole))
	suspended, blocked := w.role(), w.role()
	w.move(suspended, rbac.Suspended)
	w.move(blocked, rbac.Blocked)
	for _, actor := range []rbac.Actor{u, w.owner, w.sys} {
		w.denied(rbac.ReasonInactive, actor, w.reassign(r, suspended))
		w.denied(rbac.ReasonFrozen, actor, w.reassign(r, blocked))
	}
	w.denied(rbac.ReasonOwner, w.owner, w.reassign(r, rbac.OwnerRole)) // the group cannot be Owner
	w.user("senior", rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, fxA, fxY, fxX)
	w.give(rbac.User("senior"), r)
	if err := w.denied(rbac.ReasonOutranked, u, w.reassign(r, heir)); err.Subject != rbac.User("senior") {
		t.Errorf("subject %v", err.Subject)
	}
	w.must(w.Unassign(w.ctx, w.sys, rbac.User("senior"), r))
	w.accepted(u, w.reassign(r, heir))
	if len(w.holders(heir)) != 4 || !w.can("c", fxA) {
		t.Error("not everybody was moved")
	}
	w.accepted(w.owner, w.reassign(heir, rbac.UserRole)) // a prebuilt heir
	if len(w.holders(rbac.UserRole)) != 4 || w.can("a", fxX) {
		t.Error("not everybody was moved")
	}
	// Harm is judged once, on the whole.
	s, poorer := w.role(fxX), w.role()
	w.give(rbac.Group("seniors"), s)
	w.join("seniors", rbac.User("boss"))
	w.user("boss", rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, fxA)
	w.denied(rbac.ReasonHarms, u, w.reassign(s, poorer))
	w.accepted(u, w.reassign(s, w.role(fxX)))
}

func TestS14_PrebuiltRolesAreCode(t *testing.T) {
	t.Parallel()
	w := fxEmpty(t, &rbac.Options{Prebuilt: []rbac.Prebuilt{{ID: "support", Permissions: rbac.Set(fxX)}}})
	w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
	for _, id := range []rbac.RoleID{rbac.OwnerRole, rbac.AdminRole, rbac.UserRole, "support"} {
		for _, actor := range []rbac.Actor{w.owner, w.sys} {
			for _, op := range []rbac.Op{
				rbac.Grant(id, fxX), rbac.Revoke(id, fxX), w.set(id), w.rename(id, "Other"), w.status(id, rbac.Suspended),
				w.status(id, rbac.Active), w.edit(id, func(*rbac.RoleEdit) {}), w.delete(id), w.reassign(id, w.role()),
			} {
				w.denied(rbac.ReasonPrebuilt, actor, op)
			}
		}
		if r := w.get(id); r.Kind == rbac.KindCustom || r.Version != 0 || r.Status != rbac.Active {
			t.Errorf("%+v", r)
		}
		if r, err := w.Role(w.ctx, rbac.As("nobody"), id); err != nil || r.ID != id { // visible to everyone
			t.Errorf("%s: %v", id, err)
		}
	}
	u := w.user("u", rbac.RolesCreate, rbac.RolesAssign, fxX)
	w.accepted(u, fxCreate("Our support", fxX)) // customised by cloning, which is a create
	w.accepted(u, fxAssign(rbac.User("f"), "support"))
	w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("f"), rbac.AdminRole))
	if st, err := w.Roles(w.ctx, w.sys, rbac.PageQuery{}); err != nil || len(st.Items) < 5 {
		t.Errorf("%v %v", st.Items, err)
	}

	// An id that code no longer declares confers nothing, is listed, and can be taken.
	later, err := rbac.New(w.store, w.Catalog(), &rbac.Options{Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	w.Authority = later
	if w.can("f", fxX) {
		t.Error("a retired role confers")
	}
	listed := false
	for _, f := range w.review() {
		listed = listed || f.Concern == rbac.AssignmentRetired && f.Role == "support"
	}
	if !listed {
		t.Error("the review does not list it")
	}
	w.denied(rbac.ReasonNotFound, w.owner, fxAssign(rbac.User("g"), "support"))
	w.give(rbac.User("ann"), rbac.AdminRole)
	w.denied(rbac.ReasonNotFound, rbac.As("ann"), rbac.Unassign(rbac.User("f"), "support"))
	w.denied(rbac.ReasonCoverage, rbac.As("ann"), rbac.Offboard(rbac.User("f")))
	w.accepted(w.owner, rbac.Unassign(rbac.User("f"), "support"))
}
