package rbac

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// gated is a store whose next Commit calls wait at a gate.
type gated struct {
	store.Store
	arrived chan int      // receives the number of commits of each call that waits
	gate    chan struct{} // lets one call go on
	shut    atomic.Bool
	calls   atomic.Int32
}

func newGated() *gated {
	return &gated{Store: memory.New(), arrived: make(chan int, 100), gate: make(chan struct{}, 100)}
}

func (s *gated) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	s.calls.Add(1)
	if s.shut.Load() {
		s.arrived <- len(cs)
		<-s.gate
	}
	return s.Store.Commit(ctx, tenant, expect, cs)
}

// queued reports how many requests wait for the tenant.
func queued(a *Authority) int {
	a.queues.mu.Lock()
	defer a.queues.mu.Unlock()
	if q := a.queues.of[a.tenant]; q != nil {
		return len(q.waiting)
	}
	return 0
}

func TestQueue_CommitsTogether(t *testing.T) {
	t.Parallel()
	s := newGated()
	a, _ := raceTenant(t, s, "acme")
	s.shut.Store(true)
	var wg sync.WaitGroup
	errs := make([]error, 21)
	receipts := make([]Receipt, len(errs))
	call := func(i int, op Op) {
		wg.Go(func() { receipts[i], errs[i] = a.Apply(t.Context(), As("olivia"), op) })
	}
	call(0, AddMember("g", User("u0")))
	<-s.arrived // the first is under way; the others come together
	for i := 1; i < len(errs); i++ {
		if i%5 == 0 {
			call(i, Unassign(User("olivia"), OwnerRole)) // refused, whatever else happens
			continue
		}
		call(i, AddMember("g", User(fmt.Sprintf("u%d", i))))
	}
	for queued(a) < len(errs)-1 && s.calls.Load() < 3 { // all wait, or somebody lost patience
	}
	s.shut.Store(false)
	for range 10 {
		s.gate <- struct{}{}
	}
	wg.Wait()
	revisions := map[uint64]bool{}
	for i, err := range errs {
		if (i > 0 && i%5 == 0) != errors.Is(err, ErrDenied) || err != nil && !errors.Is(err, ErrDenied) {
			t.Fatalf("request %d: %v", i, err)
		}
		if err == nil {
			revisions[receipts[i].Revision] = true
		}
	}
	if len(revisions) != 17 {
		t.Fatalf("17 changes have %d revisions", len(revisions))
	}
	if calls := s.calls.Load(); calls > 10 {
		t.Errorf("%d transactions for 18 changes", calls)
	}
	if v := mustVerify(t, a); v.Entries != 18 {
		t.Fatalf("%d entries", v.Entries)
	}
}

func TestQueue_CancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	s := newGated()
	a, _ := raceTenant(t, s, "acme")
	s.shut.Store(true)
	first := make(chan error, 1)
	go func() {
		_, err := a.AddMember(t.Context(), As("olivia"), "g", User("u1"))
		first <- err
	}()
	<-s.arrived
	ctx, cancel := context.WithCancel(t.Context())
	q := &request{
		a: a, ctx: ctx, actor: As("olivia"), ops: []Op{AddMember("g", User("u2"))},
		users: map[string]bool{}, done: make(chan struct{}),
	}
	cancel()
	a.queues.mu.Lock()
	a.queues.of["acme"].waiting = append(a.queues.of["acme"].waiting, q)
	a.queues.mu.Unlock()
	if _, err := q.wait(); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) {
		t.Fatal(err)
	}
	s.gate <- struct{}{}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	s.shut.Store(false)
	mustApply(t, a, As("olivia"), AddMember("g", User("u3")))
	page, err := a.Members(t.Context(), As("olivia"), "g", PageQuery{})
	if err != nil || len(page.Items) != 2 {
		t.Fatalf("a cancelled request was written: %v %v", page.Items, err)
	}
}

func TestQueue_CancelledAfterSubmission(t *testing.T) {
	t.Parallel()
	s := newGated()
	a, _ := raceTenant(t, s, "acme")
	var audited atomic.Int32
	a.audit = func(_ context.Context, e Event) {
		if e.Refused == nil {
			audited.Add(1)
		}
	}
	s.shut.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := a.AddMember(ctx, As("olivia"), "g", User("u1"))
		got <- err
	}()
	<-s.arrived
	cancel()
	var unknown *OutcomeUnknownError
	if err := <-got; !errors.As(err, &unknown) || !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := a.Outcome(t.Context(), unknown.Token); !errors.Is(err, ErrOutcomeUnknown) {
		t.Fatalf("nothing is known yet, got %v", err)
	}
	s.shut.Store(false)
	s.gate <- struct{}{}
	mustApply(t, a, As("olivia"), AddMember("g", User("u2")))
	if written, err := a.Outcome(t.Context(), unknown.Token); err != nil {
		t.Fatal(err)
	} else if page, err := a.Members(t.Context(), As("olivia"), "g", PageQuery{}); err != nil || written != (len(page.Items) == 2) {
		t.Fatalf("Outcome says %t, the group has %v (%v)", written, page.Items, err)
	}
	mustVerify(t, a)
}

// A store that hangs, or that calls back from inside a commit, holds nobody
// else up: what they commit is compared with the head all the same.
func TestQueue_HangingStoreHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := newGated()
	a, _ := raceTenant(t, s, "acme")
	s.shut.Store(true)
	hung := make(chan error, 1)
	go func() {
		_, err := a.AddMember(t.Context(), As("olivia"), "g", User("u1"))
		hung <- err
	}()
	<-s.arrived
	s.shut.Store(false)
	mustApply(t, a, As("olivia"), AddMember("g", User("u2")))
	s.gate <- struct{}{}
	if err := <-hung; err != nil {
		t.Fatal(err)
	}
	if v := mustVerify(t, a); v.Entries != 3 {
		t.Fatalf("%d entries", v.Entries)
	}
}

// serializing is a store that can be locked, and counts how often it was.
type serializing struct {
	store.Store
	mu        sync.Mutex
	exclusive atomic.Int32
	conflicts atomic.Int32 // to provoke
}

func (s *serializing) Exclusive(_ context.Context, _ string, f func(store.Store) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exclusive.Add(1)
	return f(s.Store)
}

func (s *serializing) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	if s.conflicts.Add(-1) >= 0 {
		return store.ErrConflict
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Store.Commit(ctx, tenant, expect, cs)
}

func TestQueue_LocksFirstAfterAConflict(t *testing.T) {
	t.Parallel()
	s := &serializing{Store: memory.New()}
	a, b := raceTenant(t, s, "acme")
	mustApply(t, a, As("olivia"), AddMember("g", User("u0")))
	if n := s.exclusive.Load(); n != 0 {
		t.Fatalf("locked %d times without a conflict", n)
	}
	s.conflicts.Store(1)
	mustApply(t, a, As("olivia"), AddMember("g", User("u1")))
	if n := s.exclusive.Load(); n == 0 {
		t.Fatal("not locked after a conflict")
	}
	for range lockedGroups + 4 {
		mustApply(t, a, As("olivia"), AddMember("g", User("u1")))
	}
	if n := s.exclusive.Load(); n != lockedGroups {
		t.Fatalf("%d groups locked after a conflict, want %d", n, lockedGroups)
	}
	var calls []func() error
	for i := range 40 {
		on := []*Authority{a, b}[i%2]
		calls = append(calls, func() error {
			_, err := on.AddMember(t.Context(), As("olivia"), "g", User(fmt.Sprintf("v%d", i)))
			return err
		})
	}
	if err := errors.Join(together(calls...)...); err != nil {
		t.Fatal(err)
	}
	if v := mustVerify(t, a); v.Entries != 43 {
		t.Fatalf("%d entries", v.Entries)
	}
}
