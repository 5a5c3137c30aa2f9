package rbac

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac/store/memory"
)

// twoHands is a machine's time, whose clocks can be made to disagree.
type twoHands struct {
	wall  time.Time // without a monotonic reading
	mono  time.Duration
	reads int // of both
}

var start = time.Now()

func (h *twoHands) clock() *clock {
	return &clock{now: h.both, quick: func() int64 { return h.wall.UnixMicro() }, epoch: start}
}

// both returns the time as time.Now does.
func (h *twoHands) both() time.Time {
	h.reads++
	t := start.Add(h.wall.Sub(start.Round(0)))
	// Package time has no way to set the one without the other.
	(*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t)).ext += int64(h.mono - h.wall.Sub(start.Round(0)))
	return t
}

func (h *twoHands) exact() moment {
	return moment{h.wall.UnixMicro(), h.mono.Microseconds()}
}

// Whatever the clocks do, a moment is not before the one that both clocks
// show: a lease never lasts too long. What is excepted is documented: the wall
// clock comes back to where it was when both were last read.
func TestClock_NeverTooEarly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := &twoHands{wall: start.Round(0)}
		c := h.clock()
		steps := rapid.OneOf(rapid.Int64Range(0, 3_000), rapid.Int64Range(0, 5_000_000), rapid.Int64Range(0, 5_000_000_000))
		back := false // since both were read
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			d := time.Duration(steps.Draw(t, "ns"))
			switch rapid.SampledFrom([]string{"pass", "pass", "pass", "suspend", "set back"}).Draw(t, "kind") {
			case "pass":
				h.wall, h.mono = h.wall.Add(d), h.mono+d
			case "suspend":
				h.wall = h.wall.Add(d)
			case "set back":
				h.wall = h.wall.Add(-d)
				back = true
			}
			reads := h.reads
			got, want := c.moment(), h.exact()
			exact := h.reads > reads
			switch {
			case got.wall != want.wall:
				t.Fatalf("wall %d, want %d", got.wall, want.wall)
			case exact && got != want:
				t.Fatalf("%+v, both clocks say %+v", got, want)
			case exact:
				back = false
			case back: // and nobody can know
			case got.mono < want.mono:
				t.Fatalf("%+v is %d µs too early", got, want.mono-got.mono)
			}
			if !exact && uint64(got.wall-c.both.Load().wall) >= trust {
				t.Fatalf("both clocks were last read %d µs ago", got.wall-c.both.Load().wall)
			}
		}
	})
}

// As long as the clocks agree, one of them is read, and that is right to a few
// microseconds.
func TestClock_ReadsOne(t *testing.T) {
	t.Parallel()
	h := &twoHands{wall: start.Round(0)}
	c := h.clock()
	for range 10_000 {
		h.wall, h.mono = h.wall.Add(time.Microsecond), h.mono+time.Microsecond
		if got, want := c.moment(), h.exact(); got.wall != want.wall || got.mono < want.mono || got.mono > want.mono+drift {
			t.Fatalf("%+v, want %+v", got, want)
		}
	}
	if h.reads > 10_000/trust+1 {
		t.Errorf("both clocks were read %d times in 10 ms", h.reads)
	}
}

// A lease ends by the monotonic clock when the wall clock is set back, and by
// the wall clock when the monotonic one stands still, although hardly a check
// reads both.
func TestClock_Leases(t *testing.T) {
	t.Parallel()
	const length = 2_000_000
	for name, move := range map[string]func(*twoHands){
		"both go on":          func(h *twoHands) { h.wall, h.mono = h.wall.Add(100*time.Microsecond), h.mono+100*time.Microsecond },
		"suspended all along": func(h *twoHands) { h.wall = h.wall.Add(100 * time.Microsecond) },
		"the wall clock is set back for each step": func(h *twoHands) {
			h.wall, h.mono = h.wall.Add(-100*time.Microsecond), h.mono+100*time.Microsecond
		},
		"set back every other millisecond": func(h *twoHands) {
			if h.mono += 100 * time.Microsecond; h.mono%(2*time.Millisecond) == 0 {
				h.wall = h.wall.Add(-2 * time.Millisecond)
			}
			h.wall = h.wall.Add(100 * time.Microsecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &twoHands{wall: start.Round(0)}
			c := h.clock()
			l := lease{from: c.at(c.now())}
			for i := 0; l.holds(c.moment(), length); i++ {
				if passed := max(h.mono, h.wall.Sub(start.Round(0))).Microseconds(); passed >= length+trust {
					t.Fatalf("the lease lasts after %d µs", passed)
				}
				move(h)
			}
		})
	}
	if ended.holds((&twoHands{wall: time.UnixMicro(0)}).exact(), length) || ended.holds(moment{-5, -5}, length) {
		t.Error("a lease that has ended holds")
	}
}

func TestWallClock(t *testing.T) {
	t.Parallel()
	if wallClock == nil {
		t.Skip("time.Now is the quickest clock here")
	}
	for range 3 { // somebody may set the clock
		before := time.Now().UnixMicro()
		got := wallClock()
		if after := time.Now().UnixMicro(); before <= got && got <= after {
			return
		}
	}
	t.Error("wallClock and time.Now differ")
}

// In the time of a bubble of package synctest, checks and leases go by that
// time, whatever the machine's clock says.
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
