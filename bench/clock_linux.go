package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// clockName says what check is measured by.
const clockName = "CPU time of the checking thread"

// cpuTime is the time that this thread has computed. It does not run while
// other processes have the processor, so that a busy machine changes the
// figures little. Lock the goroutine to its thread.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err) // every Linux that Go runs on has it
	}
	return time.Duration(t.Nano())
}
