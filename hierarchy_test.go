package rbac

import (
	"errors"
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// reasonOf returns the reason of a refusal, "invalid", or "" for none.
func reasonOf(t *testing.T, err error) Reason {
	t.Helper()
	var denied *DeniedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &denied):
		return denied.Reason
	case errors.Is(err, ErrInvalid):
		return "invalid"
	}
	t.Fatal(err)
	return ""
}

// In a batch the authority is what the actor had before it and still has,
// whichever of the two is everything (S18).
func TestS18_AuthorityIsTheIntersection(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, memory.New(), "acme")
	owner, clerk := emptyTenant(), emptyTenant()
	role := newRoleRecord(&store.Role{ID: "role_c", Name: "Clerk", Status: "active", Permissions: Set("x", RolesView, RolesCreate).strings(), Version: 1})
	for _, s := range []*state{owner, clerk} {
		s.putRole(role.ID, role)
	}
	sub := User("ann").record()
	owner.putRow(sub, OwnerRole, &store.Assignment{Subject: sub, Role: "owner"})
	clerk.putRow(sub, role.ID, &store.Assignment{Subject: sub, Role: "role_c"})
	owner.putRow(sub, role.ID, &store.Assignment{Subject: sub, Role: "role_c"})
	for _, tt := range []struct {
		name       string
		first, cur *state
		set        PermissionSet
		want       Reason
	}{
		{"S18 an Owner before and after", owner, owner, Set("x", "y"), ""},
		{"S18 an Owner before, a clerk now", owner, clerk, Set("x", "y"), ReasonCoverage},
		{"S18 a clerk before, an Owner now", clerk, owner, Set("x", "y"), ReasonCoverage},
		{"S18 what both have", clerk, owner, Set("x"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := decide(a.rules, tt.first, tt.cur, As("ann"), CreateRole(NewRole{Name: "New", Permissions: tt.set}), 1)
			if got := reasonOf(t, err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// decide itself refuses nobody and nonsense, whoever calls it.
func TestS22_DecideChecksTheActorAndTheInput(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, memory.New(), "acme")
	s := emptyTenant()
	for _, tt := range []struct {
		name  string
		actor Actor
		op    Op
		want  Reason
	}{
		{"S22 nobody", Actor{}, Sweep(), ReasonActor},
		{"S22 nobody, malformed", Actor{}, Op{}, ReasonActor},
		{"S22 not an operation", System("x"), Op{}, "invalid"},
		{"S22 no user id", As("a\x00"), Sweep(), "invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := decide(a.rules, s, s, tt.actor, tt.op, 1)
			if got := reasonOf(t, err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// The depth of a lattice of groups is that of its longest chain, and found in
// time linear in its edges: 2^20 paths lead through this one.
func TestS10_DepthOfALattice(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, memory.New(), "acme")
	var ops []Op
	for level := range 5 {
		for i := range 8 {
			for j := range 8 {
				ops = append(ops, AddMember(fmt.Sprintf("g%d-%d", level, i), Group(fmt.Sprintf("g%d-%d", level+1, j))))
			}
		}
	}
	mustApply(t, a, As("olivia"), ops...)
	mustApply(t, a, As("olivia"), AddMember("top", Group("g0-0")), AddMember("g5-7", Group("leaf")))
	_, err := a.AddMember(t.Context(), As("olivia"), "above", Group("top"))
	if got := reasonOf(t, err); got != ReasonDepth {
		t.Errorf("nine groups in a chain: %q", got)
	}
	_, err = a.AddMember(t.Context(), As("olivia"), "leaf", Group("top"))
	if got := reasonOf(t, err); got != ReasonCycle {
		t.Errorf("a cycle: %q", got)
	}
}

// Who would be harmed is found through every way of nesting, each group once.
func TestS4_HarmThroughADiamond(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, memory.New(), "acme")
	olivia := As("olivia")
	boss := CreateRole(NewRole{Name: "Boss", Permissions: Set("x", RolesView, RolesEdit)})
	peer := CreateRole(NewRole{Name: "Peer", Permissions: Set("x", "y", RolesView, RolesEdit)})
	small := CreateRole(NewRole{Name: "Small", Permissions: Set("y")})
	mustApply(t, a, olivia, boss, peer, small,
		AddMember("top", Group("left")), AddMember("top", Group("right")),
		AddMember("left", Group("bottom")), AddMember("right", Group("bottom")), AddMember("bottom", User("ann")),
		Assign(NewAssignment{Subject: Group("top"), Role: boss.RoleID()}),
		Assign(NewAssignment{Subject: User("ann"), Role: small.RoleID()}),
		Assign(NewAssignment{Subject: User("bob"), Role: peer.RoleID()}))
	_, err := a.Revoke(t.Context(), As("bob"), small.RoleID(), "y")
	var denied *DeniedError
	if !errors.As(err, &denied) || denied.Reason != ReasonHarms || denied.Subject != User("ann") {
		t.Fatalf("ann has all that bob has, and would lose y: %v", err)
	}
	mustApply(t, a, olivia, RemoveMember("bottom", User("ann")))
	mustApply(t, a, As("bob"), Revoke(small.RoleID(), "y"))
}

// Who has everything is harmed by losing it, and by losing nothing less.
func TestHarms_OfAnOwner(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, memory.New(), "acme")
	v := User("v").record()
	row := func(role RoleID, until int64) *store.Assignment {
		return &store.Assignment{Subject: v, Role: string(role), Until: until}
	}
	holding := func(rows ...*store.Assignment) *state {
		s := emptyTenant()
		for _, r := range rows {
			s.putRow(v, RoleID(r.Role), r)
		}
		return s
	}
	owner, admin, soon := row(OwnerRole, 0), row(AdminRole, 0), row(OwnerRole, 50)
	for _, tt := range []struct {
		name          string
		before, after *state
		want          bool
	}{
		{"everything", holding(owner, admin), holding(admin), true},
		{"what everything contains", holding(owner, admin), holding(owner), false},
		{"nothing", holding(owner), holding(owner), false},
		{"everything, later", holding(owner), holding(soon), true},
		{"what everything contains, while that lasts", holding(soon, admin), holding(soon), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := a.rules.harms(tt.before, tt.after, v, 1); got != tt.want {
				t.Errorf("harmed is %t, want %t", got, tt.want)
			}
		})
	}
}
