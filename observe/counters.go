package observe

import (
	"encoding/json"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// Counters counts what is observed, by atomic additions: no lock, no
// allocation, one addition a check. The zero value is ready. It is an
// [expvar.Var], to be published under a name of the host's choice; this
// package does not import expvar, which would add a handler to
// http.DefaultServeMux. A Counters must not be copied after first use; one can
// serve several Authorities, and then counts for all.
//
// [expvar.Var]: https://pkg.go.dev/expvar#Var
type Counters struct {
	_ noCopy

	// Of checks, by whether it was a hit. Any of them will do: there are several
	// so that processors need not wait for each other's cache lines, of which
	// each is one.
	checks [stripes][2][outcomes]atomic.Uint64

	loads, polls, changes timer

	evictions, evictedBytes, conflicts, retries atomic.Uint64
}

// noCopy has go vet find copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// What becomes of a check. To count each under one of these is one addition.
const (
	allowed = iota
	denied
	resolved // Resolve: neither a yes nor a no
	failed
	outcomes
)

const stripes = 16

// timer counts what takes time.
type timer struct {
	count, errors, items atomic.Uint64
	took, longest        atomic.Int64 // ns
}

func (t *timer) add(o *rbac.Observation) {
	t.count.Add(1)
	if o.Err != nil {
		t.errors.Add(1)
	}
	t.items.Add(uint64(max(o.Count, 0)))
	took := max(int64(o.Took), 0) // a clock can be set back
	t.took.Add(took)
	for {
		longest := t.longest.Load()
		if took <= longest || t.longest.CompareAndSwap(longest, took) {
			return
		}
	}
}

func (t *timer) read() Timed {
	return Timed{
		Count: t.count.Load(), Errors: t.errors.Load(), Items: t.items.Load(),
		Total: time.Duration(t.took.Load()), Max: time.Duration(t.longest.Load()),
	}
}

// Observe counts one observation. It is for [rbac.Options].Observe.
func (c *Counters) Observe(o rbac.Observation) {
	switch o.Event {
	case rbac.ObservedCheck:
		hit, outcome := 0, denied
		if o.Hit {
			hit = 1
		}
		switch {
		case o.Err != nil:
			outcome = failed
		case o.Permission == "":
			outcome = resolved
		case o.Allowed:
			outcome = allowed
		}
		c.checks[rand.Uint32()%stripes][hit][outcome].Add(1)
	case rbac.ObservedLoad:
		c.loads.add(&o)
	case rbac.ObservedPoll:
		c.polls.add(&o)
	case rbac.ObservedChange:
		c.changes.add(&o)
	case rbac.ObservedEvict:
		c.evictions.Add(1)
		c.evictedBytes.Add(uint64(max(o.Count, 0)))
	case rbac.ObservedConflict:
		c.conflicts.Add(1)
	case rbac.ObservedRetry:
		c.retries.Add(1)
	}
}

// Totals are the sums since the beginning.
type Totals struct {
	Checks      uint64 `json:"checks"` // by Check, Can and Resolve
	Hits        uint64 `json:"hits"`   // of them, without asking the store
	Denials     uint64 `json:"denials"`
	CheckErrors uint64 `json:"check_errors"` // neither yes nor no

	Loads   Timed `json:"loads"`   // Items: records read
	Polls   Timed `json:"polls"`   // Items: tenants asked about
	Changes Timed `json:"changes"` // groups of changes; Items: calls of Apply

	Evictions    uint64 `json:"evictions"`
	EvictedBytes uint64 `json:"evicted_bytes"`
	Conflicts    uint64 `json:"conflicts"`
	Retries      uint64 `json:"retries"`
}

// Timed is about something that takes time.
type Timed struct {
	Count  uint64        `json:"count"`
	Errors uint64        `json:"errors"` // of them
	Items  uint64        `json:"items"`
	Total  time.Duration `json:"total_ns"`
	Max    time.Duration `json:"max_ns"`
}

// Totals returns what was counted so far. While counting goes on, the numbers
// are of slightly different moments.
func (c *Counters) Totals() Totals {
	out := Totals{
		Loads: c.loads.read(), Polls: c.polls.read(), Changes: c.changes.read(),
		Evictions: c.evictions.Load(), EvictedBytes: c.evictedBytes.Load(),
		Conflicts: c.conflicts.Load(), Retries: c.retries.Load(),
	}
	var sum [2][outcomes]uint64
	for i := range c.checks {
		for hit := range sum {
			for outcome := range outcomes {
				sum[hit][outcome] += c.checks[i][hit][outcome].Load()
			}
		}
	}
	for hit := range sum {
		for _, n := range sum[hit] {
			out.Checks += n
		}
		out.Denials += sum[hit][denied]
		out.CheckErrors += sum[hit][failed]
	}
	for _, n := range sum[1] {
		out.Hits += n
	}
	return out
}

// String returns the totals as JSON, as expvar wants it.
func (c *Counters) String() string {
	text, _ := json.Marshal(c.Totals()) // of numbers alone: it cannot fail
	return string(text)
}
