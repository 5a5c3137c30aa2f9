package rbac

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac/store/memory"
)

// A lease that has ended does not hold at any time.
func TestClock_Ended(t *testing.T) {
	t.Parallel()
	for _, at := range []moment{{}, {-5, -5}, {time.Now().UnixMicro(), 0}} {
		if ended.holds(at, 2_000_000) {
			t.Errorf("it holds at %+v", at)
		}
	}
}

// twoHands are clocks whose readers are counted, and can be stopped.
type twoHands struct {
	*TwoClocks
	reads   int    // of both
	reading func() // while both are being read and a timer runs
}

func newTwoHands(length time.Duration) (*twoHands, *clock) {
	h := &twoHands{TwoClocks: NewTwoClocks(begun)}
	k := &clock{now: h.both}
	k.trust(h.wallOnly, h.After, length/timerShare)
	return h, k
}

func (h *twoHands) both() time.Time {
	h.reads++
	t := h.Now()
	if h.reading != nil && len(h.timers) > 0 {
		h.reading()
	}
	return t
}

func (h *twoHands) wallOnly() int64 { return h.Now().UnixMicro() }

// exact is what there is to know.
func (h *twoHands) exact() moment { return moment{h.wallOnly(), h.mono.Microseconds()} }

// A lease lasts as long as it does by both clocks, to the microsecond, whatever
// becomes of them: timers are late, the machine is suspended, the wall clock
// set back; but not so that a timer is late by more than its time while the
// wall clock is wrong.
func TestClock_AsIfBothWereRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		length := time.Duration(rapid.SampledFrom([]int64{800, 1_000_000, 2_000_000}).Draw(t, "length")) * time.Microsecond
		h, k := newTwoHands(length)
		patient := rapid.Bool().Draw(t, "timers")
		if patient {
			h.Late = length / timerShare * time.Duration(rapid.IntRange(0, 4).Draw(t, "late")) / 4
		} else {
			h.Late = time.Hour
		}
		ticks := rapid.Map(rapid.Int64Range(0, 20), func(n int64) int64 { return n * int64(length) / (4 * timerShare) })
		steps := rapid.OneOf(ticks, ticks, rapid.Int64Range(0, int64(length/100)), rapid.Int64Range(0, 3*int64(length)))
		leases := []lease{{from: k.moment()}}
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			d := time.Duration(steps.Draw(t, "ns")).Truncate(time.Microsecond)
			switch kind := rapid.SampledFrom([]string{"pass", "pass", "pass", "suspend", "set back", "hold", "lease"}).Draw(t, "kind"); {
			case kind == "suspend":
				h.Add(d, 0)
			case kind == "set back" && patient:
				h.Add(-d, 0)
			case kind == "hold" && patient:
				h.Add(0, d)
			case kind == "lease":
				leases = append(leases, lease{from: k.moment()})
			default:
				h.Add(d, d)
			}
			for _, l := range leases {
				exact := h.exact()
				wall, ok := k.within(&l, length.Microseconds())
				if want := l.holds(exact, length.Microseconds()); ok != want || wall != exact.wall {
					t.Fatalf("a lease from %+v at %+v: %t at %d, want %t", l.from, exact, ok, wall, want)
				}
			}
			if len(h.timers) > 1 {
				t.Fatalf("%d timers", len(h.timers))
			}
		}
	})
}

// A timer may be late by its time while the wall clock stands, at whatever age
// of the lease the clocks were last read.
func TestClock_LateTimer(t *testing.T) {
	t.Parallel()
	const (
		length  = 2 * time.Second
		tick    = length / timerShare
		quarter = tick / 4
	)
	for late := time.Duration(0); late <= tick; late += quarter {
		for age := time.Duration(0); age < length; age += quarter {
			h, k := newTwoHands(length)
			l := lease{from: k.at(h.both())}
			h.Late = late
			h.Add(age, age)
			k.moment()
			for h.mono < length+tick {
				h.Add(0, quarter)
				if _, ok := k.within(&l, length.Microseconds()); ok != (h.mono < length) {
					t.Fatalf("read at %v, timers late by %v: after %v the lease lasts: %t", age, late, h.mono, ok)
				}
			}
		}
	}
}

// As long as the clocks go on and leases are renewed, hardly a check reads both.
func TestClock_ReadsOne(t *testing.T) {
	t.Parallel()
	const length = 2 * time.Second
	h, k := newTwoHands(length)
	l := lease{from: k.moment()}
	for i := range 100_000 {
		h.Add(time.Millisecond, time.Millisecond)
		if i%1_000 == 999 {
			l = lease{from: k.at(h.both())}
		}
		if _, ok := k.within(&l, length.Microseconds()); !ok {
			t.Fatalf("the lease has ended after %d ms", i%1_000)
		}
	}
	if h.reads > 1_000 {
		t.Errorf("both clocks were read %d times in 100 s", h.reads)
	}
}

// Who is stopped between the setting of a timer and the reading of the clocks,
// or while reading them, lets nobody take an old reading for a new one.
func TestClock_StoppedWhileReading(t *testing.T) {
	t.Parallel()
	const length = 2 * time.Second
	for name, tt := range map[string]struct {
		stopped time.Duration
		others  bool
	}{
		"shortly":                      {length / timerShare / 2, false},
		"past the timer":               {10 * length, false},
		"shortly, others go on":        {length / timerShare / 2, true},
		"past the timer, others go on": {10 * length, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, k := newTwoHands(length)
			l := lease{from: k.at(h.both())}
			h.reading = func() {
				h.reading = nil
				for range 10 {
					h.Add(0, tt.stopped/10) // the wall clock stands
					if !tt.others {
						continue
					}
					if _, ok := k.within(&l, length.Microseconds()); ok != (h.mono < length) {
						t.Errorf("after %v the lease lasts: %t", h.mono, ok)
					}
				}
			}
			if k.moment(); h.reading != nil {
				t.Error("nobody was stopped")
			}
			for range 40 {
				if _, ok := k.within(&l, length.Microseconds()); ok != (h.mono < length) {
					t.Errorf("after %v the lease lasts: %t", h.mono, ok)
				}
				h.Add(0, length/20)
			}
		})
	}
}

// On the machine's own clocks, by many goroutines at once. Timers may be as late
// as they like here, so that a yes is held against the wall clock alone.
func TestClock_AtOnce(t *testing.T) {
	t.Parallel()
	const length = 20 * time.Millisecond
	k := newClock(nil, length)
	k.trust(func() int64 { return time.Now().UnixMicro() }, func(d time.Duration, f func()) { time.AfterFunc(d, f) }, length/timerShare)
	l := lease{from: k.moment()}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for over := false; !over; {
				over = k.moment().wall-l.from.wall >= length.Microseconds()
				_, ok := k.within(&l, length.Microseconds())
				if after := k.moment(); ok && over || !ok && l.holds(after, length.Microseconds()) {
					t.Errorf("at %+v a lease from %+v lasts: %t", after, l.from, ok)
				}
			}
		})
	}
	all.Wait()
}

// Where a lease is so short that a busy machine can keep a timer waiting for a
// good part of it, and where the host has a clock of its own, both are read.
func TestClock_WithoutTimers(t *testing.T) {
	t.Parallel()
	for _, k := range []*clock{newClock(nil, timerShare*minTick-1), newClock(time.Now, time.Hour)} {
		if k.wall != nil {
			t.Error("the wall clock is read alone")
		}
	}
	if k := newClock(nil, timerShare*minTick); (k.wall == nil) != (wallClock == nil) {
		t.Error("both clocks are always read")
	}
}

// Nothing lasts by what has not been read, or was too long ago.
func TestClock_NothingReadBoundsNothing(t *testing.T) {
	t.Parallel()
	const most = math.MaxInt64 / 1_000 // µs in the longest time.Duration
	for _, bound := range []int64{unread, overdue} {
		for _, from := range []int64{-most, 0, 1 << 40, most} {
			for _, length := range []int64{1, 2_000_000, most} {
				l := lease{from: moment{1_000, from}}
				if l.holds(moment{1_000, bound}, length) {
					t.Errorf("a lease of %d from %d lasts at %d", length, from, bound)
				}
			}
		}
	}
}

// However many read the clocks at once, one timer runs.
func TestClock_OneTimerAtOnce(t *testing.T) {
	t.Parallel()
	k := newClock(time.Now, 8*time.Millisecond)
	var running, set atomic.Int64
	k.trust(func() int64 { return time.Now().UnixMicro() }, func(d time.Duration, f func()) {
		set.Add(1)
		if n := running.Add(1); n > 1 {
			t.Errorf("%d timers run", n)
		}
		time.AfterFunc(d, func() { running.Add(-1); f() })
	}, time.Millisecond)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for set.Load() < 20 {
				k.moment()
				runtime.Gosched()
			}
		})
	}
	all.Wait()
}

// A timer of an hour keeps no Authority for an hour.
func TestClock_TimerKeepsNothing(t *testing.T) {
	t.Parallel()
	p := func() weak.Pointer[clock] {
		k := newClock(time.Now, time.Hour)
		k.trust(func() int64 { return time.Now().UnixMicro() }, func(d time.Duration, f func()) { time.AfterFunc(d, f) }, time.Hour)
		if k.moment(); k.last.Load() == nil {
			t.Fatal("no timer")
		}
		return weak.Make(k)
	}()
	for range 20 {
		if runtime.GC(); p.Value() == nil {
			return
		}
	}
	t.Error("the timer keeps the clock")
}

// Who reads the clocks anew when the lease is about to end is stopped meanwhile.
func TestClock_StoppedAtTheEnd(t *testing.T) {
	t.Parallel()
	const (
		length = 2 * time.Second
		tick   = length / timerShare
	)
	h, k := newTwoHands(length)
	l := lease{from: k.at(h.both())}
	h.Add(length-tick/4, length-tick/4)
	h.reading = func() {
		h.reading = nil
		for range 7 {
			h.Add(0, tick/8) // the wall clock stands
			if _, ok := k.within(&l, length.Microseconds()); ok != (h.mono < length) {
				t.Errorf("after %v the lease lasts: %t", h.mono, ok)
			}
		}
	}
	if k.moment(); h.reading != nil {
		t.Error("nobody was stopped")
	}
}

// For how long a timer runs follows from MaxStaleness, and it fires.
func TestClock_OfTheOptions(t *testing.T) {
	t.Parallel()
	for limit, tick := range map[time.Duration]time.Duration{
		0: 250 * time.Millisecond, time.Millisecond: 0, 800*time.Millisecond - 1: 0,
		800 * time.Millisecond: 100 * time.Millisecond, time.Hour: time.Hour / 8,
	} {
		a, err := New(memory.New(), cacheCatalog(t), &Options{MaxStaleness: limit})
		if err != nil {
			t.Fatal(err)
		}
		k := a.clock
		if k.tick != tick || (k.wall == nil) != (tick == 0 || wallClock == nil) {
			t.Errorf("MaxStaleness %v: a timer runs %v, want %v", limit, k.tick, tick)
		}
		if k.moment(); k.wall == nil || tick > time.Second {
			continue
		}
		for look, begin := k.last.Load(), time.Now(); look.bound.Load() != overdue; time.Sleep(time.Millisecond) {
			if time.Since(begin) > time.Minute {
				t.Fatalf("a timer of %v has not fired", tick)
			}
		}
	}
}

// In a bubble the wall clock is the bubble's, however long a lease is.
func TestClock_LongLeaseInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		a, err := New(memory.New(), cacheCatalog(t), &Options{MaxStaleness: math.MaxInt64})
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.Apply(ctx, System("test"), CreateRole(NewRole{Name: "Viewer", Permissions: Set("app.p001.do")}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Apply(ctx, System("test"), Assign(NewAssignment{Subject: User("bob"), Role: r.Role.ID, From: time.Now().Add(time.Hour)})); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := a.Check(ctx, As("bob"), "app.p001.do"); !errors.Is(err, ErrDenied) {
				t.Errorf("%v an hour before it begins", err)
			}
		}
		time.Sleep(time.Hour)
		if err := a.Check(ctx, As("bob"), "app.p001.do"); err != nil {
			t.Error(err)
		}
	})
}

// What is read in a bubble says nothing about the time outside.
func TestClock_OutOfABubble(t *testing.T) {
	t.Parallel()
	const length = 2 * time.Second
	k := newClock(nil, length)
	k.trust(func() int64 { return time.Now().UnixMicro() }, func(d time.Duration, f func()) { time.AfterFunc(d, f) }, length/timerShare)
	l := lease{}
	synctest.Test(t, func(*testing.T) {
		l.from = k.moment()
		k.within(&l, length.Microseconds())
	})
	if _, ok := k.within(&l, length.Microseconds()); ok {
		t.Error("a lease of the bubble lasts outside")
	}
	before := k.at(time.Now()).mono
	k.moment()
	if bound := k.last.Load().bound.Load(); bound < before {
		t.Errorf("the monotonic clock is said not to have passed %d µs at %d", bound, before)
	}
}

// A host's clock may begin without a monotonic reading.
func TestClock_MonotonicLater(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	for name, first := range map[string]time.Time{"zero": {}, "a wall time": begin.Round(0)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := first
			k := newClock(func() time.Time { return now }, time.Hour)
			k.moment()
			now = begin.Add(time.Second)
			l := lease{from: k.moment()}
			now = apart(begin.Add(time.Second+time.Hour), -time.Hour)
			if _, ok := k.within(&l, time.Minute.Microseconds()); ok {
				t.Error("a lease of a minute lasts for an hour by the monotonic clock")
			}
		})
	}
}

// Over another store the time is the host's, too.
func TestClock_Over(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	a, err := New(memory.New(), cacheCatalog(t), &Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // over one that is over another
		a = a.Over(memory.New())
		if got := a.moment(); got.wall != now.UnixMicro() || !a.now().Equal(now) {
			t.Fatalf("%+v, want %d", got, now.UnixMicro())
		}
		now = now.Add(time.Hour)
	}
}

// By default the time is that of time.Now and of nothing else: in a bubble of
// package synctest checks and leases go by the bubble's.
func TestClock_Synctest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		c, err := NewCatalog(Section{Name: "Things", Permissions: []PermissionInfo{{ID: "things.view"}}})
		if err != nil {
			t.Fatal(err)
		}
		s := memory.New()
		here, err := New(s, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		there, err := New(s, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := there.Bootstrap(ctx, System("test"), "ann"); err != nil {
			t.Fatal(err)
		}
		role, err := there.CreateRole(ctx, As("ann"), NewRole{Name: "Viewer", Permissions: Set("things.view")})
		if err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(time.Hour)
		if _, err := there.Assign(ctx, As("ann"), NewAssignment{Subject: User("bob"), Role: role.Role.ID, Until: end}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := here.Check(ctx, As("bob"), "things.view"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Until(end) - time.Microsecond)
		if err := here.Check(ctx, As("bob"), "things.view"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Microsecond)
		if err := here.Check(ctx, As("bob"), "things.view"); !errors.Is(err, ErrDenied) {
			t.Fatalf("%v when the period is over", err)
		}
		if err := here.Check(ctx, As("ann"), "things.view"); err != nil {
			t.Fatal(err)
		}
		if _, err := there.Assign(ctx, As("ann"), NewAssignment{Subject: User("bob"), Role: role.Role.ID}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(defaultStaleness)
		if err := here.Check(ctx, As("bob"), "things.view"); err != nil {
			t.Fatalf("%v of what was given %v ago", err, defaultStaleness)
		}
	})
}
