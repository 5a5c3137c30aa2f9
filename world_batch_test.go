package rbac

import (
	"errors"
	"fmt"
	"slices"
)

// batch tries batches of two and three whose first operation is accepted by
// itself: all pairs at the start of a search, a drawn few elsewhere. What is
// accepted must be accepted as separate calls too, and come to the same.
func (v *worldVisit) batch(i int32, first *state, actor int, accepted []int, ends map[int]worldState) {
	if len(accepted) == 0 {
		return
	}
	s := v.nodes[i].state
	if i == 0 && v.pairs && !v.stop {
		for _, k := range accepted {
			end := ends[k]
			for m := range worldSteps() {
				if v.follows(actor, &worldSteps()[m], &s, &end) {
					v.together(i, first, actor, k, m)
				}
			}
		}
		return
	}
	for n := range v.batches {
		k := accepted[v.random.IntN(len(accepted))]
		end := ends[k]
		m := accepted[v.random.IntN(len(accepted))]
		if n%2 == 0 {
			m = v.random.IntN(len(worldSteps()))
		}
		if !v.follows(actor, &worldSteps()[m], &s, &end) {
			continue
		}
		if n%4 == 1 {
			v.together(i, first, actor, k, m, accepted[v.random.IntN(len(accepted))])
		} else {
			v.together(i, first, actor, k, m)
		}
	}
}

// follows reports whether a step makes sense as a later one of a batch. A slot
// is free for a new role only if it was before the batch: an id is never used
// twice.
func (v *worldVisit) follows(actor int, step *worldStep, s, end *worldState) bool {
	switch {
	case step.kind == worldErase, step.kind >= worldBootstrap && actor != worldSystem:
		return false
	case step.kind == worldCreate:
		return s.roles[step.role] == 0 && end.roles[step.role] == 0
	}
	return step.applies(end)
}

func (v *worldVisit) together(i int32, first *state, actor int, steps ...int) {
	s := v.nodes[i].state
	ops := make([]Op, len(steps))
	text := worldActors[actor].String() + " in one batch"
	for j, k := range steps {
		step := &worldSteps()[k]
		if step.kind == worldErase || j == 2 && step.kind == worldCreate {
			return
		}
		ops[j] = step.op
		text += fmt.Sprintf("; %s", step.text)
	}
	v.decided += len(ops)
	final, err := decideAll(v.rules, first, worldActors[actor], ops, int64(s.now))
	if err != nil {
		return
	}
	end := s
	if final != first {
		end = s.after(final)
	}
	kind := worldPair
	if len(steps) == 3 {
		kind = worldTriple
	}
	if end != s {
		v.accepted[kind]++
	}
	alone := s
	for j, k := range steps {
		layers := first
		if j > 0 {
			layers = alone.layers()
		}
		delta, err := decide(v.rules, layers, layers, worldActors[actor], worldSteps()[k].op, int64(s.now))
		if v.resignedBefore(actor, &worldSteps()[k], &alone, err) {
			continue
		}
		if err != nil {
			v.report(i, text, worldFinding{worldBatch, fmt.Sprintf("operation %d alone: %v", j+1, err)})
			return
		}
		alone = alone.after(delta)
	}
	// A role that was and is again in one batch keeps its slot's past.
	end.born = alone.born
	if end != alone {
		v.report(i, text, worldFinding{worldBatch, "ends at " + end.String() + ", separately at " + alone.String()})
	}
	if v.everyone {
		v.report(i, text, worldCheckOwners(&s, &end)...)
	} else {
		v.report(i, text, v.profile.check(&end)...)
	}
}

// resignedBefore is the one exception. What was held before the batch stays in
// sight to its end (S18), so resigning what is resigned already, or expired, is
// idle in a batch; as a call of its own it may name a role no longer in sight.
func (v *worldVisit) resignedBefore(actor int, step *worldStep, alone *worldState, err error) bool {
	return errors.Is(err, ErrNotFound) && step.by(actor) == worldResign && !worldLive(alone.rows[step.sub][step.role], int(alone.now))
}

// shrink tries everything once more with the actor narrowed, or with an
// asserted group: what is then accepted is accepted of the plain actor too,
// and comes to the same; and what is left after narrowing has the permission
// for it. Again the exception is idle: resigning an expired row
// of a role that only the asserted group brings into sight.
func (v *worldVisit) shrink(i int32, first *state, actor int, ends map[int]worldState) {
	s := v.nodes[i].state
	as, kind := worldActors[actor], worldNarrow
	switch n := v.random.IntN(10); {
	case n < 6:
		as = as.Only(worldRoleIDs[n])
	case n < 8:
		as = as.Only(worldRoleIDs[n-6], worldRoleIDs[n-5])
	case n < 9:
		as, kind = as.InGroups("g"), worldAssert
	default:
		as, kind = as.InGroups("h", "elsewhere"), worldAssert
	}
	narrowed := s
	for sub := range narrowed.rows {
		for role, id := range worldRoleIDs {
			if !slices.Contains(as.more().only, id) {
				narrowed.rows[sub][role] = 0
			}
		}
	}
	administers := narrowed.auth(actor, int(s.now))&worldAdm != 0
	for k := range worldSteps() {
		step := &worldSteps()[k]
		if step.kind >= worldBootstrap || !step.applies(&s) {
			continue
		}
		end, ok := v.decide(i, first, as, step)
		if !ok {
			continue
		}
		if end != s {
			v.accepted[kind]++
		} else if kind == worldAssert && step.by(actor) == worldResign && !worldLive(s.rows[actor][step.role], int(s.now)) {
			continue
		}
		if plain, ok := ends[k]; !ok || plain != end {
			text := fmt.Sprintf("%s, only %v, in %v: %s", as, as.more().only, as.more().groups, step.text)
			v.report(i, text, worldFinding{worldShrinks, "is accepted, but not of the plain actor"})
		}
		if by := step.by(actor); kind == worldNarrow && !administers && by != worldResign && by != worldLeave {
			v.report(i, step.text, worldFinding{worldShrinks, fmt.Sprint("is accepted of an actor narrowed to ", as.more().only)})
		}
	}
}
