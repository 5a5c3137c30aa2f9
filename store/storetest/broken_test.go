package storetest_test

import (
	"slices"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
	"github.com/seed80bc5f17/rbac/store/storetest"
)

// repetitions is how often the case must notice a flaw in a row: chance is not
// enough.
func repetitions(caseName string) int {
	switch caseName {
	case "log/longer than a page", "compact/refused by hand", "page/of the largest size", "history/at random":
		return 3 // slow, and without a race
	}
	if testing.Short() {
		return 3
	}
	return 20
}

func flaws() []flaw {
	return slices.Concat(commitFlaws, logFlaws, loadFlaws, scanFlaws, eraseFlaws, identifierFlaws, recordFlaws, raceFlaws, borderFlaws,
		compactFlaws, listFlaws)
}

// TestEveryFlawIsCaught runs on each broken store the case that must fail.
func TestEveryFlawIsCaught(t *testing.T) {
	t.Parallel()
	cases := make(map[string]storetest.Case)
	for _, c := range storetest.Cases() {
		cases[c.Name] = c
	}
	for _, f := range flaws() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			c, ok := cases[f.caughtBy]
			if !ok {
				t.Fatalf("there is no case %q", f.caughtBy)
			}
			var err error
			for i := range repetitions(c.Name) {
				if err = c.Check(t.Context(), newBent(f.bend)); err == nil {
					t.Fatalf("case %q did not notice a store that %s, in repetition %d", c.Name, f.name, i+1)
				}
			}
			t.Logf("caught by %q: %v", c.Name, err)
		})
	}
}

// TestEveryCaseCatches demands a flaw for each case: one that no broken store
// fails may well be unable to fail.
func TestEveryCaseCatches(t *testing.T) {
	t.Parallel()
	caught := make(map[string]bool)
	for _, f := range flaws() {
		caught[f.caughtBy] = true
	}
	for _, c := range storetest.Cases() {
		if !caught[c.Name] {
			t.Errorf("no flaw needs the case %q", c.Name)
		}
	}
}

// TestRightStores runs the suite on stores that keep the contract in unusual
// ways.
func TestRightStores(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		bend func(*bent)
	}{
		{"memory", func(*bent) {}},
		{"lets others in before and after each call", letsOthersIn},
		{"fails every other time, for the time being", failsTransiently},
		{"compacts one entry after the other", compactsBent(rightly)},
		{"fails after it has handed out, and hands out again", compactsBent(handsOutAgain)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(testing.TB) store.Store { return newBent(tt.bend) })
		})
	}
	t.Run("without yielding", func(t *testing.T) {
		t.Parallel()
		storetest.Run(t, func(testing.TB) store.Store { return memory.New() })
	})
	t.Run("without capabilities", func(t *testing.T) {
		t.Parallel()
		storetest.Run(t, func(testing.TB) store.Store { return struct{ store.Store }{memory.New()} })
	})
}

// TestCases sees that names and rules are there, and names unique.
func TestCases(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, c := range storetest.Cases() {
		if c.Name == "" || c.Rule == "" || c.Check == nil || seen[c.Name] {
			t.Errorf("case %q is incomplete or comes twice", c.Name)
		}
		seen[c.Name] = true
	}
}
