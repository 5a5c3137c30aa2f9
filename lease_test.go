package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// hookStore is a store whose calls can be counted, refused before they are
// made, and held up while their answer is on its way.
type hookStore struct {
	mu     sync.Mutex
	inner  store.Store
	calls  map[string]int
	before func(ctx context.Context, method string) error
	after  func(ctx context.Context, method string) error
}

func newHookStore(inner store.Store) *hookStore {
	return &hookStore{inner: inner, calls: map[string]int{}}
}

// hook sets what happens before a call and with its answer in hand, and begins
// to count anew.
func (s *hookStore) hook(before, after func(ctx context.Context, method string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.before, s.after = map[string]int{}, before, after
}

// swap puts another store in place of the present one, which it returns.
func (s *hookStore) swap(next store.Store) store.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.inner
	s.inner = next
	return old
}

// counted returns the calls since it, or hook, was last called.
func (s *hookStore) counted() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = map[string]int{}
	return calls
}

func hooked[T any](ctx context.Context, s *hookStore, method string, call func(store.Store) (T, error)) (T, error) {
	s.mu.Lock()
	s.calls[method]++
	inner, before, after := s.inner, s.before, s.after
	s.mu.Unlock()
	var none T
	if before != nil {
		if err := before(ctx, method); err != nil {
			return none, err
		}
	}
	v, err := call(inner)
	if after != nil && err == nil {
		if err := after(ctx, method); err != nil {
			return none, err
		}
	}
	return v, err
}

func (s *hookStore) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	return hooked(ctx, s, "Heads", func(in store.Store) ([]store.Head, error) { return in.Heads(ctx, tenants) })
}

func (s *hookStore) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	return hooked(ctx, s, "Load", func(in store.Store) (store.State, error) { return in.Load(ctx, tenant, sel) })
}

func (s *hookStore) Scan(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
	return hooked(ctx, s, "Scan", func(in store.Store) (store.Page, error) { return in.Scan(ctx, tenant, q) })
}

func (s *hookStore) Log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	return hooked(ctx, s, "Log", func(in store.Store) ([]store.Commit, error) { return in.Log(ctx, tenant, q) })
}

func (s *hookStore) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	_, err := hooked(ctx, s, "Commit", func(in store.Store) (struct{}, error) {
		return struct{}{}, in.Commit(ctx, tenant, expect, cs)
	})
	return err
}

func TestTwoClocks(t *testing.T) {
	t.Parallel()
	c := rbac.NewTwoClocks(time.Now())
	from := c.Now()
	c.Add(time.Hour, time.Second)
	now := c.Now()
	if mono, wall := now.Sub(from), now.Round(0).Sub(from.Round(0)); mono != time.Second || wall != time.Hour {
		t.Fatalf("the clocks moved by %v and %v; package time works otherwise than assumed", mono, wall)
	}
}

// pair is a tenant in two processes. In both, ann has permission fxA by a role
// of her own and fxB through a group. The process "here" is the one watched.
type pair struct {
	*testing.T
	ctx   context.Context
	db    *memory.Store
	store *hookStore // of here
	clock *rbac.TwoClocks
	max   time.Duration
	here  *rbac.Authority
	there *rbac.Authority
	sys   rbac.Actor
	role  rbac.RoleID // gives fxA, to ann
	club  rbac.RoleID // gives fxB, to group g
}

func newPair(t *testing.T, o rbac.Options) *pair {
	t.Helper()
	p := &pair{T: t, ctx: t.Context(), db: memory.New(), clock: rbac.NewTwoClocks(time.Now()), max: 2 * time.Second, sys: rbac.System("test")}
	p.store = newHookStore(p.db)
	if o.MaxStaleness != 0 {
		p.max = o.MaxStaleness
	}
	if o.Now == nil {
		o.Now = p.clock.Now
	}
	p.there = p.process(p.db, rbac.Options{Now: o.Now})
	for _, perms := range [][]rbac.Permission{{fxA}, {fxB}} {
		r, err := p.there.CreateRole(p.ctx, p.sys, rbac.NewRole{Name: fmt.Sprintf("Role %s", perms), Permissions: rbac.Set(perms...)})
		if err != nil {
			t.Fatal(err)
		}
		p.role, p.club = p.club, r.Role.ID
	}
	p.apply(p.there, fxAssign(rbac.Group("g"), p.club), fxAssign(rbac.User("olivia"), rbac.OwnerRole))
	p.apply(p.there, fxAssign(rbac.User("ann"), p.role), rbac.AddMember("g", rbac.User("ann")))
	p.here = p.process(p.store, o)
	return p
}

// clocked are the ways in which a process can know the time.
var clocked = []struct {
	name string
	pair func(*testing.T, rbac.Options) *pair
}{
	{"both clocks", newPair},
	{"one clock and timers", func(t *testing.T, o rbac.Options) *pair {
		t.Helper()
		p := newPair(t, o)
		p.clock.TrustTimers(p.here)
		return p
	}},
}

func (p *pair) process(s store.Store, o rbac.Options) *rbac.Authority {
	p.Helper()
	a, err := rbac.New(s, fxCatalog(p), &o)
	if err != nil {
		p.Fatal(err)
	}
	return a
}

func (p *pair) apply(a *rbac.Authority, ops ...rbac.Op) rbac.Receipt {
	p.Helper()
	r, err := a.Apply(p.ctx, p.sys, ops...)
	if err != nil {
		p.Fatal(err)
	}
	return r
}

// revoke takes everything from ann, in the other process.
func (p *pair) revoke() rbac.Receipt {
	p.Helper()
	return p.apply(p.there, rbac.Offboard(rbac.User("ann")))
}

// faces are the ways in which a process can be asked whether ann has fxA and
// fxB.
var faces = []struct {
	name string
	ask  func(ctx context.Context, a *rbac.Authority) (bool, error)
}{
	{"Check", func(ctx context.Context, a *rbac.Authority) (bool, error) {
		err := a.Check(ctx, rbac.As("ann"), fxA)
		if errors.Is(err, rbac.ErrDenied) {
			return false, nil
		}
		return err == nil, err
	}},
	{"Can", func(ctx context.Context, a *rbac.Authority) (bool, error) { return a.Can(ctx, rbac.As("ann"), fxB) }},
	{"Resolve", func(ctx context.Context, a *rbac.Authority) (bool, error) {
		p, err := a.Resolve(ctx, rbac.As("ann"))
		return p.Can(fxA) || p.Can(fxB), err
	}},
	{"Can of an actor with asserted groups", func(ctx context.Context, a *rbac.Authority) (bool, error) {
		return a.Can(ctx, rbac.As("ann").InGroups("elsewhere"), fxA)
	}},
}

// want asks in every way and compares: "yes", "no", or "error".
func (p *pair) want(want string) {
	p.Helper()
	for _, f := range faces {
		ok, err := f.ask(p.ctx, p.here)
		got := map[bool]string{true: "yes", false: "no"}[ok]
		if err != nil {
			got = "error"
			if ok {
				p.Errorf("%s: a yes with the error %v", f.name, err)
			}
			if !errors.Is(err, rbac.ErrStale) && !errors.Is(err, rbac.ErrUnavailable) {
				p.Errorf("%s: %v is neither ErrStale nor ErrUnavailable", f.name, err)
			}
		}
		if got != want {
			p.Errorf("%s: got %s (%v), want %s", f.name, got, err, want)
		}
	}
}

var errOutOfReach = errors.New("out of reach")

func outOfReach(context.Context, string) error { return errOutOfReach }

// kept are the ways in which a process can hold a tenant.
var kept = []struct {
	name    string
	options rbac.Options
}{
	{"whole", rbac.Options{}},
	{"user by user", rbac.Options{EagerLimit: -1}},
	{"next to nothing", rbac.Options{EagerLimit: -1, CacheBytes: 1}},
}

// The lease ends MaxStaleness after the question was sent, whatever becomes of
// the store, the clock, the log, or the background.
func TestS26_NeverAYesPastMaxStaleness(t *testing.T) {
	t.Parallel()
	tick := time.Microsecond
	tests := []struct {
		name string
		// befall happens after ann was asked about, and revokes.
		befall func(p *pair)
		want   string
	}{
		{"nothing in the background", func(p *pair) {
			p.revoke()
			p.clock.Add(p.max, p.max)
		}, "no"},
		{"by the wall clock alone, a suspended machine", func(p *pair) {
			p.revoke()
			p.clock.Add(p.max, 0)
		}, "no"},
		{"hours by the wall clock alone, and no store", func(p *pair) {
			p.revoke()
			p.store.hook(outOfReach, nil)
			p.clock.Add(5*time.Hour, 0)
		}, "error"},
		{"by the monotonic clock alone", func(p *pair) {
			p.revoke()
			p.clock.Add(0, p.max)
		}, "no"},
		{"wall clock set back", func(p *pair) {
			p.revoke()
			p.clock.Add(-time.Hour, p.max)
		}, "no"},
		{"wall clock set back just now", func(p *pair) {
			p.revoke()
			p.clock.Add(-time.Hour, tick)
		}, "no"},
		{"wall clock set back, and no store", func(p *pair) {
			p.revoke()
			p.store.hook(outOfReach, nil)
			p.clock.Add(-time.Hour, 0)
		}, "error"},
		{"a clock without monotonic reading jumps ahead", func(p *pair) {
			p.revoke()
			p.clock.Bare = true
			p.clock.Add(7*time.Hour, 0)
		}, "no"},
		{"a clock without monotonic reading is set back", func(p *pair) {
			p.revoke()
			p.clock.Bare = true
			p.clock.Add(-time.Hour, 0)
		}, "no"},
		{"the store fails", func(p *pair) {
			p.revoke()
			p.store.hook(outOfReach, nil)
			p.clock.Add(p.max, p.max)
		}, "error"},
		{"the store fails in a way that may pass, and does not", func(p *pair) {
			p.revoke()
			p.store.hook(func(context.Context, string) error { return store.ErrTransient }, nil)
			p.clock.Add(p.max, p.max)
		}, "error"},
		{"the log fails", func(p *pair) {
			p.revoke()
			p.store.hook(func(_ context.Context, method string) error {
				if method == "Heads" {
					return nil
				}
				return errOutOfReach
			}, nil)
			p.clock.Add(p.max, p.max)
		}, "error"},
		{"the log is compacted", func(p *pair) {
			p.revoke()
			p.store.hook(func(_ context.Context, method string) error {
				if method == "Log" {
					return store.ErrCompacted
				}
				return nil
			}, nil)
			p.clock.Add(p.max, p.max)
		}, "no"},
		{"a hand edit", func(p *pair) {
			head := p.revoke()
			p.store.swap(&handEdited{Store: p.db, revision: head.Revision})
			p.clock.Add(p.max, p.max)
		}, "no"},
		{"every answer takes longer than it may be used", func(p *pair) {
			p.store.hook(nil, func(context.Context, string) error {
				p.clock.Add(p.max, p.max)
				return nil
			})
			p.clock.Add(p.max, p.max)
		}, "error"},
		{"a store that answers nothing about anything", func(p *pair) {
			p.store.swap(silent{p.db})
			p.clock.Add(p.max, p.max)
		}, "error"},
	}
	for _, c := range clocked {
		for _, k := range kept {
			for _, tt := range tests {
				t.Run(c.name+"/"+k.name+"/"+tt.name, func(t *testing.T) {
					t.Parallel()
					p := c.pair(t, k.options)
					p.want("yes")
					tt.befall(p)
					p.want(tt.want)
				})
			}
		}
	}
}

// A wall clock that is held back again and again, while checks go on, does not
// hide the monotonic one.
func TestS26_AWallClockHeldBack(t *testing.T) {
	t.Parallel()
	const step = 100 * time.Microsecond
	tests := map[string]func(i int) time.Duration{
		"held still":                       func(int) time.Duration { return 0 },
		"set back at every step":           func(int) time.Duration { return -step },
		"set back twice in a millisecond":  func(i int) time.Duration { return []time.Duration{step, step, step, step, -4 * step}[i%5] },
		"set back every other millisecond": func(i int) time.Duration { return []time.Duration{step, -19 * step}[max(0, i%20-18)] },
		"slow":                             func(int) time.Duration { return step / 2 },
	}
	for _, c := range clocked {
		for _, k := range kept {
			for name, wall := range tests {
				t.Run(c.name+"/"+k.name+"/"+name, func(t *testing.T) {
					t.Parallel()
					o := k.options
					o.MaxStaleness = 20 * time.Millisecond
					p := c.pair(t, o)
					p.want("yes")
					p.revoke()
					for i := range int(p.max / step) {
						p.clock.Add(wall(i), step)
						_, _ = p.here.Can(p.ctx, rbac.As("ann"), fxA)
					}
					p.want("no")
				})
			}
		}
	}
}

// Until then the answer stands, and costs no question.
func TestS26_TheLeaseLastsAsLongAsItMay(t *testing.T) {
	t.Parallel()
	for _, c := range clocked {
		for _, limit := range []time.Duration{time.Millisecond, 0, time.Hour} {
			for _, k := range kept[:2] {
				t.Run(fmt.Sprint(c.name, "/", k.name, limit), func(t *testing.T) {
					t.Parallel()
					o := k.options
					o.MaxStaleness = limit
					p := c.pair(t, o)
					p.want("yes")
					p.revoke()
					p.clock.Add(p.max-time.Microsecond, p.max-time.Microsecond)
					p.store.hook(outOfReach, nil)
					p.want("yes")
					if calls := p.store.counted(); len(calls) > 0 {
						t.Errorf("within the lease the store was asked: %v", calls)
					}
					p.clock.Add(time.Microsecond, time.Microsecond)
					p.want("error")
					p.store.hook(nil, nil)
					p.want("no")
				})
			}
		}
	}
}

// handEdited is a store in which somebody has written by hand, and has bumped
// the head as one should: there is no log row of that revision.
type handEdited struct {
	store.Store
	revision uint64
}

func (s *handEdited) rename(h *store.Head) {
	if h.Revision == s.revision {
		h.Commit = ""
	}
}

func (s *handEdited) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	heads, err := s.Store.Heads(ctx, tenants)
	for i := range heads {
		s.rename(&heads[i])
	}
	return heads, err
}

func (s *handEdited) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	st, err := s.Store.Load(ctx, tenant, sel)
	s.rename(&st.Head)
	return st, err
}

func (s *handEdited) Log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	if !q.Backward && q.After.Revision <= s.revision {
		return nil, store.ErrCompacted
	}
	return s.Store.Log(ctx, tenant, q)
}

// silent is a store that returns too little, and no error.
type silent struct{ store.Store }

func (silent) Heads(context.Context, []string) ([]store.Head, error) { return nil, nil }

func (silent) Load(context.Context, string, store.Selection) (store.State, error) {
	return store.State{}, errOutOfReach
}

// An answer that was long on its way is about the moment it was asked for. A
// revocation that has come since must not be overlooked.
func TestS26_LateAnswers(t *testing.T) {
	t.Parallel()
	for _, k := range kept {
		for _, method := range []string{"Heads", "Log", "Load"} {
			t.Run(k.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				p := newPair(t, k.options)
				p.want("yes")
				p.apply(p.there, rbac.AddMember("g", rbac.User("somebody"))) // so that there is a log to read
				p.clock.Add(p.max, p.max)
				late := false
				p.store.hook(nil, func(_ context.Context, m string) error {
					if m == method && !late {
						late = true
						p.revoke()
						p.clock.Add(p.max, p.max)
					}
					return nil
				})
				if method == "Load" { // nothing loaded yet
					p.here = p.process(p.store, rbac.Options{Now: p.clock.Now, EagerLimit: k.options.EagerLimit, CacheBytes: k.options.CacheBytes})
				}
				if k.options.CacheBytes == 1 && method != "Load" {
					return // it keeps no snapshot that would be polled
				}
				p.want("no")
				if !late {
					t.Errorf("%s was not called", method)
				}
			})
		}
	}
}

// Whoever waits gives up when their context ends, not when the store answers.
func TestS26_HangingStore(t *testing.T) {
	t.Parallel()
	for _, k := range kept {
		for _, f := range faces {
			t.Run(k.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				p := newPair(t, k.options)
				p.want("yes")
				p.revoke()
				p.clock.Add(p.max, p.max)
				end := make(chan struct{})
				t.Cleanup(func() { close(end) })
				ctx, cancel := context.WithCancel(p.ctx)
				p.store.hook(func(ctx context.Context, _ string) error {
					cancel()
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-end:
						return errOutOfReach
					}
				}, nil)
				for range 2 { // the second one comes with an ended context
					if ok, err := f.ask(ctx, p.here); ok || !errors.Is(err, rbac.ErrUnavailable) || !errors.Is(err, context.Canceled) {
						t.Errorf("got %t, %v, want ErrUnavailable and context.Canceled", ok, err)
					}
				}
			})
		}
	}
}

// A refresher whose rounds fail leaves everything to the checks.
func TestS26_DeadRefresher(t *testing.T) {
	t.Parallel()
	for _, k := range kept[:2] {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			o := k.options
			o.MaxStaleness = 3 * time.Millisecond // of the fixture's clock; the refresher's ticker is real
			p := newPair(t, o)
			if err := p.here.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer p.here.Close()
			p.want("yes")
			rounds := make(chan struct{}, 100)
			p.store.hook(func(context.Context, string) error {
				select {
				case rounds <- struct{}{}:
				default:
				}
				return errOutOfReach
			}, nil)
			p.revoke()
			for range 3 { // a check comes forward for each round
				<-rounds
				p.want("yes")
			}
			p.clock.Add(p.max, p.max)
			p.want("error")
			p.store.hook(nil, nil)
			p.want("no")
		})
	}
}

// history copies the first revisions of a tenant into another store, as a
// backup of that time would.
func backup(t *testing.T, from store.Store, tenant string, revisions int) *memory.Store {
	t.Helper()
	log, err := from.Log(t.Context(), tenant, store.LogQuery{Limit: store.MaxPage})
	if err != nil || len(log) < revisions {
		t.Fatalf("%d revisions: %v", len(log), err)
	}
	to := memory.New()
	var head store.Head
	for _, c := range log[:revisions] {
		if err := to.Commit(t.Context(), tenant, head, []store.Commit{c}); err != nil {
			t.Fatal(err)
		}
		head = store.Head{Revision: head.Revision + 1, Commit: c.ID}
	}
	return to
}

// A backup is restored under a running process, and the tenant moves on with
// revision numbers that were used before. Nothing that has vanished is
// honoured, and no two histories are mixed.
func TestS26_RestoredBackup(t *testing.T) {
	t.Parallel()
	for _, k := range kept {
		for moves := range 5 {
			t.Run(fmt.Sprintf("%s/%d changes since", k.name, moves), func(t *testing.T) {
				t.Parallel()
				p := newPair(t, k.options)
				p.want("yes") // as of revision 4; ann has her roles since then
				old := backup(t, p.db, "default", 3)
				p.there = p.process(old, rbac.Options{Now: p.clock.Now})
				for i := range moves {
					p.apply(p.there, fxAssign(rbac.User(fmt.Sprintf("u%d", i)), p.role))
				}
				p.store.swap(old)
				p.clock.Add(p.max, p.max)
				p.want("no")
				for i := range moves {
					user := rbac.As(fmt.Sprintf("u%d", i))
					if err := p.here.Check(p.ctx, user, fxA); err != nil {
						t.Errorf("what was done after the restoration is not seen: %v", err)
					}
				}
				want, err := p.there.Fresh().Resolve(p.ctx, rbac.As("ann"))
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.here.Resolve(p.ctx, rbac.As("ann"))
				if err != nil || got.Token() != want.Token() {
					t.Errorf("answers as of %s, %v; the tenant is at %s", got.Token(), err, want.Token())
				}
				p.apply(p.there, fxAssign(rbac.User("ann"), p.role))
				p.clock.Add(p.max, p.max)
				if ok, err := p.here.Can(p.ctx, rbac.As("ann"), fxA); !ok || err != nil {
					t.Errorf("what came after that: %t, %v", ok, err)
				}
			})
		}
	}
}

// A user that was not asked about before, while the rest is still under its
// lease: the two are brought to one revision even if the log does not lead
// from the one to the other.
func TestS26_UnknownUserAcrossAHole(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		befall func(p *pair)
	}{
		{"compacted", func(p *pair) {
			p.store.hook(func(_ context.Context, method string) error {
				if method == "Log" {
					return store.ErrCompacted
				}
				return nil
			}, nil)
		}},
		{"hand edit", func(p *pair) {
			heads, err := p.db.Heads(p.ctx, []string{"default"})
			if err != nil {
				p.Fatal(err)
			}
			p.store.swap(&handEdited{Store: p.db, revision: heads[0].Revision})
		}},
		{"restored backup", func(p *pair) {
			p.store.swap(backup(p.T, p.db, "default", 3))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, rbac.Options{EagerLimit: -1})
			p.want("yes")
			p.apply(p.there, fxAssign(rbac.User("bob"), p.club))
			tt.befall(p)
			for _, user := range []string{"bob", "carl", "dora"} {
				want, err := p.process(p.store, rbac.Options{Now: p.clock.Now}).Can(p.ctx, rbac.As(user), fxB)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := p.here.Can(p.ctx, rbac.As(user), fxB); got != want || err != nil {
					t.Errorf("%s: %t, %v, want %t", user, got, err, want)
				}
			}
		})
	}
}
