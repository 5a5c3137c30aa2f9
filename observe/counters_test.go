package observe_test

import (
	"encoding/json"
	"errors"
	"expvar"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/observe"
)

var _ expvar.Var = (*observe.Counters)(nil)

var errDown = errors.New("down")

// everything is one observation of each kind, or a few.
var everything = []rbac.Observation{
	{Event: rbac.ObservedCheck, Tenant: "acme", Actor: "carl", Permission: "app.x", Hit: true, Allowed: true},
	{Event: rbac.ObservedCheck, Tenant: "acme", Actor: "carl", Permission: "app.y", Hit: true},
	{Event: rbac.ObservedCheck, Tenant: "acme", Actor: "carl", Permission: "app.x", Allowed: true},
	{Event: rbac.ObservedCheck, Tenant: "acme", Actor: "carl", Permission: "app.x", Err: errDown},
	{Event: rbac.ObservedCheck, Tenant: "acme", Actor: "carl", Hit: true},
	{Event: rbac.ObservedLoad, Tenant: "acme", Took: 3 * time.Millisecond, Count: 7},
	{Event: rbac.ObservedLoad, Tenant: "acme", Took: 5 * time.Millisecond, Err: errDown},
	{Event: rbac.ObservedLoad, Tenant: "acme", Took: 4 * time.Millisecond, Count: 1},
	{Event: rbac.ObservedPoll, Took: time.Millisecond, Count: 20},
	{Event: rbac.ObservedEvict, Tenant: "acme", Count: 4096},
	{Event: rbac.ObservedChange, Tenant: "acme", Took: 2 * time.Millisecond, Count: 3},
	{Event: rbac.ObservedConflict, Tenant: "acme", Count: 3},
	{Event: rbac.ObservedRetry, Tenant: "acme", Err: errDown},
	{Event: rbac.ObservedRetry, Err: errDown},
	{Event: "of a later version", Count: 1},
}

var totals = observe.Totals{
	Checks: 5, Hits: 3, Denials: 1, CheckErrors: 1,
	Loads:     observe.Timed{Count: 3, Errors: 1, Items: 8, Total: 12 * time.Millisecond, Max: 5 * time.Millisecond},
	Polls:     observe.Timed{Count: 1, Items: 20, Total: time.Millisecond, Max: time.Millisecond},
	Changes:   observe.Timed{Count: 1, Items: 3, Total: 2 * time.Millisecond, Max: 2 * time.Millisecond},
	Evictions: 1, EvictedBytes: 4096, Conflicts: 1, Retries: 2,
}

func TestCounters(t *testing.T) {
	t.Parallel()
	var c observe.Counters
	for _, o := range everything {
		c.Observe(o)
	}
	if diff := cmp.Diff(totals, c.Totals()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var got observe.Totals
	if err := json.Unmarshal([]byte(c.String()), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(totals, got); diff != "" {
		t.Errorf("as JSON (-want +got):\n%s", diff)
	}
}

// The sums never run backwards, whatever clocks do.
func TestCounters_ClockSetBack(t *testing.T) {
	t.Parallel()
	var c observe.Counters
	c.Observe(rbac.Observation{Event: rbac.ObservedPoll, Took: time.Second, Count: 1})
	c.Observe(rbac.Observation{Event: rbac.ObservedPoll, Took: -time.Hour, Count: 1})
	want := observe.Timed{Count: 2, Items: 2, Total: time.Second, Max: time.Second}
	if diff := cmp.Diff(want, c.Totals().Polls); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCounters_AtOnce(t *testing.T) {
	t.Parallel()
	const callers, rounds = 8, 200
	var c observe.Counters
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range rounds {
				for _, o := range everything {
					c.Observe(o)
				}
				_ = c.String()
			}
		})
	}
	group.Wait()
	got := c.Totals()
	const n = callers * rounds
	if got.Checks != n*totals.Checks || got.Loads.Total != n*totals.Loads.Total || got.Loads.Max != totals.Loads.Max || got.Retries != n*totals.Retries {
		t.Errorf("after %d times everything: %+v", n, got)
	}
}

func TestCounters_Allocs(t *testing.T) {
	var c observe.Counters
	f := observe.Join(c.Observe, observe.Sample(10, c.Observe))
	if n := testing.AllocsPerRun(100, func() {
		for _, o := range everything {
			f(o)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCounters(b *testing.B) {
	var c observe.Counters
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Observe(everything[0])
		}
	})
}
