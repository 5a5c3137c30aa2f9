package rbac

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// yielding is a store that lets others run between any two calls, so that
// decisions and commits interleave.
type yielding struct{ store.Store }

func (y yielding) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	s, err := y.Store.Load(ctx, tenant, sel)
	runtime.Gosched()
	return s, err
}

func (y yielding) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	runtime.Gosched()
	err := y.Store.Commit(ctx, tenant, expect, cs)
	runtime.Gosched()
	return err
}

func raceRounds(t *testing.T) int {
	if testing.Short() {
		return 100
	}
	return 1000
}

// raceTenant returns two Authorities, as of two processes, over one store, for
// a tenant whose Owner is olivia.
func raceTenant(t *testing.T, s store.Store, tenant string) (a, b *Authority) {
	t.Helper()
	c, err := NewCatalog(Section{Name: "Host", Permissions: []PermissionInfo{{ID: "x"}, {ID: "y"}, {ID: "z"}}})
	if err != nil {
		t.Fatal(err)
	}
	both := make([]*Authority, 2)
	for i := range both {
		root, err := New(s, c, &Options{MultiTenant: true})
		if err != nil {
			t.Fatal(err)
		}
		both[i] = root.Tenant(tenant)
	}
	if _, err := both[0].Bootstrap(t.Context(), System("race"), "olivia"); err != nil {
		t.Fatal(err)
	}
	return both[0], both[1]
}

// together runs the calls at once and returns their errors.
func together(calls ...func() error) []error {
	errs := make([]error, len(calls))
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, call := range calls {
		wg.Go(func() {
			<-start
			errs[i] = call()
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func mustApply(t *testing.T, a *Authority, actor Actor, ops ...Op) Receipt {
	t.Helper()
	r, err := a.Apply(t.Context(), actor, ops...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustVerify(t *testing.T, a *Authority) Verification {
	t.Helper()
	v, err := a.Verify(t.Context(), System("proof"))
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("P5: %v %v", err, v.Problems)
	}
	return v
}

func TestS15_TwoOwnersResignAtOnce(t *testing.T) {
	t.Parallel()
	s := yielding{memory.New()}
	for i := range raceRounds(t) {
		a, b := raceTenant(t, s, fmt.Sprintf("t%d", i))
		mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User("otto"), Role: OwnerRole}))
		errs := together(
			func() error { _, err := a.Unassign(t.Context(), As("olivia"), User("olivia"), OwnerRole); return err },
			func() error { _, err := b.Unassign(t.Context(), As("otto"), User("otto"), OwnerRole); return err },
		)
		var denied *DeniedError
		if (errs[0] == nil) == (errs[1] == nil) || !errors.As(errors.Join(errs...), &denied) || denied.Reason != ReasonLastOwner {
			t.Fatalf("round %d: exactly one may resign, got %v", i, errs)
		}
	}
}

func TestS16_DemoteWhilePromoting(t *testing.T) {
	t.Parallel()
	s := yielding{memory.New()}
	for i := range raceRounds(t) {
		a, b := raceTenant(t, s, fmt.Sprintf("t%d", i))
		mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User("ann"), Role: AdminRole}))
		errs := together(
			func() error { _, err := a.Unassign(t.Context(), As("olivia"), User("ann"), AdminRole); return err },
			func() error {
				_, err := b.Assign(t.Context(), As("ann"), NewAssignment{Subject: User("bob"), Role: AdminRole})
				return err
			},
		)
		page, err := a.History(t.Context(), System("look"), PageQuery{})
		if err != nil || errs[0] != nil {
			t.Fatal(err, errs)
		}
		demotedFirst := page.Items[0].User == "olivia" && len(page.Items) == 3 || page.Items[0].User == "ann"
		promoted := errs[1] == nil
		if promoted != (len(page.Items) == 4) || promoted && page.Items[0].User == "ann" {
			t.Fatalf("round %d: promoted %t, demoted first %t: %v", i, promoted, demotedFirst, page.Items)
		}
		mustVerify(t, a)
	}
}

func TestS16_TwoAdminsDemoteEachOther(t *testing.T) {
	t.Parallel()
	s := yielding{memory.New()}
	for i := range raceRounds(t) {
		a, b := raceTenant(t, s, fmt.Sprintf("t%d", i))
		boss := mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: "Boss", Permissions: Set(RolesView, RolesUnassign)})).Role.ID
		extra := mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: "Extra", Permissions: Set("x")})).Role.ID
		for _, u := range []string{"ann", "bob"} {
			mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User(u), Role: boss}), Assign(NewAssignment{Subject: User(u), Role: extra}))
		}
		// Each outranks the other until one of them has lost something.
		errs := together(
			func() error { _, err := a.Unassign(t.Context(), As("ann"), User("bob"), extra); return err },
			func() error { _, err := b.Unassign(t.Context(), As("bob"), User("ann"), extra); return err },
		)
		if errs[0] == nil || errs[1] == nil {
			t.Fatalf("round %d: equals took from one another: %v", i, errs)
		}
	}
}

func TestS19_DuplicateNamesAtOnce(t *testing.T) {
	t.Parallel()
	s := yielding{memory.New()}
	for i := range raceRounds(t) / 10 {
		a, b := raceTenant(t, s, fmt.Sprintf("t%d", i))
		var calls []func() error
		for n, name := range []string{"Clerk", "CLERK", "clerk", "Ｃlerk"} {
			on := []*Authority{a, b}[n%2]
			calls = append(calls, func() error {
				_, err := on.CreateRole(t.Context(), As("olivia"), NewRole{Name: name, Permissions: Set("x")})
				return err
			})
		}
		made := 0
		for _, err := range together(calls...) {
			if err == nil {
				made++
			} else if !errors.Is(err, ErrConflict) {
				t.Fatal(err)
			}
		}
		if made != 1 {
			t.Fatalf("round %d: %d roles of one name", i, made)
		}
	}
}

func TestS10_HalfCyclesAtOnce(t *testing.T) {
	t.Parallel()
	s := yielding{memory.New()}
	for i := range raceRounds(t) {
		a, b := raceTenant(t, s, fmt.Sprintf("t%d", i))
		errs := together(
			func() error { _, err := a.AddMember(t.Context(), As("olivia"), "g1", Group("g2")); return err },
			func() error { _, err := b.AddMember(t.Context(), As("olivia"), "g2", Group("g1")); return err },
		)
		var denied *DeniedError
		if (errs[0] == nil) == (errs[1] == nil) || !errors.As(errors.Join(errs...), &denied) || denied.Reason != ReasonCycle {
			t.Fatalf("round %d: exactly one edge may stand, got %v", i, errs)
		}
	}
}

func TestS7_EditRacesWithAssign(t *testing.T) {
	t.Parallel()
	s := yielding{memory.New()}
	for i := range raceRounds(t) {
		a, b := raceTenant(t, s, fmt.Sprintf("t%d", i))
		giver := mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: "Giver", Permissions: Set("x", RolesView, RolesAssign)})).Role.ID
		role := mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: "T", Permissions: Set("x")})).Role.ID
		before := mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User("ann"), Role: giver})).Revision
		errs := together(
			func() error { _, err := a.Grant(t.Context(), As("olivia"), role, "y"); return err },
			func() error {
				_, err := b.Assign(t.Context(), As("ann"), NewAssignment{Subject: User("bob"), Role: role})
				return err
			},
		)
		page, err := a.History(t.Context(), System("look"), PageQuery{Limit: 2})
		if err != nil || errs[0] != nil {
			t.Fatal(err, errs)
		}
		newest := page.Items[0]
		if errs[1] == nil && (newest.Revision != before+2 || newest.User != "olivia") {
			t.Fatalf("round %d: {x} was checked and {x, y} assigned", i)
		}
		mustVerify(t, a)
	}
}

// What another process has changed is seen by every call that begins later,
// with the model cached and without: an answer that writes nothing too.
func TestS16_NoOpIsProvenCurrent(t *testing.T) {
	t.Parallel()
	a, b := raceTenant(t, yielding{memory.New()}, "acme")
	role := mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: "T", Permissions: Set("x")})).Role.ID
	for i := range raceRounds(t) {
		for _, sub := range []Subject{User("bob"), Group("eng")} {
			if r := mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: sub, Role: role})); !r.Changed {
				t.Fatalf("round %d: a stale yes to %v", i, sub)
			}
			if r := mustApply(t, b, As("olivia"), Assign(NewAssignment{Subject: sub, Role: role})); r.Changed {
				t.Fatalf("round %d: assigned twice", i)
			}
			if r := mustApply(t, b, As("olivia"), Unassign(sub, role)); !r.Changed {
				t.Fatalf("round %d: a stale no to %v", i, sub)
			}
		}
	}
}

// A no-op asked for while another commit is under way is answered on the state
// before it or after it, and after it once the commit has returned.
func TestS16_NoOpWhileCommitIsUnderWay(t *testing.T) {
	t.Parallel()
	s := yielding{memory.New()}
	a, b := raceTenant(t, s, "acme")
	role := mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: "T", Permissions: Set("x")})).Role.ID
	for i := range raceRounds(t) {
		mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User("bob"), Role: role}))
		var again Receipt
		errs := together(
			func() error { _, err := a.Unassign(t.Context(), As("olivia"), User("bob"), role); return err },
			func() (err error) {
				again, err = b.Assign(t.Context(), As("olivia"), NewAssignment{Subject: User("bob"), Role: role})
				return err
			},
		)
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		holds, err := b.Fresh().Can(t.Context(), As("bob"), "x")
		if err != nil || holds != again.Changed {
			t.Fatalf("round %d: the no-op was answered on neither state: changed %t, holds %t, %v", i, again.Changed, holds, err)
		}
		mustApply(t, a, As("olivia"), Unassign(User("bob"), role))
	}
}

// answer is what one concurrent call got, and between which revisions.
type answer struct {
	actor  Actor
	op     Op
	lo, hi uint64
	r      Receipt
	err    error
}

// Every answer that concurrent callers get is the one that decide gives at
// some revision between the begin and the end of the call, and every change is
// justified by the state just before it.
func TestS16_EveryInterleavingIsSerial(t *testing.T) {
	t.Parallel()
	rounds := raceRounds(t) / 100
	for round := range rounds {
		seed := rand.Uint64()
		s := yielding{memory.New()}
		a, b := raceTenant(t, s, "acme")
		var roles []RoleID
		for i, set := range []PermissionSet{
			Set("x", RolesView, RolesAssign, RolesUnassign), Set("x", "y", RolesView, RolesEdit, RolesAssign, GroupsEdit), Set("x"), Set("y"),
		} {
			roles = append(roles, mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: fmt.Sprintf("R%d", i), Permissions: set})).Role.ID)
		}
		users := []string{"olivia", "u1", "u2", "u3"}
		for i, u := range users[1:] {
			mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User(u), Role: roles[i%2]}))
		}
		var mu sync.Mutex
		var answers []answer
		var calls []func() error
		for worker := range 6 {
			rng := rand.New(rand.NewPCG(seed, uint64(worker)))
			on := []*Authority{a, b}[worker%2]
			calls = append(calls, func() error {
				for range 25 {
					got := answer{actor: As(users[rng.IntN(len(users))]), op: raceOp(rng, users, roles)}
					heads, err := s.Heads(t.Context(), []string{"acme"})
					if err != nil {
						return err
					}
					got.lo = heads[0].Revision
					got.r, got.err = on.Apply(t.Context(), got.actor, got.op)
					if heads, err = s.Heads(t.Context(), []string{"acme"}); err != nil {
						return err
					}
					got.hi = heads[0].Revision
					mu.Lock()
					answers = append(answers, got)
					mu.Unlock()
				}
				return nil
			})
		}
		if err := errors.Join(together(calls...)...); err != nil {
			t.Fatal(err)
		}
		mustVerify(t, a)
		checkSerial(t, a, answers, fmt.Sprintf("round %d, seed %d", round, seed))
	}
}

func raceOp(rng *rand.Rand, users []string, roles []RoleID) Op {
	sub := User(users[1+rng.IntN(3)])
	role := roles[rng.IntN(len(roles))]
	group := fmt.Sprintf("g%d", rng.IntN(2))
	if rng.IntN(4) == 0 {
		sub = Group(fmt.Sprintf("g%d", rng.IntN(2)))
	}
	p := Permission([]string{"x", "y", "z"}[rng.IntN(3)])
	switch rng.IntN(8) {
	case 0:
		return Grant(role, p)
	case 1:
		return Revoke(role, p)
	case 2, 3:
		return Unassign(sub, role)
	case 4:
		return AddMember(group, sub)
	case 5:
		return RemoveMember(group, sub)
	}
	return Assign(NewAssignment{Subject: sub, Role: role})
}

func checkSerial(t *testing.T, a *Authority, answers []answer, label string) {
	t.Helper()
	entries, err := a.store.Log(t.Context(), a.tenant, store.LogQuery{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	states := []*state{emptyTenant()}
	for i := range entries {
		r := &replay{rules: a.rules, out: &Verification{}, state: emptyTenant()}
		for j := range entries[:i+1] {
			r.entry(&entries[j])
		}
		states = append(states, r.state)
	}
	now := time.Now().UnixMicro()
	acknowledged := map[uint64]bool{}
	for _, got := range answers {
		if got.err == nil && got.r.Changed {
			if rev := got.r.Revision; rev <= got.lo || rev > got.hi || acknowledged[rev] || entries[rev-1].Actor != got.actor.user {
				t.Fatalf("%s: %v by %v acknowledged as revision %d, which is not its own", label, got.op, got.actor, rev)
			}
			acknowledged[got.r.Revision] = true
			continue
		}
		justified := false
		for rev := got.lo; rev <= got.hi && !justified; rev++ {
			first := states[rev]
			final, err := decideAll(a.rules, first, got.actor, []Op{got.op}, now)
			var want, have *DeniedError
			switch {
			case errors.As(got.err, &have):
				justified = errors.As(err, &want) && want.Reason == have.Reason
			case got.err == nil && err == nil:
				var c store.Commit
				changes(first, final, &c)
				justified = len(c.Roles)+len(c.Assignments)+len(c.Memberships) == 0
			}
		}
		if !justified {
			t.Fatalf("%s: the answer to %v by %v (%v) is right at no revision from %d to %d", label, got.op, got.actor, got.err, got.lo, got.hi)
		}
	}
	for rev := uint64(9); rev <= uint64(len(entries)); rev++ {
		if !acknowledged[rev] {
			t.Fatalf("%s: revision %d was logged and never acknowledged", label, rev)
		}
	}
}
