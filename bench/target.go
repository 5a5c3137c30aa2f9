package main

import "fmt"

// target is something that the library wants of itself, as a ratio to others
// in the same run wherever that is possible.
type target struct {
	Name string `json:"name"`
	Data string `json:"data"`
	Want string `json:"want"`
	Got  string `json:"got"`
	Met  bool   `json:"met"`
}

// targets judges all that can be judged from the results at hand.
func (r *report) targets() []target {
	var out []target
	for _, s := range sizes {
		own := r.find(s.name, ownContestant.name)
		if own == nil {
			continue
		}
		atMost := func(name string, limit, got float64, format func(float64) string) {
			out = append(out, target{name, s.name, "≤ " + format(limit), format(got), got <= limit})
		}
		atLeast := func(name string, limit, got float64) {
			out = append(out, target{name, s.name, "≥ " + times(limit), times(got), got >= limit})
		}
		atMost("check over the floor", 1.7, own.OverFloor, times)
		atMost("allocations of a check, allowed", 0, own.AllocationsYes, figure)
		atMost("allocations of a check, denied", 0, own.AllocationsNo, figure)
		if r.Cores > 1 {
			atLeast("speed-up by all cores", 0.85*float64(r.Cores), own.Speedup)
		}
		// Each was measured in turn with the floor, so the multiples of it are
		// better comparable than the nanoseconds.
		faster := func(name string) float64 {
			if x := r.find(s.name, name); x != nil {
				return x.OverFloor / own.OverFloor
			}
			return 0
		}
		if x := faster(casbinContestant.name); x > 0 && s.name == "small" {
			atLeast("faster than casbin", 200, x)
		} else if x > 0 && s.name == "medium" {
			atLeast("faster than casbin", 1_500, x)
		}
		if x := faster(cedarContestant.name); x > 0 {
			atLeast("faster than cedar", 15, x)
		}
		if x := faster(cedarGraphContestant.name); x > 0 {
			atLeast("faster than cedar-graph", 15, x)
			atLeast("faster than cedar-graph, hot", 15, r.find(s.name, cedarGraphContestant.name).HotOverFloor/own.HotOverFloor)
		}
		if x := faster(rwmapContestant.name); x > 0 {
			atLeast("faster than rwmutex-map", 1, x)
		}
		if c := own.Changes; c != nil {
			atMost(fmt.Sprintf("stale answers of %d", 2*c.Made), 0, float64(c.StaleYes+c.StaleNo), figure)
			if s.name == "large" {
				atMost("assigning a role", 100e3, c.Assignment*1e3, duration)
			}
		}
		if l := own.Latency; l != nil {
			atMost("p99 batch beside a writer over alone", 3, l.Beside/l.Alone, times)
		}
		if s.users >= 100_000 { // with fewer it is the roles and the catalogue that weigh
			atMost("bytes a user", 80, own.HeapPerUser, figure)
		}
		for _, m := range own.Micro {
			if m.Limit > 0 {
				atMost(m.Name+" over "+m.Bare, m.Limit, m.Ratio, times)
			}
			if m.LimitNs > 0 {
				atMost(m.Name, m.LimitNs, m.Ns, duration)
			}
		}
	}
	return out
}
