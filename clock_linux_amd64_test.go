package rbac

import (
	"testing"
	"time"
)

// What is read alone is the clock that time.Now reads.
func TestClock_Wall(t *testing.T) {
	t.Parallel()
	for range 1_000 {
		before := time.Now().UnixMicro()
		got := wallClock()
		if after := time.Now().UnixMicro(); got < before || got > after {
			t.Fatalf("%d, not from %d to %d", got, before, after)
		}
	}
}
