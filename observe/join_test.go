package observe_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/observe"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	var got []string
	to := func(name string) func(rbac.Observation) {
		return func(o rbac.Observation) { got = append(got, name+" "+string(o.Event)) }
	}
	tests := []struct {
		name string
		fs   []func(rbac.Observation)
		want []string
	}{
		{"one", []func(rbac.Observation){nil, to("a"), nil}, []string{"a poll"}},
		{"two, in order", []func(rbac.Observation){to("a"), nil, to("b")}, []string{"a poll", "b poll"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got = nil
			f := observe.Join(tt.fs...)
			clear(tt.fs) // the caller's own
			f(rbac.Observation{Event: rbac.ObservedPoll})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if observe.Join() != nil || observe.Join(nil, nil) != nil || observe.Sample(10, nil) != nil {
		t.Error("nothing to call is something")
	}
}

// A sample of a hundred thousand is within ten standard deviations.
func TestSample(t *testing.T) {
	t.Parallel()
	const rounds = 100_000
	tests := []struct {
		name      string
		n         int
		low, high uint64
	}{
		{"none", 0, 0, 0},
		{"less than none", -1, 0, 0},
		{"every", 1, rounds, rounds},
		{"one in ten", 10, 9_000, 11_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c observe.Counters
			f := observe.Sample(tt.n, c.Observe)
			for range rounds {
				f(rbac.Observation{Event: rbac.ObservedCheck, Permission: "app.x", Hit: true})
			}
			f(rbac.Observation{Event: rbac.ObservedRetry})
			got := c.Totals()
			if got.Checks < tt.low || got.Checks > tt.high || got.Retries != 1 {
				t.Errorf("of %d checks and 1 retry, %d and %d were passed on", rounds, got.Checks, got.Retries)
			}
		})
	}
}
