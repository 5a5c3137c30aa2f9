package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// polls is a store that notes which tenants are asked about together.
type polls struct {
	store.Store
	mu  sync.Mutex
	log [][]string
}

func (s *polls) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	s.mu.Lock()
	s.log = append(s.log, slices.Clone(tenants))
	s.mu.Unlock()
	return s.Store.Heads(ctx, tenants)
}

// taken returns what was noted since it was last called.
func (s *polls) taken() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

// bubble runs a test with a clock of its own, which only moves when everybody
// waits.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

func mustStart(t *testing.T, ctx context.Context, a *rbac.Authority) {
	t.Helper()
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// Tenants in use are asked about in batches, and only those; nobody who checks
// has to wait.
func TestRefresh_Batches(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const tenants = 2_500
		s := &polls{Store: memory.New()}
		misses := 0
		a, err := rbac.New(s, fxCatalog(t), &rbac.Options{MultiTenant: true, Observe: func(o rbac.Observation) {
			if o.Event == rbac.ObservedCheck && !o.Hit {
				misses++
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		mustStart(t, t.Context(), a)
		defer a.Close()
		check := func(n int) {
			t.Helper()
			for i := range n {
				if _, err := a.Tenant(fmt.Sprintf("t%d", i)).Can(t.Context(), rbac.As("ann"), fxA); err != nil {
					t.Fatal(err)
				}
			}
		}
		asked := func() (largest int, all map[string]int) {
			all = map[string]int{}
			for _, batch := range s.taken() {
				largest = max(largest, len(batch))
				for _, tenant := range batch {
					all[tenant]++
				}
			}
			return largest, all
		}
		check(tenants)
		misses = 0
		if _, all := asked(); len(all) > 0 {
			t.Fatalf("%d polls before anything", len(all))
		}
		time.Sleep(time.Second)
		if largest, all := asked(); largest != 1_000 || len(all) != tenants {
			t.Errorf("%d tenants asked about, up to %d at once", len(all), largest)
		}
		// Idle: nobody asks.
		time.Sleep(time.Hour)
		if _, all := asked(); len(all) > 0 {
			t.Errorf("%d idle tenants asked about", len(all))
		}
		// A few in use, checked ten times a second for ten seconds: once a
		// round each, and no check asks.
		check(3)
		asked()
		misses = 0
		for range 100 {
			time.Sleep(100 * time.Millisecond)
			check(3)
		}
		_, all := asked()
		for tenant, n := range all {
			if n < 10 || n > 16 {
				t.Errorf("%s: %d times in 10 s", tenant, n)
			}
		}
		if len(all) != 3 || misses > 0 {
			t.Errorf("%d tenants, %d checks that had to ask", len(all), misses)
		}
	})
}

// What another process does is seen by the next round, with no check asking.
func TestRefresh_SeesChanges(t *testing.T) {
	for _, k := range kept[:2] {
		t.Run(k.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := k.options
				o.Now = time.Now
				p := newPair(t, o)
				mustStart(t, p.ctx, p.here)
				defer p.here.Close()
				p.want("yes")
				p.revoke()
				p.want("yes")
				time.Sleep(p.max / 2)
				p.store.hook(outOfReach, nil)
				p.want("no")
				// Rounds that fail change nothing, until the lease ends.
				time.Sleep(p.max - time.Second)
				p.want("no")
				time.Sleep(p.max)
				p.want("error")
				p.store.hook(nil, nil)
				p.want("no")
				// A hole in the log, and a lot that is new.
				p.store.hook(func(_ context.Context, method string) error {
					if method == "Log" {
						return store.ErrCompacted
					}
					return nil
				}, nil)
				p.apply(p.there, fxAssign(rbac.User("ann"), p.role), rbac.AddMember("g", rbac.User("ann")))
				time.Sleep(p.max / 2)
				p.want("yes")
			})
		})
	}
}

func TestRefresh_StartAndClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &polls{Store: memory.New()}
		a, err := rbac.New(s, fxCatalog(t), &rbac.Options{MultiTenant: true})
		if err != nil {
			t.Fatal(err)
		}
		used := func() {
			t.Helper()
			if _, err := a.Tenant("acme").Can(t.Context(), rbac.As("ann"), fxA); err != nil {
				t.Fatal(err)
			}
		}
		rounds := func() int {
			used()
			s.taken()
			time.Sleep(time.Second)
			return len(s.taken())
		}
		a.Close() // never started
		used()
		if n := rounds(); n != 0 {
			t.Errorf("%d rounds before Start", n)
		}
		for range 2 {
			mustStart(t, t.Context(), a)
			for _, again := range []*rbac.Authority{a, a.Tenant("acme"), a.Fresh()} {
				if again.Start(t.Context()) == nil {
					t.Error("started twice")
				}
			}
			if n := rounds(); n != 1 {
				t.Errorf("%d rounds with one tenant in use", n)
			}
			a.Tenant("acme").Close()
			a.Close()
			if n := rounds(); n != 0 {
				t.Errorf("%d rounds after Close", n)
			}
		}
		// It ends with its context, too.
		ctx, cancel := context.WithCancel(t.Context())
		mustStart(t, ctx, a)
		cancel()
		synctest.Wait()
		if n := rounds(); n != 0 {
			t.Errorf("%d rounds after the context's end", n)
		}
		if err := a.Start(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Start in an ended context: %v", err)
		}
		mustStart(t, t.Context(), a)
		if n := rounds(); n != 1 {
			t.Errorf("%d rounds after another Start", n)
		}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(a.Close)
		}
		wg.Wait()
		// The bubble fails if a goroutine is left.
	})
}

// Close does not wait for a store that honours its context, and a check that
// is under way goes on.
func TestRefresh_CloseWhileTheStoreHangs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPair(t, rbac.Options{Now: time.Now})
		mustStart(t, p.ctx, p.here)
		p.want("yes")
		hung := make(chan struct{}, 10)
		p.store.hook(func(ctx context.Context, _ string) error {
			hung <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}, nil)
		<-hung
		began := time.Now()
		p.here.Close()
		if took := time.Since(began); took > 0 {
			t.Errorf("Close took %v", took)
		}
		p.store.hook(nil, nil)
		p.want("yes")
	})
}

// A panic in the host's store belongs to a caller. The background has none.
func TestRefresh_PanicInTheStore(t *testing.T) {
	for _, method := range []string{"Heads", "Log", "Listen"} {
		t.Run(method, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPair(t, rbac.Options{Now: time.Now})
				n := &notifier{Store: p.store, hints: make(chan string), panics: method == "Listen"}
				p.here = p.process(n, rbac.Options{})
				mustStart(t, p.ctx, p.here)
				defer p.here.Close()
				p.want("yes")
				p.revoke()
				p.store.hook(func(_ context.Context, m string) error {
					if m == method {
						panic("of the store")
					}
					return nil
				}, nil)
				time.Sleep(p.max - time.Millisecond)
				p.store.hook(nil, nil)
				time.Sleep(p.max)
				p.want("no")
			})
		})
	}
}

// notifier is a store that hands out hints.
type notifier struct {
	store.Store
	hints   chan string
	listens atomic.Int32
	fails   bool
	panics  bool
}

func (n *notifier) Listen(ctx context.Context, f func(tenant string)) error {
	n.listens.Add(1)
	switch {
	case n.panics:
		panic("of the listener")
	case n.fails:
		return errOutOfReach
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case tenant := <-n.hints:
			f(tenant)
		}
	}
}

func TestRefresh_Hints(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &polls{Store: memory.New()}
		n := &notifier{Store: s, hints: make(chan string)}
		a, err := rbac.New(n, fxCatalog(t), &rbac.Options{MultiTenant: true, MaxStaleness: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		there, err := rbac.New(s.Store, fxCatalog(t), &rbac.Options{MultiTenant: true})
		if err != nil {
			t.Fatal(err)
		}
		ctx, sys := t.Context(), rbac.System("test")
		one, two := a.Tenant("one"), a.Tenant("two")
		for _, x := range []*rbac.Authority{one, two} {
			if ok, err := x.Can(ctx, rbac.As("ann"), fxA); ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		mustStart(t, ctx, a)
		defer a.Close()
		hint := func(tenants ...string) [][]string {
			s.taken()
			for _, tenant := range tenants {
				n.hints <- tenant
				synctest.Wait()
			}
			return s.taken()
		}
		if _, err := there.Tenant("one").Bootstrap(ctx, sys, "ann"); err != nil {
			t.Fatal(err)
		}
		if ok, err := one.Can(ctx, rbac.As("ann"), fxA); ok || err != nil {
			t.Fatal(ok, err)
		}
		fxDiff(t, [][]string{{"one"}}, hint("one"))
		if ok, err := one.Can(ctx, rbac.As("ann"), fxA); !ok || err != nil {
			t.Errorf("after a hint: %t, %v", ok, err)
		}
		fxDiff(t, [][]string{{"two"}}, hint("two")) // which has not moved
		fxDiff(t, [][]string(nil), hint("", "unknown", "\x00", "default", "not\nan id"))
		if ok, err := two.Can(ctx, rbac.As("ann"), fxA); ok || err != nil {
			t.Errorf("after a hint that was wrong: %t, %v", ok, err)
		}
	})
}

// A flood of hints while one question is out leads to one more.
func TestRefresh_FloodOfHints(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPair(t, rbac.Options{Now: time.Now, MaxStaleness: time.Hour})
		n := &notifier{Store: p.store, hints: make(chan string)}
		p.here = p.process(n, rbac.Options{MaxStaleness: time.Hour})
		p.want("yes")
		mustStart(t, p.ctx, p.here)
		defer p.here.Close()
		reached, goOn := parked(p.store, "Heads", 1)
		n.hints <- "default"
		<-reached
		p.revoke()
		for range 10_000 {
			n.hints <- "default"
			n.hints <- "unknown"
		}
		close(goOn)
		synctest.Wait()
		fxDiff(t, map[string]int{"Heads": 2, "Log": 1}, p.store.counted())
		p.want("no")
		// Checks in between do not make a tenant come forward many times.
		for range 100 {
			n.hints <- "default"
			synctest.Wait()
			p.want("no")
		}
		s := &polls{Store: p.db}
		p.store.swap(s)
		time.Sleep(time.Hour / 2)
		for _, batch := range s.taken() {
			if len(batch) != 1 {
				t.Errorf("one tenant was asked about %d times at once", len(batch))
			}
		}
	})
}

// Listen is called again after it has failed, but not at once.
func TestRefresh_ListenThatFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := &notifier{Store: memory.New(), fails: true}
		var told atomic.Int32
		a, err := rbac.New(n, fxCatalog(t), &rbac.Options{Observe: func(o rbac.Observation) {
			if o.Event == rbac.ObservedRetry && errors.Is(o.Err, errOutOfReach) {
				told.Add(1)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		mustStart(t, t.Context(), a)
		time.Sleep(time.Minute)
		if calls := n.listens.Load(); calls < 30 || calls > 120 || told.Load() != calls {
			t.Errorf("called %d times in a minute, told of %d", calls, told.Load())
		}
		a.Close()
		n.listens.Store(0)
		time.Sleep(time.Minute)
		if calls := n.listens.Load(); calls > 0 {
			t.Errorf("called %d times after Close", calls)
		}
	})
}

// Everything at once, for the race detector: every answer is one that some
// state gave, and nothing hangs.
func TestRace_FastPath(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	const tenants = 12
	db := memory.New()
	ctx, sys := t.Context(), rbac.System("test")
	n := &notifier{Store: db, hints: make(chan string)}
	process := func(s store.Store, o rbac.Options) *rbac.Authority {
		o.MultiTenant = true
		a, err := rbac.New(s, fxCatalog(t), &o)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	all := []*rbac.Authority{
		process(n, rbac.Options{MaxStaleness: time.Millisecond, CacheBytes: 20_000}),
		process(n, rbac.Options{MaxStaleness: time.Millisecond, EagerLimit: -1, CacheBytes: 6_000}),
		process(db, rbac.Options{EagerLimit: 3}),
	}
	roles := make([]rbac.RoleID, tenants)
	for i := range tenants {
		r, err := all[0].Tenant(fmt.Sprintf("t%d", i)).CreateRole(ctx, sys, rbac.NewRole{Name: "Role", Permissions: rbac.Set(fxA)})
		if err != nil {
			t.Fatal(err)
		}
		roles[i] = r.Role.ID
	}
	benign := func(err error) bool {
		return err == nil || errors.Is(err, rbac.ErrStale) || errors.Is(err, rbac.ErrUnavailable) || errors.Is(err, rbac.ErrDenied)
	}
	var wg sync.WaitGroup
	worker := func(k uint64, f func(r *rand.Rand, a *rbac.Authority, tenant *rbac.Authority, i int) error) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, k))
			for range long(1_500, 100) {
				a, i := all[r.IntN(len(all))], r.IntN(tenants)
				if err := f(r, a, a.Tenant(fmt.Sprintf("t%d", i)), i); !benign(err) {
					t.Error(err)
				}
			}
		})
	}
	user := func(r *rand.Rand) string { return fmt.Sprintf("u%d", r.IntN(8)) }
	for k := range uint64(3) {
		worker(k, func(r *rand.Rand, _ *rbac.Authority, x *rbac.Authority, _ int) error {
			switch r.IntN(8) {
			case 0:
				p, err := x.Fresh().Resolve(ctx, rbac.As(user(r)))
				if err == nil {
					_, err = x.AtLeast(p.Token()).Can(ctx, rbac.As(user(r)), fxA)
				}
				return err
			case 1:
				_, err := x.ServeStale(time.Second).Can(ctx, rbac.As(user(r)).InGroups("g"), fxA)
				return err
			}
			return x.Check(ctx, rbac.As(user(r)), fxA)
		})
	}
	worker(10, func(r *rand.Rand, _ *rbac.Authority, x *rbac.Authority, i int) error {
		var op rbac.Op
		switch r.IntN(8) {
		case 0:
			op = rbac.Grant(roles[i], fxB)
		case 1:
			op = rbac.Revoke(roles[i], fxB)
		case 2:
			op = rbac.AddMember("g", rbac.User(user(r)))
		case 3:
			op = rbac.Offboard(rbac.User(user(r)))
		default:
			op = fxAssign(rbac.User(user(r)), roles[i])
		}
		receipt, err := x.Apply(ctx, sys, op)
		if err == nil && r.IntN(4) == 0 {
			err = x.Published(receipt.Token)
		}
		return err
	})
	worker(11, func(r *rand.Rand, a *rbac.Authority, _ *rbac.Authority, _ int) error { // tenants nobody has heard of
		_, err := a.Tenant(fmt.Sprintf("new%d", r.Uint32())).Can(ctx, rbac.As(user(r)), fxA)
		return err
	})
	wg.Go(func() {
		for i := range long(100, 20) {
			a := all[i%len(all)]
			_ = a.Start(ctx)
			if i%25 == 0 {
				runtime.GC()
			}
			select { // nobody may be listening
			case n.hints <- fmt.Sprintf("t%d", i%tenants):
			default:
			}
			a.Close()
		}
	})
	wg.Wait()
	for i := range tenants { // and in the end all agree
		tenant := fmt.Sprintf("t%d", i)
		for u := range 8 {
			want, err := process(db, rbac.Options{}).Tenant(tenant).Can(ctx, rbac.As(fmt.Sprintf("u%d", u)), fxA)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := all[2].Tenant(tenant).Fresh().Can(ctx, rbac.As(fmt.Sprintf("u%d", u)), fxA); got != want || err != nil {
				t.Errorf("%s u%d: %t, %v, want %t", tenant, u, got, err, want)
			}
		}
	}
}
