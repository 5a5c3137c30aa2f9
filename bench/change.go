package main

import (
	"errors"
	"fmt"
	"time"
)

// changes is what happens when something is changed and asked about at once.
type changes struct {
	Made       int     `json:"made"`        // revocations, and as many restorations
	StaleYes   int     `json:"stale_yes"`   // answered with yes after a revocation
	StaleNo    int     `json:"stale_no"`    // answered with no after a restoration
	Assignment float64 `json:"assignment"`  // µs of giving a user a role or taking it, median
	Permission float64 `json:"permission"`  // µs of giving a role a permission or taking it, median
	After      float64 `json:"check_after"` // µs of the first check after either, median
}

// change takes roles from users and permissions from roles, in turn, asks about
// what was lost, puts it back and asks again. It returns nil if p cannot
// change.
func change(p participant, qs []changeQuestion, budget time.Duration) (*changes, error) {
	var c changes
	var assignment, permission, after []float64
	end := time.Now().Add(budget)
	for i := range qs {
		q := &qs[i]
		took := &assignment
		away := func() error { return p.unassign(q.tenant, q.user, q.role) }
		back := func() error { return p.assign(q.tenant, q.user, q.role) }
		if i%2 == 1 {
			took = &permission
			away = func() error { return p.revoke(q.tenant, q.role, q.permission) }
			back = func() error { return p.grant(q.tenant, q.role, q.permission) }
		}
		// The first answer fills the caches of those that have some.
		if got, err := p.ask([]question{q.question}); err != nil {
			return nil, err
		} else if got != 1 {
			return nil, &wrongAnswer{fmt.Sprintf("before change %d: %s / %s / %s", i, q.tenant, q.user, q.permission)}
		}
		for _, step := range []struct {
			do    func() error
			want  int
			wrong *int
		}{{away, 0, &c.StaleYes}, {back, 1, &c.StaleNo}} {
			start := time.Now()
			if err := step.do(); errors.Is(err, errCannot) {
				return nil, nil
			} else if err != nil {
				return nil, fmt.Errorf("change %d: %w", i, err)
			}
			*took = append(*took, micros(time.Since(start)))
			asked := time.Now()
			got, err := p.ask([]question{q.question})
			if err != nil {
				return nil, err
			}
			after = append(after, micros(time.Since(asked)))
			if got != step.want {
				*step.wrong++
			}
		}
		c.Made++
		if i >= 3 && time.Now().After(end) { // at least two of either kind
			break
		}
	}
	c.Assignment, c.Permission, c.After = median(assignment), median(permission), median(after)
	return &c, nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// cover asks the escalation questions, compares each answer with the oracle's,
// and returns the median µs of one and how many were asked. It returns 0 if p
// cannot answer them.
func cover(p participant, qs []coverQuestion, budget time.Duration) (float64, int, error) {
	var took []float64
	end := time.Now().Add(budget)
	for _, q := range qs {
		start := time.Now()
		got, err := p.covers(q)
		if errors.Is(err, errCannot) {
			return 0, 0, nil
		}
		if err != nil {
			return 0, 0, err
		}
		took = append(took, micros(time.Since(start)))
		if got != q.want {
			return 0, 0, &wrongAnswer{fmt.Sprintf("does %s / %s cover %s: want %t", q.tenant, q.user, q.role, q.want)}
		}
		if time.Now().After(end) {
			break
		}
	}
	return median(took), len(took), nil
}
