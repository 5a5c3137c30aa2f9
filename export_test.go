package rbac

import (
	"time"
	"unsafe"
)

// Apart returns t with another wall time, by d, and the same monotonic one.
func Apart(t time.Time, d time.Duration) time.Time {
	t = t.Add(d)
	// Package time has no way to set the one without the other.
	(*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t)).ext -= int64(d)
	return t
}

// TrustTimers lets an Authority use its clock as it uses the machine's where
// the wall clock can be read alone.
func TrustTimers(a *Authority, after func(time.Duration, func())) {
	a.trust(func() int64 { return a.now().UnixMicro() }, after, time.Duration(a.maxStale)*time.Microsecond/timerShare)
}
