package integration

import (
	"flag"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac/internal/machine"
)

// TestMachine holds the Authority over a real database against the naive model
// in random runs, each on a tenant of its own and ended by a Verify. The number
// of runs is that of -rapid.checks, if given; a failure prints its seed.
func TestMachine(t *testing.T) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", strconv.Itoa(size(5, 50, 500))); err != nil {
			t.Fatal(err)
		}
	}
	var stats machine.Stats
	t.Run("on", func(t *testing.T) {
		on(t, oneEach(), func(t *testing.T, d database) {
			s, _, _ := d.migrated(t)
			var runs atomic.Int64
			rapid.Check(t, func(rt *rapid.T) {
				machine.Run(rt, s, fmt.Sprint("acme-", runs.Add(1)), size(15, 18, 25), &stats)
			})
			t.Logf("%d runs", runs.Load())
		})
	})
	t.Logf("\n%s", &stats)
	if missing := stats.Missing(); len(missing) > size(100, 5, 0) {
		t.Errorf("never met: %q", missing)
	}
}
