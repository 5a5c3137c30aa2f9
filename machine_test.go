package rbac_test

import (
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac/internal/machine"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// TestMachine_P1_to_P9 holds the library against the naive model over random
// runs of up to 60 steps: shards × the runs that -rapid.checks asks for, 100 by
// default.
func TestMachine_P1_to_P9(t *testing.T) {
	shards := 6
	if os.Getenv("RBAC_LONG") != "" {
		shards = 60
	}
	if testing.Short() {
		shards = 1
	}
	var stats machine.Stats
	t.Run("runs", func(t *testing.T) {
		for i := range shards {
			t.Run(fmt.Sprintf("shard %d", i), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) { machine.Run(t, memory.New(), "acme", 60, &stats) })
			})
		}
	})
	t.Logf("\n%s", &stats)
	if missing := stats.Missing(); len(missing) > 0 && !testing.Short() {
		t.Errorf("never met: %q", missing)
	}
}
