package main

import "time"

// effort says how long things are measured.
type effort struct {
	questions int           // to compare with the oracle
	verify    time.Duration // for that, and then no more
	warm      time.Duration // for asking the hot questions once
	rounds    int
	slot      time.Duration // of one measurement in a round
	race      time.Duration // for all rounds; the slow have fewer, at least 3
	cover     time.Duration // for escalation questions
	change    time.Duration // for changes and the checks after them
	latency   time.Duration // for batches beside a writer, and as long without
}

var fullEffort = effort{
	questions: 10_000,
	verify:    2 * time.Second,
	warm:      5 * time.Second,
	rounds:    51,
	slot:      5 * time.Millisecond,
	race:      2 * time.Second,
	cover:     300 * time.Millisecond,
	change:    1500 * time.Millisecond,
	latency:   1200 * time.Millisecond,
}

// quickEffort is for finding out that everything works.
var quickEffort = effort{
	questions: 10_000,
	verify:    500 * time.Millisecond,
	warm:      500 * time.Millisecond,
	rounds:    7,
	slot:      2 * time.Millisecond,
	race:      300 * time.Millisecond,
	cover:     50 * time.Millisecond,
	change:    200 * time.Millisecond,
	latency:   150 * time.Millisecond,
}
