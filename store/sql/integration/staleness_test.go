package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// What the tests promise hosts in other processes. The shorter is too short for
// a timer to watch one of the two clocks, as it does for most checks of hosts.
const (
	staleness = 150 * time.Millisecond
	lingering = 900 * time.Millisecond
)

// TestStaleness takes a role away in this process while another one checks:
// no check that begins later than the acknowledgement and MaxStaleness may say
// yes (S26). That is a promise about the clocks and not about the machine's
// speed; how late the last wrong yes really was is reported.
func TestStaleness(t *testing.T) {
	tenants := size(5, 10, 20)
	on(t, shared(), func(t *testing.T, d database) {
		for _, tt := range []struct {
			limit     time.Duration
			refresher bool
			rounds    int
		}{
			{staleness, true, size(1, 2, 10)},
			{staleness, false, size(1, 2, 10)},
			{lingering, false, size(1, 1, 10)},
		} {
			t.Run(fmt.Sprintf("%v, refresher=%t", tt.limit, tt.refresher), func(t *testing.T) {
				s, at, opts := d.migrated(t)
				name, err := json.Marshal(watching{tenants, tt.limit, tt.refresher})
				if err != nil {
					t.Fatal(err)
				}
				p := d.spawn(t, at, opts, "watch", string(name), tenantOf(0))
				seen := sightings(t, p, tenants)
				var mu sync.Mutex
				var late []time.Duration
				lost := 0
				var group sync.WaitGroup
				for i := range tenants {
					group.Go(func() {
						a, err := newAuthority(s, tenantOf(i))
						if err != nil {
							t.Error(err)
							return
						}
						err = revocations(t.Context(), a, seen[i], i, tt.rounds, tt.limit, func(lateness time.Duration, without int) {
							mu.Lock()
							defer mu.Unlock()
							late, lost = append(late, max(lateness, 0)), lost+without
						})
						if err != nil {
							t.Errorf("tenant %d: %v", i, err)
						}
					})
				}
				group.Wait()
				t.Logf("the last wrong yes after the acknowledgement: %s (MaxStaleness %v; %d checks without an answer)", spread(late), tt.limit, lost)
			})
		}
	})
}

// revocations gives and takes a role, round by round, and reports how much
// later than the acknowledgement the last yes was asked for.
func revocations(ctx context.Context, a *rbac.Authority, seen chan sighting, tenant, rounds int, limit time.Duration, report func(time.Duration, int)) error {
	made, err := a.Apply(ctx, host, making("Role", "app.x"))
	if err != nil {
		return err
	}
	for round := range rounds {
		if _, err := a.Apply(ctx, host, giving("ann", made.Role.ID)); err != nil {
			return err
		}
		if _, err := see(seen, true); err != nil {
			return err
		}
		// A lease has just begun. What matters is any moment of it, so that the
		// next step comes at another one each time.
		_, part := math.Modf(float64(tenant*rounds+round) * math.Phi)
		time.Sleep(time.Duration(part * float64(limit)))
		if _, err := a.Unassign(ctx, host, rbac.User("ann"), made.Role.ID); err != nil {
			return err
		}
		acknowledged := time.Now().UnixNano()
		no, err := see(seen, false)
		if err != nil {
			return err
		}
		lateness := time.Duration(no.Last - acknowledged)
		report(lateness, no.Lost)
		if lateness > limit {
			return fmt.Errorf("round %d: a check that began %v after the acknowledgement said yes; MaxStaleness is %v", round, lateness, limit)
		}
	}
	return nil
}

// gate is shut to have calls wait at it.
type gate struct {
	mu      sync.Mutex
	open    chan struct{} // nil: it is open
	waiting atomic.Int32
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = make(chan struct{})
}

func (g *gate) unlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open != nil {
		close(g.open)
		g.open = nil
	}
}

func (g *gate) pass() {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	if open != nil {
		g.waiting.Add(1)
		<-open
		g.waiting.Add(-1)
	}
}

// slow is a store whose answers are long under way.
type slow struct {
	store.Store
	gate *gate
}

func (s slow) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	heads, err := s.Store.Heads(ctx, tenants)
	s.gate.pass()
	return heads, err
}

// TestStaleness_Trouble has the database hang for a process, or its answers
// come late, or the log shortened before the process could read it, while a role
// is taken away.
func TestStaleness_Trouble(t *testing.T) {
	tests := []struct {
		name    string
		late    bool // it is the answers that hang
		compact bool
		loads   bool // the tenant has to be read anew
	}{
		{name: "the database hangs"},
		{name: "the database hangs and the log is compacted", compact: true, loads: true},
		{name: "answers are late", late: true},
		{name: "answers are late and the log is compacted", late: true, compact: true, loads: true},
	}
	on(t, shared(), func(t *testing.T, d database) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				s, at, opts := d.migrated(t)
				writer := authority(t, s, "acme")
				role, err := writer.Apply(t.Context(), host, making("Role", "app.x"))
				if err == nil {
					_, err = writer.Apply(t.Context(), host, giving("ann", role.Role.ID))
				}
				if err != nil {
					t.Fatal(err)
				}
				var g gate
				defer g.unlock()
				db, r := record(t, at)
				from := store.Store(d.store(t, db, opts))
				if tt.late {
					from = slow{from, &g}
				} else {
					r.step = g.pass
				}
				var loads atomic.Int32
				reader, err := newAuthorityOf(from, "acme", rbac.Options{MaxStaleness: staleness, Observe: func(o rbac.Observation) {
					if o.Event == rbac.ObservedLoad && o.Err == nil {
						loads.Add(1)
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				if err := reader.Check(t.Context(), rbac.As("ann"), "app.x"); err != nil {
					t.Fatal(err)
				}
				loads.Store(0)

				g.shut()
				var acknowledged time.Time
				last := time.Duration(0)
				// ask checks once. An answer need not come.
				ask := func() (yes, answered bool) {
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
					defer cancel()
					start := time.Now()
					yes, err := reader.Can(ctx, rbac.As("ann"), "app.x")
					switch {
					case err != nil && !errors.Is(err, rbac.ErrStale) && !errors.Is(err, rbac.ErrUnavailable):
						t.Error(err)
					case yes && !acknowledged.IsZero():
						if last = start.Sub(acknowledged); last > staleness {
							t.Errorf("a check that began %v after the acknowledgement said yes", last)
						}
					}
					return yes, err == nil
				}
				if tt.late { // an answer of before is on its way when the role is taken
					until(t, "an answer is on its way", func() bool { ask(); return g.waiting.Load() > 0 })
				}
				if _, err := writer.Unassign(t.Context(), host, rbac.User("ann"), role.Role.ID); err != nil {
					t.Fatal(err)
				}
				acknowledged = time.Now()
				if tt.compact {
					if _, err := writer.Apply(t.Context(), host, giving("bob", role.Role.ID)); err != nil {
						t.Fatal(err)
					}
					n, err := s.Compact(t.Context(), "acme", math.MaxInt64, func([]store.Commit) error { return nil })
					if err != nil || n == 0 {
						t.Fatalf("Compact: %d, %v", n, err)
					}
				}
				until(t, "the lease has ended", func() bool {
					_, answered := ask()
					return !answered && time.Since(acknowledged) > staleness
				})
				g.unlock()
				until(t, "a no", func() bool {
					yes, answered := ask()
					return answered && !yes
				})
				if got := loads.Load() > 0; got != tt.loads {
					t.Errorf("the tenant was read anew: %t, want %t", got, tt.loads)
				}
				t.Logf("the last wrong yes began %v after the acknowledgement", last)
			})
		}
	})
}
