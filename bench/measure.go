package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// wrongAnswer is the error of a participant that differs from the oracle. The
// program then prints no figures at all.
type wrongAnswer struct{ what string }

func (w *wrongAnswer) Error() string { return "wrong answer: " + w.what }

// verify compares answers with the oracle's, one by one, until the time is
// over, and returns how many it compared.
func verify(p participant, qs []question, limit int, budget time.Duration) (int, error) {
	end := time.Now().Add(budget)
	for i := range qs[:min(limit, len(qs))] {
		got, err := p.ask(qs[i : i+1])
		if err != nil {
			return i, err
		}
		if q := qs[i]; (got == 1) != q.want {
			return i, &wrongAnswer{fmt.Sprintf("%s / %s / %s: want %t", q.tenant, q.user, q.permission, q.want)}
		}
		if time.Now().After(end) {
			return i + 1, nil
		}
	}
	return min(limit, len(qs)), nil
}

// span is what one question took, in nanoseconds.
type span struct{ cpu, wall float64 }

// timed asks n questions and returns what one took. It asks fewer if that takes
// longer than the limit: caches make the next questions cost a hundred times
// what the last ones did.
func timed(p participant, s *sequence, n int, limit time.Duration) (span, error) {
	runtime.LockOSThread() // for the thread's clock
	defer runtime.UnlockOSThread()
	done, start, cpu := 0, time.Now(), cpuTime()
	for done < n && time.Since(start) < limit {
		qs, yes := s.take(min(n-done, n/16+1))
		got, err := p.ask(qs)
		if err != nil {
			return span{}, err
		}
		if got != yes {
			return span{}, &wrongAnswer{fmt.Sprintf("%d of %d questions were answered with yes, want %d", got, len(qs), yes)}
		}
		done += len(qs)
	}
	each := 1 / float64(done)
	return span{float64(cpuTime()-cpu) * each, float64(time.Since(start)) * each}, nil
}

// timedParallel does the same in several goroutines and returns what one
// question took, had they shared the questions evenly.
func timedParallel(p participant, walks []*sequence, n int, limit time.Duration) (span, error) {
	var wg sync.WaitGroup
	spans, errs := make([]span, len(walks)), make([]error, len(walks))
	for i, walk := range walks {
		wg.Go(func() { spans[i], errs[i] = timed(p, walk, n, limit) })
	}
	wg.Wait()
	var rate span
	for i, s := range spans {
		if errs[i] != nil {
			return span{}, errs[i]
		}
		rate.cpu += 1 / s.cpu
		rate.wall += 1 / s.wall
	}
	return span{1 / rate.cpu, 1 / rate.wall}, nil
}

// lane is one participant on one sequence, in one or more goroutines.
type lane struct {
	p     participant
	walks []*sequence
	slot  time.Duration
	n     int       // questions that fit into the slot
	cpu   []float64 // of one question, for each round
	wall  []float64
}

// newLane begins behind the questions that were asked to verify the answers.
func newLane(p participant, s *sequence, goroutines int, e effort) (*lane, error) {
	l := &lane{p: p, slot: e.slot}
	for i := range goroutines {
		l.walks = append(l.walks, s.from(e.questions+i*len(s.of)/goroutines))
	}
	for l.n = 1; ; l.n *= 4 {
		took, err := timed(p, l.walks[0], l.n, l.slot)
		if err != nil {
			return nil, err
		}
		if took.wall*float64(l.n) >= float64(l.slot)/8 {
			l.fit(took.cpu)
			return l, nil
		}
	}
}

func (l *lane) fit(ns float64) { l.n = max(1, int(float64(l.slot)/max(1, ns))) }

func (l *lane) round() error {
	took, err := timedParallel(l.p, l.walks, l.n, 4*l.slot)
	if err != nil {
		return err
	}
	l.cpu, l.wall = append(l.cpu, took.cpu), append(l.wall, took.wall)
	l.fit(took.cpu * float64(len(l.walks)))
	return nil
}

// race runs all lanes in turn, round by round, so that a disturbance of the
// machine hits all of them.
func race(e effort, lanes ...*lane) error {
	end := time.Now().Add(e.race)
	for i := 0; i < e.rounds && (i < 3 || time.Now().Before(end)); i++ {
		for _, l := range lanes {
			if err := l.round(); err != nil {
				return err
			}
		}
	}
	return nil
}

func median(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// ratio returns the median of the rounds' ratios.
func ratio(over, under []float64) float64 {
	var out []float64
	for i := range over {
		out = append(out, over[i]/under[i])
	}
	return median(out)
}

func percentile(xs []float64, p float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	return s[min(len(s)-1, int(p*float64(len(s))))]
}

// allocations returns how many objects it takes to answer one of the
// questions: the smallest of a few attempts, since others may allocate
// meanwhile.
func allocations(p participant, qs []question, limit time.Duration) (float64, error) {
	s, least := newSequence(qs), 0.0
	for i := range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, start := 0, time.Now()
		for n < len(qs) && time.Since(start) < limit {
			asked, _ := s.take(1)
			if _, err := p.ask(asked); err != nil {
				return 0, err
			}
			n += len(asked)
		}
		runtime.ReadMemStats(&after)
		if each := float64(after.Mallocs-before.Mallocs) / float64(n); i == 0 || each < least {
			least = each
		}
	}
	if least < 0.01 {
		least = 0 // a handful in thousands of checks is the runtime's
	}
	return least, nil
}

// split returns the questions to be answered with yes, and the others.
func split(qs []question) (yes, no []question) {
	for _, q := range qs {
		if q.want {
			yes = append(yes, q)
		} else {
			no = append(no, q)
		}
	}
	return yes, no
}
