package rbac

import (
	"math"
	"sync/atomic"
	"time"
)

// moment is a time in µs, by two clocks. The monotonic one stands still while
// a machine is suspended, and the wall clock can be set back; neither tells
// what the other does.
type moment struct {
	wall int64 // since 1970
	mono int64 // since the process began; the wall clock's if the host's clock has no other
}

// clock tells the time.
//
// To read both clocks, as time.Now does, is most of what a check costs. It has
// to read the wall clock, by which periods begin and end. Of the monotonic one
// it has to know only that the lease has not ended by it, and a timer can tell,
// for timers go by that clock. Who reads both sets one. Until it fires the
// monotonic clock is taken to be where it cannot be yet, past the timer's end
// by once more its time; so that a lease ends too early, and both clocks are
// read to see whether it has, rather than too late.
//
// Each clock bounds a lease, then, whatever the other one does, and however
// late timers are while the wall clock goes on. A lease can last too long only
// if the wall clock is set back, or stands still, and at the same time a timer
// is late by more than its time: while the process is stopped, say, and by just
// that while.
type clock struct {
	now   func() time.Time
	wall  func() int64                // the wall clock alone, µs; nil: both are always read
	after func(time.Duration, func()) // time.AfterFunc
	tick  time.Duration               // of a timer
	last  atomic.Pointer[look]
}

// look is a reading of both clocks.
type look struct {
	bound atomic.Int64 // what the monotonic clock is not past
}

// What bounds nothing: any lease has ended by it.
const (
	unread  = math.MaxInt64/2 - 1
	overdue = math.MaxInt64 / 2
)

const (
	timerShare = 8                      // of a lease, that a timer runs
	minTick    = 100 * time.Millisecond // a process can be kept from running for some time
)

// begun is when the process began by its own clock, whatever clocks it is given
// later.
var begun = time.Now()

// bare reports whether the time has no reading of the monotonic clock. It has
// none in a bubble of package synctest, where the wall clock is another one, too,
// than the machine's, and timers that have not fired at its end never do.
func bare(t time.Time) bool { return t == t.Round(0) }

// newClock returns the clock for leases of a length: now, or the machine's if
// that is nil.
func newClock(now func() time.Time, length time.Duration) *clock {
	k := &clock{now: now}
	if now == nil {
		k.now = time.Now
		if tick := length / timerShare; tick >= minTick {
			k.trust(wallClock, func(d time.Duration, f func()) { time.AfterFunc(d, f) }, tick)
		}
	}
	return k
}

// trust lets timers stand for the monotonic clock.
func (k *clock) trust(wall func() int64, after func(time.Duration, func()), tick time.Duration) {
	k.wall, k.after, k.tick = wall, after, tick
}

// at returns what now has said.
func (*clock) at(t time.Time) moment {
	return moment{t.UnixMicro(), t.Sub(begun).Microseconds()}
}

// moment reads both clocks.
func (k *clock) moment() moment {
	next := k.watch()
	m := k.at(k.now())
	if next != nil {
		next.bound.CompareAndSwap(unread, m.mono+2*k.tick.Microseconds())
	}
	return m
}

// watch sets a timer, unless one runs, for a look that begins after it: what
// comes between lets the look be over too early.
func (k *clock) watch() *look {
	last := k.last.Load()
	if k.wall == nil || last != nil && last.bound.Load() != overdue || bare(k.now()) {
		return nil
	}
	next := &look{}
	next.bound.Store(unread)
	if !k.last.CompareAndSwap(last, next) {
		return nil
	}
	k.after(k.tick, func() { next.bound.Store(overdue) })
	return next
}

// within returns the time by the wall clock, and whether a lease of a length in
// µs lasts.
func (k *clock) within(l *lease, length int64) (int64, bool) {
	if k.wall != nil {
		if last := k.last.Load(); last != nil {
			m := moment{mono: last.bound.Load()}
			if m.mono-l.from.mono < length { // or there is no need to read the wall clock twice
				if m.wall = k.wall(); l.holds(m, length) {
					return m.wall, true
				}
			}
		}
	}
	m := k.moment()
	return m.wall, l.holds(m, length)
}
