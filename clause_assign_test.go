package rbac_test

import (
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func TestS7_Assign(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesAssign, fxX)
	same := w.role(rbac.RolesAssign, rbac.RolesView, fxX)
	r, big := w.role(fxX), w.role(fxX, fxY)
	w.accepted(u, fxAssign(rbac.User("f"), same)) // an equal may be made
	n := rbac.NewAssignment{Subject: rbac.User("j"), Role: r, From: fxEpoch, Until: fxEpoch.Add(time.Hour), Reason: "help"}
	w.accepted(u, rbac.Assign(n))
	page, err := w.Assignments(w.ctx, w.owner, rbac.User("j"), rbac.PageQuery{})
	if err != nil {
		t.Fatal(err)
	}
	fxDiff(t, "u", page.Items[0].GrantedBy)
	fxDiff(t, "help", page.Items[0].Reason)
	fxDiff(t, []time.Time{fxEpoch, fxEpoch.Add(time.Hour), fxEpoch}, []time.Time{page.Items[0].From, page.Items[0].Until, page.Items[0].GrantedAt})
	if w.accepted(u, rbac.Assign(n)).Changed { // the same again
		t.Error("a no-op writes")
	}
	n.Until = n.Until.Add(time.Microsecond)
	w.denied(rbac.ReasonWindow, u, rbac.Assign(n))
	w.denied(rbac.ReasonWindow, w.owner, fxAssign(rbac.User("j"), r))
	w.clock.add(time.Hour) // over an expired row
	if !w.accepted(u, fxAssign(rbac.User("j"), r)).Changed {
		t.Error("the expired row stayed")
	}
	w.denied(rbac.ReasonCoverage, u, fxAssign(rbac.User("k"), big))
	w.denied(rbac.ReasonOutranked, u, fxAssign(rbac.User("olivia"), r))
	w.user("peer", rbac.RolesAssign, fxX)
	w.denied(rbac.ReasonOutranked, u, fxAssign(rbac.User("peer"), r))
	w.join("g", rbac.User("peer"))
	w.accepted(u, fxAssign(rbac.Group("g"), r)) // directly named users alone
	w.denied(rbac.ReasonOwner, u, fxAssign(rbac.User("k"), rbac.OwnerRole))
	w.invalid("", w.owner, fxAssign(rbac.Group("g"), rbac.OwnerRole))
	w.accepted(w.owner, fxAssign(rbac.User("k"), rbac.OwnerRole))
	w.denied(rbac.ReasonNotFound, w.owner, fxAssign(rbac.User("k"), "role_none"))
}

func TestS8_Unassign(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesUnassign, rbac.GroupsEdit, fxX)
	r, big := w.role(fxX), w.role(fxX, fxY)
	for _, name := range []string{"f", "senior"} {
		w.give(rbac.User(name), r)
	}
	w.user("senior", rbac.RolesUnassign, rbac.GroupsEdit, fxY)
	w.give(rbac.User("b"), big)
	w.accepted(u, rbac.Unassign(rbac.User("f"), r))
	if w.accepted(u, rbac.Unassign(rbac.User("f"), r)).Changed {
		t.Error("taking what is not there writes")
	}
	w.denied(rbac.ReasonCoverage, u, rbac.Unassign(rbac.User("b"), big))
	w.denied(rbac.ReasonCoverage, u, rbac.Unassign(rbac.User("nobody"), big)) // a no-op is judged too
	w.denied(rbac.ReasonHarms, u, rbac.Unassign(rbac.User("senior"), r))
	w.denied(rbac.ReasonOwner, u, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
	// One may always resign.
	w.accepted(rbac.As("b"), rbac.Unassign(rbac.User("b"), big))
	w.denied(rbac.ReasonLastOwner, w.owner, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole))
	// Not what a group of one's holds.
	w.give(rbac.Group("g"), r)
	w.join("g", rbac.User("m"))
	w.denied(rbac.ReasonPermission, rbac.As("m"), rbac.Unassign(rbac.Group("g"), r))
	w.accepted(rbac.As("m"), rbac.RemoveMember("g", rbac.User("m")))
	// An expired row counts nowhere, so taking it is nothing.
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("f"), Role: r, Until: fxEpoch.Add(time.Hour)}))
	w.clock.add(time.Hour)
	if w.accepted(u, rbac.Unassign(rbac.User("f"), r)).Changed {
		t.Error("taking an expired row writes")
	}
}

func TestS9_NoSelfDealing(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesAssign, rbac.GroupsEdit, fxX)
	r := w.role(fxX)
	w.join("g", rbac.User("u"))
	w.join("top", rbac.Group("g"))
	w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.User("u"), r))
	for _, group := range []string{"g", "top"} {
		w.denied(rbac.ReasonSelfDealing, u, fxAssign(rbac.Group(group), r))
		w.denied(rbac.ReasonSelfDealing, u, rbac.AddMember("other", rbac.Group(group)))
	}
	w.denied(rbac.ReasonSelfDealing, u, rbac.AddMember("other", rbac.User("u")))
	w.denied(rbac.ReasonSelfDealing, u, rbac.AddMember("g", rbac.User("u"))) // there already: judged all the same
	w.accepted(u, fxAssign(rbac.Group("other"), r))
	w.accepted(u, rbac.AddMember("other", rbac.User("f")))
	w.accepted(u, rbac.AddMember("g", rbac.User("f"))) // others may join one's own group
	w.accepted(w.owner, fxAssign(rbac.User("olivia"), r))
	w.accepted(w.owner, rbac.AddMember("g", rbac.User("olivia")))
}

func TestS10_Groups(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.GroupsEdit, rbac.RolesAssign, fxX)
	poor, rich := w.role(fxX), w.role(fxX, fxY)
	w.give(rbac.Group("poor"), poor)
	w.give(rbac.Group("rich"), rich)
	w.join("rich", rbac.Group("inner"), rbac.User("r"))
	w.accepted(u, rbac.AddMember("poor", rbac.User("f")))
	if w.accepted(u, rbac.AddMember("poor", rbac.User("f"))).Changed {
		t.Error("a no-op writes")
	}
	w.accepted(u, rbac.AddMember("poor", rbac.Group("lower")))
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("inner", rbac.User("f"))) // ancestors count
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("inner", rbac.Group("poor")))
	w.denied(rbac.ReasonCoverage, u, rbac.RemoveMember("rich", rbac.User("r")))
	w.move(rich, rbac.Suspended) // and all statuses
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("inner", rbac.User("f")))
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.Group("soon"), Role: w.role(fxY), From: fxEpoch.Add(time.Hour), Until: fxEpoch.Add(2 * time.Hour)}))
	w.denied(rbac.ReasonCoverage, u, rbac.AddMember("soon", rbac.User("f"))) // and future rows
	w.clock.add(2 * time.Hour)
	w.accepted(u, rbac.AddMember("soon", rbac.User("f"))) // and no expired ones
	w.denied(rbac.ReasonOutranked, u, rbac.AddMember("poor", rbac.User("olivia")))
	w.denied(rbac.ReasonCycle, w.owner, rbac.AddMember("lower", rbac.Group("poor")))
	w.denied(rbac.ReasonCycle, w.owner, rbac.AddMember("poor", rbac.Group("poor")))
	w.accepted(u, rbac.RemoveMember("poor", rbac.User("f")))
	w.user("senior", rbac.GroupsEdit, rbac.RolesAssign)
	w.join("poor", rbac.User("senior"))
	w.denied(rbac.ReasonHarms, u, rbac.RemoveMember("poor", rbac.User("senior")))
	// CheckJoin is the verdict of AddMember.
	for _, group := range []string{"poor", "rich", "inner", "soon"} {
		for _, user := range []string{"f", "u", "olivia", "senior"} {
			_, want := w.Preview(w.ctx, u, rbac.AddMember(group, rbac.User(user)))
			fxSameError(t, want, w.CheckJoin(w.ctx, u, user, group))
		}
	}
	// Depth: the longest chain has at most 8 groups.
	for _, tt := range []struct {
		name        string
		above, down int // groups in the chain above, and below
		want        bool
	}{{"eight", 4, 4, true}, {"nine", 5, 4, false}, {"one under seven", 7, 1, true}, {"one under eight", 8, 1, false}, {"two under one", 1, 8, false}, {"seven under one", 1, 7, true}} {
		w := fxNew(t)
		chain := func(name string, n int) (top, bottom string) {
			id := func(i int) string { return name + string(rune('a'+i)) }
			for i := 1; i < n; i++ {
				w.join(id(i-1), rbac.Group(id(i)))
			}
			return id(0), id(n - 1)
		}
		_, bottom := chain("above", tt.above)
		top, _ := chain("below", tt.down)
		if op := rbac.AddMember(bottom, rbac.Group(top)); tt.want {
			w.accepted(w.owner, op)
		} else {
			w.denied(rbac.ReasonDepth, w.owner, op)
			w.denied(rbac.ReasonDepth, w.sys, op)
		}
	}
}
