package rbac

import (
	"slices"
	"sync"
	"time"
	"unsafe"
)

// TwoClocks is a machine's time, whose wall and monotonic clocks can be made to
// move apart, and whose timers to be late.
type TwoClocks struct {
	Bare bool          // no monotonic reading
	Late time.Duration // of timers set from now on

	mu         sync.Mutex
	base       time.Time
	wall, mono time.Duration // since base
	timers     []timer
}

// timer goes by the monotonic clock.
type timer struct {
	at   time.Duration
	fire func()
}

func NewTwoClocks(base time.Time) *TwoClocks { return &TwoClocks{base: base} }

func (c *TwoClocks) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Bare {
		return c.base.Add(c.wall).Round(0)
	}
	return apart(c.base.Add(c.mono), c.wall-c.mono)
}

// Add moves the clocks, and fires the timers that are due then.
func (c *TwoClocks) Add(wall, mono time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall += wall
	c.mono += mono
	c.timers = slices.DeleteFunc(c.timers, func(t timer) bool {
		if t.at > c.mono {
			return false
		}
		t.fire()
		return true
	})
}

// After is time.AfterFunc.
func (c *TwoClocks) After(d time.Duration, f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers = append(c.timers, timer{c.mono + d + c.Late, f})
}

// TrustTimers lets an Authority use these clocks, which are its own, as it uses
// the machine's where the wall clock can be read alone.
func (c *TwoClocks) TrustTimers(a *Authority) {
	a.trust(func() int64 { return c.Now().UnixMicro() }, c.After, time.Duration(a.maxStale)*time.Microsecond/timerShare)
}

// apart returns t with another wall time, by d, and the same monotonic one.
func apart(t time.Time, d time.Duration) time.Time {
	t = t.Add(d)
	// Package time has no way to set the one without the other.
	(*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t)).ext -= int64(d)
	return t
}
