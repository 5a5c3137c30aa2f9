package rbac

import (
	"context"
	"errors"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// lockable is a store that can be locked, and whose lock or commit goes wrong
// once.
type lockable struct {
	store.Store
	conflict bool  // the next plain Commit
	reading  error // of the next Load under the lock
	after    error // of the next Exclusive, once f is done
	written  bool  // whether f's commit counts all the same
	locks    int
}

func (s *lockable) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	if s.conflict {
		s.conflict = false
		return store.ErrConflict
	}
	return s.Store.Commit(ctx, tenant, expect, cs)
}

func (s *lockable) Exclusive(ctx context.Context, tenant string, f func(store.Store) error) error {
	s.locks++
	err := s.after
	s.after = nil
	locked := underLock{s.Store, &s.reading, err != nil && !s.written}
	if ferr := f(locked); ferr != nil {
		return ferr
	}
	return err
}

// underLock is the store under the lock.
type underLock struct {
	store.Store
	reading *error
	discard bool
}

func (s underLock) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	if err := *s.reading; err != nil {
		*s.reading = nil
		return store.State{}, err
	}
	return s.Store.Load(ctx, tenant, sel)
}

func (s underLock) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	if s.discard {
		return nil
	}
	return s.Store.Commit(ctx, tenant, expect, cs)
}

func TestQueue_WhatGoesWrongUnderALock(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for _, tt := range []struct {
		name           string
		reading, after error
		written        bool
		op             Op
		want           error
		wantReason     Reason
		entries        int
	}{
		{name: "nothing", op: AddMember("g", User("u")), entries: 2},
		{name: "a refusal", op: Unassign(User("olivia"), OwnerRole), wantReason: ReasonLastOwner, entries: 1},
		{name: "a failed read", reading: broken, op: AddMember("g", User("u")), want: ErrUnavailable, entries: 1},
		{name: "a failed read is no refusal", reading: broken, op: Unassign(User("olivia"), OwnerRole), want: ErrUnavailable, entries: 1},
		{name: "a failed commit", after: broken, op: AddMember("g", User("u")), want: ErrUnavailable, entries: 1},
		{name: "a lost answer, written", after: store.ErrUnknown, written: true, op: AddMember("g", User("u")), entries: 2},
		{name: "a lost answer, not written", after: store.ErrUnknown, op: AddMember("g", User("u")), entries: 2},
		{name: "a view that was too old", after: errors.Join(store.ErrStaleView, store.ErrConflict), op: AddMember("g", User("u")), entries: 2},
		{name: "a deadlock", after: store.ErrTransient, op: AddMember("g", User("u")), entries: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &lockable{Store: memory.New()}
			a, _ := raceTenant(t, s, "acme")
			q := &queue{}
			q.locked.Store(lockedGroups)
			s.reading, s.after, s.written = tt.reading, tt.after, tt.written
			r := &request{
				a: a, ctx: t.Context(), actor: As("olivia"), ops: []Op{tt.op},
				users: map[string]bool{"olivia": true}, done: make(chan struct{}),
			}
			(&group{a: a, queue: q, requests: []*request{r}}).serve()
			_, err := r.wait()
			if tt.wantReason != "" {
				if got := reasonOf(t, err); got != tt.wantReason {
					t.Errorf("got %q, want %q", got, tt.wantReason)
				}
			} else if !errors.Is(err, tt.want) || errors.Is(err, ErrDenied) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if s.locks == 0 {
				t.Error("not under the lock")
			}
			if v := mustVerify(t, a); v.Entries != tt.entries {
				t.Errorf("%d entries, want %d", v.Entries, tt.entries)
			}
		})
	}
}

// The database of a host's transaction that cannot see a change cannot be
// asked again: the caller is told at once, without a deadline.
func TestQueue_StaleViewIsTheHostsToResolve(t *testing.T) {
	t.Parallel()
	s := &stale{Store: memory.New()}
	a, _ := raceTenant(t, s, "acme")
	s.on = true
	_, err := a.AddMember(context.Background(), As("olivia"), "g", User("u"))
	if !errors.Is(err, ErrConflict) || errors.Is(err, ErrDenied) || s.calls != 1 {
		t.Errorf("got %v after %d calls", err, s.calls)
	}
}

type stale struct {
	store.Store
	on    bool
	calls int
}

func (s *stale) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	if !s.on {
		return s.Store.Commit(ctx, tenant, expect, cs)
	}
	s.calls++
	return errors.Join(store.ErrStaleView, store.ErrConflict)
}
