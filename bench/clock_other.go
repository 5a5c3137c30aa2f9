//go:build !linux

package main

import "time"

// clockName says what check is measured by.
const clockName = "wall clock"

var began = time.Now()

// cpuTime is the wall clock where no clock of a thread is at hand.
func cpuTime() time.Duration { return time.Since(began) }
