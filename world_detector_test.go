package rbac

import "testing"

// worldDetector names guards, and the property that breaks when they are off.
type worldDetector struct {
	name   string
	guards []guard
	turns  string // the property that turns red
}

// worldDetectors lists every guard that a safety property rests on, with that
// property. Guards that back one another up stand together.
var worldDetectors = []worldDetector{
	{"P1 cover of the new set on edit (S4)", []guard{guardEditCover}, worldP1},
	{"P1 cover on assign (S7)", []guard{guardAssignCover}, worldP1},
	{"P1 cover on group join (S10)", []guard{guardJoinCover}, worldP1},
	{"P1 cover on nesting (S10)", []guard{guardNestCover}, worldP1},
	{"P1 cover on the reassign target (S13)", []guard{guardReassignCover}, worldP1},
	{"P1 cover and dominance on activation together (S4 S11)", []guard{guardActivationCover, guardDominance}, worldP1},
	{"P1 Owner guards and ⊤-coverage together (S7)", []guard{guardOwner, guardTopCover}, worldP1},
	{"P2 cover on create (S3)", []guard{guardCreateCover}, worldP2},
	{"P2 closure without ancestors (S10)", []guard{guardClosureAncestors}, worldP2},
	{"P2 closure of Active roles only (S10)", []guard{guardClosureStatus}, worldP2},
	{"P2 closure without future rows (S10)", []guard{guardClosureFuture}, worldP2},
	{"P3 harms on edit (S4)", []guard{guardHarmsEdit}, worldP3},
	{"P3 harms on suspend (S11)", []guard{guardHarmsSuspend}, worldP3},
	{"P3 harms on unassign (S8)", []guard{guardHarmsUnassign}, worldP3},
	{"P3 harms on leave (S10)", []guard{guardHarmsLeave}, worldP3},
	{"P3 harms on offboard (S8)", []guard{guardHarmsOffboard}, worldP3},
	{"P3 harms on delete and reassign (S13)", []guard{guardHarmsReassign}, worldP3},
	{"P3 no rows on delete (S12)", []guard{guardNoRows}, worldP3},
	{"P3 equality in outranks", []guard{guardOutranksEqual}, worldP3},
	{"P3 harms without authority", []guard{guardHarmsAuth}, worldP3},
	{"P3 harms without reach", []guard{guardHarmsReach}, worldP3},
	{"P3 harms without the future", []guard{guardHarmsFuture}, worldP3},
	{"P4 last owner (S15)", []guard{guardLastOwner}, worldP4},
	{"P4 Owner without window (S7)", []guard{guardOwnerWindow}, worldP4},
	{"batch with the first state's authority alone (S18)", []guard{guardBatchCurrent}, worldBatch},
}

// The checker is checked: without a guard, the property that rests on it must
// be found broken. One step from every start is tried before two.
func TestP1_T1_P2_T2_P3_T3_P4_WithoutGuard(t *testing.T) {
	t.Parallel()
	for _, d := range worldDetectors {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			for _, budget := range []int{1, 200} {
				if f, ok := d.search(budget); ok {
					t.Logf("%s: %s\n%s", f.property, f.text, f.trace)
					return
				}
			}
			t.Errorf("%s is not found broken", d.turns)
		})
	}
}

func (d worldDetector) search(budget int) (worldViolation, bool) {
	search := worldSearch{steps: 2, budget: budget, find: d.turns}
	starts := worldPlots()
	switch d.turns {
	case worldP4:
		search.everyone, starts = true, worldHouses()
	case worldBatch:
		search.batches = 40
	}
	for _, g := range d.guards {
		search.off |= 1 << g
	}
	for _, start := range starts {
		if count := search.run(start); len(count.found) > 0 {
			f := count.found[0]
			f.trace = "start: " + start.name + "\n" + f.trace
			return f, true
		}
	}
	return worldViolation{}, false
}
