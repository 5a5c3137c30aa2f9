package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// long multiplies what a test does, in the long tier.
func long(n, factor int) int {
	if os.Getenv("RBAC_LONG") != "" {
		return n * factor
	}
	return n
}

// TestS26_OwnChangesAreSeenAtOnce walks through every kind of change. After
// each, what a check of the same process says is what a reader without any
// memory says. The clock stands still, so that no lease ever ends.
func TestS26_OwnChangesAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	for _, k := range append(kept[:3:3], struct {
		name    string
		options rbac.Options
	}{"whole, and next to nothing", rbac.Options{CacheBytes: 1}}) {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			o := k.options
			o.MultiTenant = true
			w := fxEmpty(t, &o)
			root, early := w.Authority, w.Tenant("acme")
			w.Authority, w.tenant = early, "acme"
			users := []string{"olivia", "ann", "bob", "carl", "dora", "nobody"}
			same := func(step string, collect bool) {
				t.Helper()
				for again := range 2 {
					if collect && again > 0 {
						runtime.GC()
					}
					for name, a := range map[string]*rbac.Authority{"bound before": early, "bound after": root.Tenant("acme")} {
						for _, user := range users {
							got, err := a.Resolve(w.ctx, rbac.As(user))
							if err != nil {
								t.Fatal(err)
							}
							blank, err := rbac.New(w.store, w.Catalog(), &rbac.Options{MultiTenant: true, Now: w.clock.now})
							if err != nil {
								t.Fatal(err)
							}
							want, err := blank.Tenant("acme").Resolve(w.ctx, rbac.As(user))
							if err != nil {
								t.Fatal(err)
							}
							if got.Token() != want.Token() {
								t.Fatalf("%s: %s: %s is answered by an older state", step, name, user)
							}
							if diff := cmp.Diff(want.Permissions().String(), got.Permissions().String()); diff != "" || want.IsOwner() != got.IsOwner() {
								t.Fatalf("%s: %s: %s (-want +got):\n%s", step, name, user, diff)
							}
						}
					}
				}
			}
			var role, other rbac.RoleID
			ann, bob := rbac.User("ann"), rbac.User("bob")
			steps := []struct {
				name string
				do   func()
			}{
				{"nothing yet", func() {}},
				{"bootstrap", func() { w.must(w.Bootstrap(w.ctx, w.sys, "olivia")) }},
				{"create", func() { role = w.named("Clerk", fxA, fxB) }},
				{"assign", func() { w.give(ann, role) }},
				{"assign to a group", func() { w.give(rbac.Group("g"), role) }},
				{"join", func() { w.join("g", bob) }},
				{"nest", func() { w.join("g", rbac.Group("h")); w.join("h", rbac.User("carl")) }},
				{"grant", func() { w.must(w.Grant(w.ctx, w.sys, role, fxC)) }},
				{"revoke", func() { w.must(w.Revoke(w.ctx, w.sys, role, fxA)) }},
				{"rename", func() { w.accepted(w.sys, w.rename(role, "Scribe")) }},
				{"suspend", func() { w.move(role, rbac.Suspended) }},
				{"activate", func() { w.move(role, rbac.Active) }},
				{"block", func() { w.move(role, rbac.Blocked) }},
				{"unblock", func() { w.move(role, rbac.Active) }},
				{"unnest", func() { w.must(w.RemoveMember(w.ctx, w.sys, "g", rbac.Group("h"))) }},
				{"nest again", func() { w.join("g", rbac.Group("h")) }},
				{"assign for a while", func() {
					w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("dora"), Role: role, Until: w.clock.now().Add(time.Hour)}))
				}},
				{"delete and reassign", func() {
					other = w.named("Heir", fxX)
					w.accepted(w.sys, w.reassign(role, other))
				}},
				{"leave", func() { w.must(w.RemoveMember(w.ctx, w.sys, "g", bob)) }},
				{"unassign", func() { w.must(w.Unassign(w.ctx, w.sys, ann, other)) }},
				{"batch", func() {
					w.accepted(w.sys, rbac.Grant(other, fxY), fxAssign(ann, other), rbac.AddMember("h", bob), rbac.Offboard(rbac.User("dora")))
				}},
				{"offboard a group", func() { w.must(w.Offboard(w.ctx, w.sys, rbac.Group("g"))) }},
				{"offboard", func() { w.must(w.Offboard(w.ctx, w.sys, ann)) }},
				{"erase", func() { w.must(w.EraseTenant(w.ctx, w.sys)) }},
				{"begin anew", func() {
					w.must(w.Bootstrap(w.ctx, w.sys, "carl"))
					w.give(ann, w.named("Clerk", fxQ))
				}},
			}
			for i, s := range steps {
				s.do()
				same(s.name, i%8 == 7)
			}
		})
	}
}

// The same with random changes, which come from two processes in turn: one's
// own are seen at once, the other's when they are asked for by their token.
func TestS26_RandomChanges(t *testing.T) {
	t.Parallel()
	for i, k := range kept {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano()) + uint64(i)
			t.Logf("seed %d", seed)
			o := k.options
			w := fxEmpty(t, &o)
			r := w.randomize(seed, 0)
			there, err := rbac.New(w.store, w.Catalog(), &rbac.Options{Now: w.clock.now, EagerLimit: -1})
			if err != nil {
				t.Fatal(err)
			}
			for n := range long(250, 40) {
				by, at := w.Authority, w.Authority
				if n%3 == 0 {
					by = there
				}
				receipt, err := by.Apply(w.ctx, w.sys, r.op())
				if err != nil {
					continue
				}
				if by == there {
					at = w.AtLeast(receipt.Token)
				}
				blank, err := rbac.New(w.store, w.Catalog(), &rbac.Options{Now: w.clock.now, EagerLimit: 1 << 20})
				if err != nil {
					t.Fatal(err)
				}
				for _, user := range fxUsers {
					got, err := at.Resolve(w.ctx, rbac.As(user))
					if err != nil {
						t.Fatal(err)
					}
					want, err := blank.Resolve(w.ctx, rbac.As(user))
					if err != nil {
						t.Fatal(err)
					}
					if got.Token() != want.Token() || got.IsOwner() != want.IsOwner() {
						t.Fatalf("change %d: %s is answered by another state", n, user)
					}
					fxDiff(t, want.Permissions().String(), got.Permissions().String())
				}
			}
		})
	}
}

// parked lets the n-th call of a method, n from 1, read what it is asked for,
// and holds it there.
func parked(s *hookStore, method string, n int32) (reached, goOn chan struct{}) {
	reached, goOn = make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	s.hook(nil, func(ctx context.Context, m string) error {
		if m == method && calls.Add(1) == n {
			close(reached)
			<-goOn
		}
		return ctx.Err()
	})
	return reached, goOn
}

// What was read before a change, and arrives after it, must not be taken for
// the present.
func TestS26_AnAnswerOvertakenByAChange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options rbac.Options
		method  string
		prepare func(p *pair)
		change  func(p *pair)
	}{
		{
			"a load, by a change whose snapshot was evicted",
			rbac.Options{CacheBytes: 1},
			"Load",
			func(*pair) {},
			func(p *pair) { p.apply(p.here, rbac.Offboard(rbac.User("ann"))) },
		},
		{
			"a user's load, by a change whose snapshot was evicted",
			rbac.Options{CacheBytes: 1, EagerLimit: -1},
			"Load",
			func(*pair) {},
			func(p *pair) { p.apply(p.here, rbac.Offboard(rbac.User("ann"))) },
		},
		{
			"a user's load, by a change about the user",
			rbac.Options{EagerLimit: -1},
			"Load",
			func(p *pair) {
				if _, err := p.here.Can(p.ctx, rbac.As("carl"), fxA); err != nil {
					p.Fatal(err)
				}
			},
			func(p *pair) { p.apply(p.here, rbac.Offboard(rbac.User("ann"))) },
		},
		{
			"a load, by a change after which the tenant is too large",
			rbac.Options{CacheBytes: 8_000},
			"Load",
			func(*pair) {},
			func(p *pair) {
				ops := []rbac.Op{rbac.Offboard(rbac.User("ann"))}
				for i := range 6 {
					ops = append(ops, rbac.CreateRole(rbac.NewRole{Name: fmt.Sprintf("Large %d", i), Description: strings.Repeat("x", 1_000), Permissions: rbac.Set()}))
				}
				p.apply(p.here, ops...)
			},
		},
		{
			"a load, by a change",
			rbac.Options{},
			"Load",
			func(*pair) {},
			func(p *pair) { p.apply(p.here, rbac.Offboard(rbac.User("ann"))) },
		},
		{
			"a poll, by a change",
			rbac.Options{},
			"Heads",
			func(p *pair) { p.want("yes"); p.clock.Add(p.max, p.max) },
			func(p *pair) { p.apply(p.here, rbac.Offboard(rbac.User("ann"))) },
		},
		{
			"a load, by a transaction of the host's",
			rbac.Options{},
			"Load",
			func(*pair) {},
			func(p *pair) {
				if err := p.here.Published(p.revoke().Token); err != nil {
					p.Fatal(err)
				}
			},
		},
		{
			"a poll, by a transaction of the host's",
			rbac.Options{},
			"Heads",
			func(p *pair) { p.want("yes"); p.clock.Add(p.max, p.max) },
			func(p *pair) {
				if err := p.here.Published(p.revoke().Token); err != nil {
					p.Fatal(err)
				}
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, tt.options)
			tt.prepare(p)
			reached, goOn := parked(p.store, tt.method, 1)
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				_, _ = p.here.Can(p.ctx, rbac.As("ann"), fxA) // either answer will do: the call began before the change
			}()
			<-reached
			tt.change(p)
			close(goOn)
			<-answered
			p.want("no")
		})
	}
}

// TestS26_OneRevisionPerCheck moves a permission from role to role, and users
// from role to role and group to group, in one change, so that none of them
// ever has it, and everybody would by the model of one revision and the
// assignments of another.
func TestS26_OneRevisionPerCheck(t *testing.T) {
	t.Parallel()
	const users, checkers = 12, 4
	enough := int64(long(1_000, 10)) // moves, at least
	if testing.Short() {
		enough = 200
	}
	checks := long(100_000, 10) / checkers
	db := memory.New()
	ctx, sys := t.Context(), rbac.System("test")
	process := func(o rbac.Options) *rbac.Authority {
		s := newHookStore(db)
		s.hook(nil, func(context.Context, string) error { runtime.Gosched(); return nil })
		a, err := rbac.New(s, fxCatalog(t), &o)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	var loads, polls, evictions [2]atomic.Int64
	options := func(i int, o rbac.Options) rbac.Options {
		o.Observe = func(x rbac.Observation) {
			switch x.Event {
			case rbac.ObservedLoad:
				loads[i].Add(1)
			case rbac.ObservedPoll:
				polls[i].Add(1)
			case rbac.ObservedEvict:
				evictions[i].Add(1)
			}
		}
		return o
	}
	here := process(options(0, rbac.Options{EagerLimit: -1, CacheBytes: 5_500}))
	there := process(options(1, rbac.Options{EagerLimit: -1, CacheBytes: 5_500, MaxStaleness: time.Millisecond}))
	apply := func(ops ...rbac.Op) rbac.Receipt {
		r, err := here.Apply(ctx, sys, ops...)
		if err != nil {
			t.Error(err)
		}
		return r
	}
	user := func(i int) rbac.Subject { return rbac.User(fmt.Sprintf("u%d", i)) }
	roles := apply(fxCreate("One", fxX), fxCreate("Two"), fxCreate("Lent", fxY)).Roles
	one, two, lent := roles[0].ID, roles[1].ID, roles[2].ID
	apply(fxAssign(rbac.Group("g1"), lent))
	for i := range users {
		apply(fxAssign(user(i), two), rbac.AddMember("g2", user(i)))
	}
	var done atomic.Bool
	var moves, granted, failed, answered atomic.Int64
	var writer, readers sync.WaitGroup
	writer.Go(func() {
		from, to, off, on := one, two, "g1", "g2" // role `from` and group `off` confer; users are in the others
		for !done.Load() {
			ops := []rbac.Op{
				rbac.Revoke(from, fxX), rbac.Grant(to, fxX),
				rbac.Unassign(rbac.Group(off), lent), fxAssign(rbac.Group(on), lent),
			}
			for i := range users {
				ops = append(ops, rbac.Unassign(user(i), to), fxAssign(user(i), from), rbac.RemoveMember(on, user(i)), rbac.AddMember(off, user(i)))
			}
			apply(ops...)
			moves.Add(1)
			from, to, off, on = to, from, on, off
		}
	})
	for c := range checkers {
		readers.Go(func() {
			a, p := []*rbac.Authority{here, there}[c%2], []rbac.Permission{fxX, fxY}[c/2]
			for n := 0; n < checks || moves.Load() < enough; n++ {
				ok, err := a.Can(ctx, rbac.As(fmt.Sprintf("u%d", n%users)), p)
				switch {
				case errors.Is(err, rbac.ErrStale), errors.Is(err, rbac.ErrUnavailable):
					failed.Add(1) // not a yes
				case err != nil:
					t.Error(err)
				case ok:
					granted.Add(1)
				default:
					answered.Add(1)
				}
			}
		})
	}
	readers.Wait()
	done.Store(true)
	writer.Wait()
	t.Logf("%d moves, %d answers, %d without an answer; loads %d and %d, polls %d and %d, evictions %d and %d", moves.Load(), answered.Load(), failed.Load(),
		loads[0].Load(), loads[1].Load(), polls[0].Load(), polls[1].Load(), evictions[0].Load(), evictions[1].Load())
	if n := granted.Load(); n > 0 {
		t.Errorf("%d checks were granted what nobody ever had", n)
	}
	if answered.Load() == 0 { // how many a slow machine answers in a lease of a millisecond is nobody's promise
		t.Error("no check had an answer")
	}
	if moves.Load() == 0 || loads[0].Load() == 0 || loads[1].Load() == 0 || evictions[0].Load() == 0 || evictions[1].Load() == 0 {
		t.Error("nothing was mixed with anything")
	}
}

// The oracle of TestS26_OneRevisionPerCheck can see a mixture: the model after
// a move, with the assignments before it, confers.
func TestS26_MixedRevisionsWouldGrant(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	one, two := w.named("One", fxX), w.named("Two")
	w.give(rbac.User("u"), two)
	move := []rbac.Op{rbac.Revoke(one, fxX), rbac.Grant(two, fxX), rbac.Unassign(rbac.User("u"), two), fxAssign(rbac.User("u"), one)}
	for _, half := range [][]rbac.Op{move[:2], move[2:]} {
		c := w.clone()
		c.accepted(c.sys, half...)
		if !c.can("u", fxX) {
			t.Error("half a move gives nothing")
		}
	}
	w.accepted(w.sys, move...)
	if w.can("u", fxX) {
		t.Error("a whole move gives something")
	}
}

// Tokens: the state asked for or a later one, at the price of one question.
func TestS26_AtLeast(t *testing.T) {
	t.Parallel()
	for _, k := range kept[:2] {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, k.options)
			p.want("yes")
			first, err := p.here.Resolve(p.ctx, rbac.As("ann"))
			if err != nil {
				t.Fatal(err)
			}
			p.revoke()
			second := p.apply(p.there, fxAssign(rbac.User("bob"), p.role)).Token
			p.store.counted()
			// Of the state at hand, or an older one: nothing is asked.
			if ok, err := p.here.AtLeast(first.Token()).Can(p.ctx, rbac.As("ann"), fxA); !ok || err != nil {
				t.Errorf("AtLeast the state at hand: %t, %v", ok, err)
			}
			fxDiff(t, map[string]int{}, p.store.counted())
			// Of a later one: one poll, and the log.
			got, err := p.here.AtLeast(second).Resolve(p.ctx, rbac.As("ann"))
			if err != nil || got.Can(fxA) || got.Token() != second {
				t.Errorf("AtLeast a later state: %v as of %s, %v", got.Permissions(), got.Token(), err)
			}
			fxDiff(t, map[string]int{"Heads": 1, "Log": 1}, p.store.counted())
			p.want("no") // and nobody goes back
			if calls := p.store.counted(); len(calls) > 0 {
				t.Errorf("asked %v", calls)
			}
			// Both at once is the later one, in whatever order.
			third := p.apply(p.there, fxAssign(rbac.User("ann"), p.role)).Token
			for _, a := range []*rbac.Authority{p.here.AtLeast(third).AtLeast(second), p.here.AtLeast(second).AtLeast(third)} {
				if ok, err := a.Can(p.ctx, rbac.As("ann"), fxA); !ok || err != nil {
					t.Errorf("AtLeast two states: %t, %v", ok, err)
				}
			}
			// A state that is not there yet.
			ahead := backup(t, p.db, "default", 5)
			other := p.process(ahead, rbac.Options{Now: p.clock.Now})
			var future rbac.Token
			for i := range 5 {
				future = p.apply(other, fxAssign(rbac.User(fmt.Sprintf("u%d", i)), p.role)).Token
			}
			p.store.counted()
			for range 3 {
				if ok, err := p.here.AtLeast(future).Can(p.ctx, rbac.As("ann"), fxA); ok || !errors.Is(err, rbac.ErrStale) {
					t.Errorf("AtLeast a state that is not there yet: %t, %v", ok, err)
				}
				fxDiff(t, map[string]int{"Heads": 1}, p.store.counted())
			}
			if err := p.here.AtLeast(future).Check(p.ctx, rbac.As("ann"), fxA); !errors.Is(err, rbac.ErrStale) || errors.Is(err, rbac.ErrDenied) {
				t.Errorf("AtLeast a state that is not there yet: %v", err)
			}
			// What writes nothing is bound by it, too.
			if _, err := p.here.AtLeast(future).Roles(p.ctx, p.sys, rbac.PageQuery{}); !errors.Is(err, rbac.ErrStale) {
				t.Errorf("Roles: %v", err)
			}
		})
	}
}

func TestS26_AtLeastOfGarbage(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	mine := one.must(one.CreateRole(one.ctx, one.sys, rbac.NewRole{Name: "Mine", Permissions: rbac.Set(fxA)})).Token
	for name, token := range map[string]rbac.Token{
		"empty": "", "garbage": "garbage", "another tenant's": mine, "cut short": mine[:len(mine)-2], "longer": mine + "A",
		"another version": "v2." + mine[3:],
	} {
		two.store.setFault(nil)
		a := two.AtLeast(token)
		_, err := a.Can(two.ctx, two.owner, fxA)
		fxInvalid(t, "token", err)
		_, err = a.Resolve(two.ctx, two.owner)
		fxInvalid(t, "token", err)
		_, err = a.Roles(two.ctx, two.sys, rbac.PageQuery{})
		fxInvalid(t, "token", err)
		_, err = a.AtLeast(two.must(two.Assign(two.ctx, two.sys, rbac.NewAssignment{Subject: rbac.User("x"), Role: rbac.UserRole})).Token).Can(two.ctx, two.owner, fxA)
		fxInvalid(t, "token", err)
		fxInvalid(t, "token", two.Published(token))
		two.must(two.Unassign(two.ctx, two.sys, rbac.User("x"), rbac.UserRole))
		if t.Failed() {
			t.Fatalf("token %s", name)
		}
	}
}

// Fresh asks each time, once, and sees everything that was done before.
func TestS26_Fresh(t *testing.T) {
	t.Parallel()
	for _, k := range kept[:2] {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, k.options)
			p.want("yes")
			fresh := p.here.Fresh()
			p.store.counted()
			if err := fresh.Check(p.ctx, rbac.As("ann"), fxA); err != nil {
				t.Error(err)
			}
			fxDiff(t, map[string]int{"Heads": 1}, p.store.counted())
			p.revoke()
			if err := fresh.Check(p.ctx, rbac.As("ann"), fxA); !errors.Is(err, rbac.ErrDenied) {
				t.Errorf("after a revocation elsewhere: %v", err)
			}
			fxDiff(t, map[string]int{"Heads": 1, "Log": 1}, p.store.counted())
			p.store.hook(outOfReach, nil)
			if err := fresh.Check(p.ctx, rbac.As("ann"), fxA); !errors.Is(err, rbac.ErrStale) {
				t.Errorf("out of reach: %v", err)
			}
		})
	}
}

// waiting is a context that tells when somebody begins to wait for its end.
type waiting struct {
	context.Context
	once  sync.Once
	waits chan struct{}
}

func newWaiting(ctx context.Context) *waiting {
	return &waiting{Context: ctx, waits: make(chan struct{})}
}

func (w *waiting) Done() <-chan struct{} {
	w.once.Do(func() { close(w.waits) })
	return w.Context.Done()
}

// A question that is out already is not taken for an answer to a later call.
func TestS26_FreshDoesNotJoinAnEarlierQuestion(t *testing.T) {
	t.Parallel()
	p := newPair(t, rbac.Options{})
	p.want("yes")
	reached, goOn := parked(p.store, "Heads", 1)
	early, late := make(chan error, 1), make(chan error, 1)
	go func() { early <- p.here.Fresh().Check(p.ctx, rbac.As("ann"), fxA) }()
	<-reached
	p.revoke()
	ctx := newWaiting(p.ctx)
	go func() { late <- p.here.Fresh().Check(ctx, rbac.As("ann"), fxA) }()
	<-ctx.waits
	close(goOn)
	<-early // it may go either way
	if err := <-late; !errors.Is(err, rbac.ErrDenied) {
		t.Errorf("the later call: %v", err)
	}
}

// However many wait for one tenant, the store is asked once.
func TestS26_SingleFlight(t *testing.T) {
	t.Parallel()
	for _, k := range kept[:2] {
		for _, tt := range []struct {
			name, method string
			prepare      func(p *pair)
			want         map[string]int
		}{
			{"the lease has ended", "Heads", func(p *pair) { p.want("yes"); p.clock.Add(p.max, p.max) }, map[string]int{"Heads": 1}},
			{"nothing is loaded", "Load", func(*pair) {}, map[string]int{"Load": 1}},
		} {
			t.Run(k.name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				p := newPair(t, k.options)
				tt.prepare(p)
				reached, goOn := parked(p.store, tt.method, 1)
				var wg sync.WaitGroup
				ask := func(ctx context.Context) {
					wg.Go(func() {
						if ok, err := p.here.Can(ctx, rbac.As("ann"), fxA); !ok || err != nil {
							t.Errorf("got %t, %v", ok, err)
						}
					})
				}
				ask(p.ctx)
				<-reached
				for range 50 {
					ctx := newWaiting(p.ctx)
					ask(ctx)
					<-ctx.waits
				}
				close(goOn)
				wg.Wait()
				fxDiff(t, tt.want, p.store.counted())
			})
		}
	}
}

// The same with nothing to order them: who saw that the lease had ended, and
// comes when another has renewed it, does not ask again.
func TestS26_SingleFlightUnordered(t *testing.T) {
	t.Parallel()
	p := newPair(t, rbac.Options{})
	p.want("yes")
	for range long(200, 20) {
		p.clock.Add(p.max, p.max)
		p.store.counted()
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if ok, err := p.here.Can(p.ctx, rbac.As("ann"), fxA); !ok || err != nil {
					t.Errorf("got %t, %v", ok, err)
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[string]int{"Heads": 1}, p.store.counted()); diff != "" {
			t.Fatal(diff)
		}
	}
}

// Who gives up leaves the others their answer, and a panic of the store is
// everybody's, and over with the question.
func TestS26_FlightsEnd(t *testing.T) {
	t.Parallel()
	p := newPair(t, rbac.Options{})
	p.want("yes")
	p.clock.Add(p.max, p.max)
	reached, goOn := parked(p.store, "Heads", 1)
	ctx, cancel := context.WithCancel(p.ctx)
	gone, stays := make(chan error, 1), make(chan error, 1)
	go func() { gone <- p.here.Check(ctx, rbac.As("ann"), fxA) }()
	<-reached
	joins := newWaiting(p.ctx)
	go func() { stays <- p.here.Check(joins, rbac.As("ann"), fxA) }()
	<-joins.waits
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: %v", err)
	}
	close(goOn)
	if err := <-stays; err != nil {
		t.Errorf("who stayed: %v", err)
	}

	p.clock.Add(p.max, p.max)
	p.store.hook(func(context.Context, string) error { panic("of the store") }, nil)
	func() {
		defer func() {
			if got := recover(); got != "of the store" {
				t.Errorf("recovered %v", got)
			}
		}()
		err := p.here.Check(p.ctx, rbac.As("ann"), fxA)
		t.Errorf("no panic, but %v", err)
	}()
	p.store.hook(func(context.Context, string) error { runtime.Goexit(); return nil }, nil)
	for _, a := range []*rbac.Authority{p.here, p.here.Fresh()} {
		if err := a.Check(p.ctx, rbac.As("ann"), fxA); !errors.Is(err, rbac.ErrStale) {
			t.Errorf("a store that ends the goroutine: %v", err)
		}
	}
	p.store.hook(nil, nil)
	p.want("yes")
	p.store.hook(func(context.Context, string) error { runtime.Goexit(); return nil }, nil)
	if err := p.here.Fresh().Check(p.ctx, rbac.As("ann"), fxA); !errors.Is(err, rbac.ErrStale) {
		t.Errorf("Fresh, of a store that ends the goroutine: %v", err)
	}
	p.store.hook(nil, nil)
	p.want("yes")
}

// ServeStale gives what was last known, while the store is out of reach, up to
// an age, and to those who ask for it.
func TestS26_ServeStale(t *testing.T) {
	t.Parallel()
	for _, k := range kept[:2] {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, k.options)
			ordinary := p.here
			lenient := p.here.ServeStale(time.Minute)
			p.want("yes")
			p.revoke()
			p.store.hook(outOfReach, nil)
			p.clock.Add(time.Minute-time.Microsecond, time.Minute-time.Microsecond)
			p.want("error")
			p.here = lenient
			p.want("yes")
			if _, err := lenient.Can(p.ctx, rbac.As("stranger"), fxA); k.options.EagerLimit < 0 && err == nil {
				t.Error("an answer about somebody of whom nothing is known")
			}
			p.here = ordinary.ServeStale(time.Minute - time.Microsecond)
			p.want("error")
			p.here = lenient
			p.clock.Add(time.Microsecond, 0)
			p.want("error")
			p.clock.Add(-time.Microsecond, time.Microsecond)
			p.want("error")
			p.clock.Add(-time.Hour, -time.Microsecond)
			p.want("error") // of the future
			p.clock.Add(time.Hour, 0)
			p.want("yes")
			p.here = ordinary
			p.want("error")

			p.store.hook(nil, nil)
			p.here = lenient
			p.want("no")
			p.store.hook(outOfReach, nil)
			p.want("no") // under the lease
			later := p.apply(p.there, fxAssign(rbac.User("ann"), p.role), rbac.AddMember("g", rbac.User("ann"))).Token
			if _, err := lenient.AtLeast(later).Can(p.ctx, rbac.As("ann"), fxA); !errors.Is(err, rbac.ErrStale) {
				t.Errorf("AtLeast a state that is not known: %v", err)
			}
			// What one knows to be overtaken is not served.
			if err := lenient.Published(later); err != nil {
				t.Fatal(err)
			}
			p.want("error")
		})
	}
}

// Published makes the next check ask.
func TestS26_Published(t *testing.T) {
	t.Parallel()
	for _, k := range kept[:2] {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, k.options)
			p.want("yes")
			token := p.revoke().Token
			p.want("yes")
			p.store.counted()
			if err := p.here.Published(token); err != nil {
				t.Fatal(err)
			}
			p.want("no")
			fxDiff(t, map[string]int{"Heads": 1, "Log": 1}, p.store.counted())
			if err := p.here.Published(token); err != nil { // known already
				t.Fatal(err)
			}
			p.want("no")
			if calls := p.store.counted(); len(calls) > 0 {
				t.Errorf("asked %v", calls)
			}
		})
	}
}
