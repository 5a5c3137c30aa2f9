package main

import (
	"fmt"
	"time"
)

// latency is how long batches of checks take, with and without a writer.
type latency struct {
	Batch   int     `json:"batch"`   // checks in one
	Batches int     `json:"batches"` // with the writer
	Alone   float64 `json:"alone"`   // µs, 99th percentile of batches
	Beside  float64 `json:"beside"`  // µs, the same beside a writer
	Writes  float64 `json:"writes"`  // a second, that the writer managed
}

const (
	fullBatch   = 1_000
	longBatch   = 10 * time.Millisecond // no batch is made longer than this
	writeEvery  = time.Millisecond
	fewBatches  = 50 // fewer have no 99th percentile worth printing
	windowCount = 3
)

// beside measures batches of checks on one tenant, alone and while somebody is
// given and loses a role there 1,000 times a second. Both are done in turn. It
// returns nil if too few batches fit.
func beside(p participant, s *sequence, d *data, ns float64, budget time.Duration) (*latency, error) {
	l := latency{Batch: max(1, min(fullBatch, int(float64(longBatch)/ns)))}
	var alone, with []float64
	var writes int
	var took time.Duration
	for range windowCount {
		got, err := batches(p, s, l.Batch, budget/windowCount)
		if err != nil {
			return nil, err
		}
		alone = append(alone, got...)

		w := startWriter(p, &d.tenants[0])
		got, err = batches(p, s, l.Batch, budget/windowCount)
		n, d, werr := w.stop()
		if err != nil {
			return nil, err
		}
		if werr != nil {
			return nil, fmt.Errorf("writer: %w", werr)
		}
		with, writes, took = append(with, got...), writes+n, took+d
	}
	if l.Batches = len(with); l.Batches < fewBatches {
		return nil, nil
	}
	l.Alone, l.Beside = percentile(alone, 0.99), percentile(with, 0.99)
	l.Writes = float64(writes) / took.Seconds()
	return &l, nil
}

// batches asks batch after batch and returns the µs of each.
func batches(p participant, s *sequence, size int, budget time.Duration) ([]float64, error) {
	var out []float64
	for end := time.Now().Add(budget); time.Now().Before(end); {
		took, err := timed(p, s, size, time.Second)
		if err != nil {
			return nil, err
		}
		out = append(out, took.wall*float64(size)/1e3)
	}
	return out, nil
}

// writer gives a user that nobody asks about a role and takes it, on and on.
type writer struct {
	end  chan struct{}
	done chan struct{}
	n    int
	took time.Duration
	err  error
}

func startWriter(p participant, t *tenant) *writer {
	w := &writer{end: make(chan struct{}), done: make(chan struct{})}
	go w.run(p, t)
	return w
}

func (w *writer) run(p participant, t *tenant) {
	defer close(w.done)
	start := time.Now()
	defer func() { w.took = time.Since(start) }()
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	role := t.roles[1].id
	for held := false; ; held = !held {
		write := p.assign
		if held {
			write = p.unassign
		}
		if w.err = write(t.id, t.spare, role); w.err != nil {
			return
		}
		w.n++
		select {
		case <-tick.C:
			continue
		case <-w.end:
		}
		if !held {
			w.err = p.unassign(t.id, t.spare, role)
		}
		return
	}
}

// stop ends the writer, which puts back what it found.
func (w *writer) stop() (writes int, took time.Duration, err error) {
	close(w.end)
	<-w.done
	return w.n, w.took, w.err
}
