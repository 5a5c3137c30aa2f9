package rbac

import (
	"sync/atomic"
	"time"
)

// moment is a time in µs, by two clocks. The monotonic one stands still while
// a machine is suspended, and the wall clock can be set back.
type moment struct {
	wall int64 // since 1970
	mono int64 // since an epoch of the process; the wall clock's if the host's clock has no other
}

// clock tells the time.
//
// Every check needs it, by both clocks, and time.Now reads them one after the
// other. The wall clock alone takes half as long. So most checks read only
// that, and know the other one by how far apart the two were when somebody
// last read both, which is no longer ago than trust by the wall clock. That
// misleads only if nobody had asked for a while and the wall clock was set back
// by that very while, to the millisecond; and then for no longer than trust,
// for the wall clock goes on. A host's own clock is always asked for both.
type clock struct {
	given func() time.Time // Options.Now
	now   func() time.Time // the same, or time.Now
	quick func() int64     // the wall clock alone, µs; nil where nothing is quicker than now
	epoch time.Time
	both  atomic.Pointer[moment] // when both were last read, if quick is not nil
}

// trust is for how long the two clocks are taken to be as far apart as they
// were, in µs; drift is what they may move apart meanwhile, and be cut off.
const (
	trust = 1_000
	drift = 3
)

// set makes it tell the time of Options.Now.
func (c *clock) set(given func() time.Time) {
	c.given, c.now = given, given
	if given == nil {
		c.now, c.quick = time.Now, wallClock
	}
	c.epoch = c.now()
}

func (c *clock) moment() moment {
	if c.quick == nil {
		return c.at(c.now())
	}
	wall := c.quick()
	if last := c.both.Load(); last != nil && uint64(wall-last.wall) < trust {
		return moment{wall, last.mono + (wall - last.wall) + drift}
	}
	m := c.at(c.now())
	c.both.Store(&m)
	return m
}

// at returns what now has said.
func (c *clock) at(t time.Time) moment {
	return moment{t.UnixMicro(), t.Sub(c.epoch).Microseconds()}
}
