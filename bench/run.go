package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
)

// runner measures contestants on data sets.
type runner struct {
	effort   effort
	seed     uint64
	end      time.Time // nothing is begun after it; zero is never
	progress io.Writer
}

// run measures everybody on one data set. The floor is always there, whether
// or not it was chosen: everybody is compared with it.
func (r *runner) run(s size, chosen []contestant) ([]result, error) {
	start := time.Now()
	d := generate(s, r.seed)
	qs := d.ask(r.seed)
	base, err := floorContestant.open(d, &meter{})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(r.progress, "%s: generated in %s\n", s, time.Since(start).Round(time.Millisecond))
	var out []result
	for _, c := range chosen {
		start := time.Now()
		if !r.end.IsZero() && start.After(r.end) {
			out = append(out, result{Data: s.name, Participant: c.name, Missing: "the time was over"})
			continue
		}
		x, err := r.measure(c, d, qs, base)
		if err != nil {
			return nil, fmt.Errorf("%s on %s: %w", c.name, s.name, err)
		}
		fmt.Fprintf(r.progress, "  %-22s %s\n", c.name, time.Since(start).Round(time.Millisecond))
		out = append(out, *x)
	}
	return out, nil
}

// microMeasurer is a participant with more to measure than checks.
type microMeasurer interface {
	micro(*questions, effort) ([]micro, error)
}

func (r *runner) measure(c contestant, d *data, qs *questions, base participant) (*result, error) {
	x := &result{Data: d.name, Participant: c.name, Preloaded: !c.lazy}
	var m meter
	p, err := c.open(d, &m)
	if err != nil {
		return nil, err
	}
	defer p.close()
	x.Load = micros(m.load) / 1e3
	x.HeapPerUser, x.StorePerUser = float64(m.heap)/float64(d.people), float64(m.database)/float64(d.people)

	if x.Verified, err = verify(p, qs.uniform, r.effort.questions, r.effort.verify); err != nil {
		return nil, err
	}
	warm, err := verify(p, qs.hot, distinctHot, r.effort.warm)
	if err != nil {
		return nil, err
	}
	x.Verified, x.Warm = x.Verified+warm, warm == distinctHot
	if err := r.checks(x, p, qs, base); err != nil {
		return nil, err
	}
	if x.Cover, x.CoverVerified, err = cover(p, qs.covers, r.effort.cover); err != nil {
		return nil, err
	}
	if mm, ok := p.(microMeasurer); ok {
		if x.Micro, err = mm.micro(qs, r.effort); err != nil {
			return nil, err
		}
	}
	if x.Changes, err = change(p, qs.changes, r.effort.change); err != nil {
		return nil, err
	}
	if x.Changes == nil || c.unsafe {
		return x, nil
	}
	x.Latency, err = beside(p, newSequence(qs.local), d, x.Check, r.effort.latency)
	var wrong *wrongAnswer
	if errors.As(err, &wrong) && x.Changes.StaleYes+x.Changes.StaleNo > 0 {
		return x, nil // it still gives the wrong answers that were counted before
	}
	return x, err
}

// checks measures check with one goroutine and with one for each core, round
// by round in turn with the floor.
func (r *runner) checks(x *result, p participant, qs *questions, base participant) error {
	uniform, hot := newSequence(qs.uniform), newSequence(qs.hot)
	var lanes []*lane
	for _, l := range []struct {
		p          participant
		s          *sequence
		goroutines int
	}{{base, uniform, 1}, {p, uniform, 1}, {base, hot, 1}, {p, hot, 1}, {p, uniform, runtime.GOMAXPROCS(0)}} {
		lane, err := newLane(l.p, l.s, l.goroutines, r.effort)
		if err != nil {
			return err
		}
		lanes = append(lanes, lane)
	}
	var err error
	yes, no := split(qs.hot[:distinctHot])
	if x.AllocationsYes, err = allocations(p, yes, 10*r.effort.slot); err != nil {
		return err
	}
	if x.AllocationsNo, err = allocations(p, no, 10*r.effort.slot); err != nil {
		return err
	}
	runtime.GC()
	if err := race(r.effort, lanes...); err != nil {
		return err
	}
	x.Check, x.OverFloor = median(lanes[1].cpu), ratio(lanes[1].cpu, lanes[0].cpu)
	x.Hot, x.HotOverFloor = median(lanes[3].cpu), ratio(lanes[3].cpu, lanes[2].cpu)
	x.Parallel, x.Speedup = median(lanes[4].wall), ratio(lanes[1].wall, lanes[4].wall)
	return nil
}
