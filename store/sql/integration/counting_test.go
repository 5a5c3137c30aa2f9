package integration

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// counting is a store that counts how commits were made.
type counting struct {
	*sqlstore.Store
	plain, locked atomic.Int64

	// within, if not nil, is called once a tenant is locked.
	within func()
	// ahead, if not nil, is called before each plain commit.
	ahead func()
}

var _ store.Serializer = (*counting)(nil)

func (s *counting) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	s.plain.Add(1)
	if s.ahead != nil {
		s.ahead()
	}
	return s.Store.Commit(ctx, tenant, expect, cs)
}

func (s *counting) Exclusive(ctx context.Context, tenant string, f func(store.Store) error) error {
	return s.Store.Exclusive(ctx, tenant, func(locked store.Store) error {
		s.locked.Add(1)
		if s.within != nil {
			s.within()
		}
		return f(locked)
	})
}

// TestExclusiveAfterConflict makes a process lose a race. From then on it locks
// first, and what another process attempts under the lock comes after it.
func TestExclusiveAfterConflict(t *testing.T) {
	on(t, shared(), func(t *testing.T, d database) {
		stores := d.processes(t, 2)
		s := &counting{Store: stores[0]}
		mine, other := authority(t, s, "acme"), authority(t, stores[1], "acme")
		var l ledger
		l.must(t, other, host, rbac.Bootstrap("ann"))
		s.ahead = func() {
			s.ahead = nil
			l.must(t, other, host, making("In between"))
		}
		var rival sync.WaitGroup
		var late rbac.Receipt
		s.within = func() {
			s.within = nil
			rival.Go(func() {
				var err error
				if late, err = l.apply(t.Context(), other, host, making("Late")); err != nil {
					t.Error(err)
				}
			})
		}
		r := l.must(t, mine, rbac.As("ann"), making("Mine", "app.x"))
		rival.Wait()
		if s.plain.Load() != 1 || s.locked.Load() < 1 {
			t.Errorf("%d plain commits and %d under the lock, want 1, and 1 or more", s.plain.Load(), s.locked.Load())
		}
		if r.Revision != 3 || late.Revision != 4 {
			t.Errorf("revision %d was decided under the lock and %d against it, want 3 and 4", r.Revision, late.Revision)
		}
		l.settle(t, mine)
	})
}

// TestCounters has several processes with several writers each change one
// tenant at once. Each change is acknowledged once, logged once and there, and
// the writers have come to lock first.
func TestCounters(t *testing.T) {
	const processes, writers = 3, 4
	changes := size(2, 8, 100)
	on(t, shared(), func(t *testing.T, d database) {
		var l ledger
		var all []*counting
		var authorities []*rbac.Authority
		for _, s := range d.processes(t, processes) {
			c := &counting{Store: s}
			all, authorities = append(all, c), append(authorities, authority(t, c, "acme"))
		}
		l.must(t, authorities[0], host, rbac.Bootstrap("ann"))
		// Each process loses once, whatever the scheduler does.
		for i, s := range all {
			var once sync.Once
			s.ahead = func() {
				once.Do(func() {
					l.must(t, authority(t, s.Store, "acme"), host, making(fmt.Sprint("Ahead of ", i)))
				})
			}
		}
		var calls []func() error
		for i, a := range authorities {
			for w := range writers {
				calls = append(calls, func() error {
					for n := range changes {
						name := fmt.Sprintf("Role %d.%d.%d", i, w, n)
						op := making(name, "app.x")
						if _, err := l.apply(t.Context(), a, rbac.As("ann"), op, giving(name, op.RoleID())); err != nil {
							return fmt.Errorf("%s: %w", name, err)
						}
					}
					return nil
				})
			}
		}
		for _, err := range together(calls...) {
			if err != nil {
				t.Error(err)
			}
		}
		l.settle(t, authorities[0])
		if want := 1 + processes + processes*writers*changes; len(l.tokens) != want {
			t.Errorf("%d changes were acknowledged, want %d", len(l.tokens), want)
		}
		for i, s := range all {
			t.Logf("process %d: %d plain commits, %d under the lock", i, s.plain.Load(), s.locked.Load())
			if s.locked.Load() == 0 {
				t.Errorf("process %d never locked, though it lost a race", i)
			}
		}
		for i := range processes {
			user := fmt.Sprintf("Role %d.0.0", i)
			if err := authorities[(i+1)%processes].Fresh().Check(t.Context(), rbac.As(user), "app.x"); err != nil {
				t.Errorf("what process %d gave, process %d does not see: %v", i, (i+1)%processes, err)
			}
		}
	})
}
