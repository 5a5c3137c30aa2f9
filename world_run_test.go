package rbac

import (
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// worldRun searches from all the starts, on all processors, and adds up.
func worldRun(search worldSearch, starts []worldStart) *worldCount {
	var (
		total worldCount
		mu    sync.Mutex
		wg    sync.WaitGroup
		queue = make(chan worldStart)
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for start := range queue {
				count := search.run(start)
				for i := range count.found {
					count.found[i].trace = "start: " + start.name + "\n" + count.found[i].trace
				}
				mu.Lock()
				total.add(count)
				mu.Unlock()
			}
		})
	}
	for _, start := range starts {
		queue <- start
	}
	close(queue)
	wg.Wait()
	return &total
}

// worldSize is how much is searched. RBAC_LONG=1 in the environment asks for the
// long run (with -timeout 1h), -short and the race detector for a short one.
type worldSize int

const (
	worldShort worldSize = iota
	worldPush
	worldLong
)

func worldSized() worldSize {
	switch {
	case os.Getenv("RBAC_LONG") == "1":
		return worldLong
	case testing.Short() || worldRaced:
		return worldShort
	}
	return worldPush
}

// worldPlan is the searches of one test: from the starts that are written down,
// and from so many drawn ones.
type worldPlan struct {
	written worldSearch
	drawn   int
	each    worldSearch
	least   int // accepted transitions
}

var worldCoalitionPlans = [...]worldPlan{
	worldShort: {
		written: worldSearch{full: 1, steps: 2, budget: 15, batches: 8, walks: 1}, drawn: 10,
		each: worldSearch{full: 1, steps: 2, budget: 10, batches: 8}, least: 10_000,
	},
	worldPush: {
		written: worldSearch{full: 2, steps: 4, budget: 250, batches: 8, pairs: true, walks: 10}, drawn: 280,
		each: worldSearch{full: 2, steps: 3, batches: 8, walks: 2}, least: 1_000_000,
	},
	worldLong: {
		written: worldSearch{full: 3, steps: 5, budget: 3000, batches: 12, pairs: true, walks: 100}, drawn: 800,
		each: worldSearch{full: 2, steps: 4, budget: 100, batches: 12, walks: 4}, least: 10_000_000,
	},
}

var worldHousePlans = [...]worldPlan{
	worldShort: {
		written: worldSearch{everyone: true, full: 1, steps: 2, budget: 5, batches: 8, walks: 1},
		each:    worldSearch{everyone: true, full: 1, batches: 8},
	},
	worldPush: {
		written: worldSearch{everyone: true, full: 1, steps: 3, budget: 150, batches: 8, walks: 2}, drawn: 20,
		each: worldSearch{everyone: true, full: 1, steps: 3, budget: 20, batches: 8, walks: 1},
	},
	worldLong: {
		written: worldSearch{everyone: true, full: 2, steps: 4, budget: 1500, batches: 12, walks: 20}, drawn: 60,
		each: worldSearch{everyone: true, full: 1, steps: 3, budget: 100, batches: 12, walks: 4},
	},
}

func (p worldPlan) run(written []worldStart, draw func(uint64) worldStart) *worldCount {
	count := worldRun(p.written, written)
	drawn := make([]worldStart, p.drawn)
	for seed := range drawn {
		drawn[seed] = draw(uint64(seed))
	}
	count.add(worldRun(p.each, drawn))
	return count
}

// judge reports what was found, and a check that saw too little to be one.
func (p worldPlan) judge(t *testing.T, count *worldCount, never ...worldKind) {
	t.Helper()
	t.Log(count)
	for _, f := range count.found[:min(3, len(count.found))] {
		t.Errorf("%s: %s\n%s", f.property, f.text, f.trace)
	}
	for kind, n := range count.accepted {
		if n == 0 && !slices.Contains(never, worldKind(kind)) {
			t.Errorf("%s was never accepted", worldKindNames[kind])
		}
	}
	if n := count.transitions(); n < p.least {
		t.Errorf("%d accepted transitions, want at least %d", n, p.least)
	}
}

// No group of people, whatever they do, gains what none of them had, makes a
// role of it, or demotes somebody above them all.
func TestP1_T1_P2_T2_P3_T3_SmallWorld(t *testing.T) {
	plan := worldCoalitionPlans[worldSized()]
	plan.judge(t, plan.run(worldPlots(), worldDrawn), worldBootstrap, worldErase)
}

// A tenant that has an Owner keeps one, with Owners and System at work.
func TestP4_SmallWorld(t *testing.T) {
	plan := worldHousePlans[worldSized()]
	plan.judge(t, plan.run(worldHouses(), worldDrawnHouse))
}
