package rbac

import "fmt"

// The properties, checked on the bytes of a state and nothing else.
//
// P1 (T1), P2 (T2) and P3 (T3) refer to the state that the coalition of a and b
// began with, so they are checked on every state reached against its start,
// whatever the way there, and never against the state before. Where they say "at that time", every instant from the state's
// own time to the last one is looked at, both with and without what was done:
// the coalition may stop here, and time pass.

const (
	worldP1        = "P1"
	worldP2        = "P2"
	worldP3        = "P3"
	worldP4        = "P4"
	worldBatch     = "batch" // an accepted batch is accepted as separate calls, to the same end
	worldShrinks   = "S1"    // narrowing or asserting groups can only shrink
	worldPure      = "P8"    // judging changes nothing, whatever the verdict
	worldSame      = "P9"    // the rules and this file agree on what a user may do
	worldOtherwise = "S23"   // a refusal is one of the two kinds that say no
)

// worldProfile is what a start promises for ever after.
type worldProfile struct {
	start worldState
	gain  uint8                   // A: what the coalition has
	auth  [3][worldLast + 1]uint8 // by user and instant, had nothing been done
	all   [3][worldLast + 1]uint8 // the same with unknown and OwnerOnly names
	reach [3][worldLast + 1]uint8
	above [worldLast + 1]bool // c has covered A at every instant up to this one
}

func newWorldProfile(s worldState) *worldProfile {
	p := &worldProfile{start: s}
	for user := worldA; user <= worldC; user++ {
		for t := int(s.now); t <= worldLast; t++ {
			p.all[user][t] = s.sum(user, t, true)
			p.auth[user][t] = worldUsable(p.all[user][t])
			p.reach[user][t] = s.sum(user, t, false)
			if user != worldC {
				p.gain |= p.auth[user][t]
			}
		}
	}
	above := true
	for t := int(s.now); t <= worldLast; t++ {
		above = above && p.gain&^p.auth[worldC][t] == 0
		p.above[t] = above
	}
	return p
}

// check returns the properties that a state reached by the coalition violates.
//
//   - P1: no user has, now or at a later instant, what they would not have had
//     without the operations and nobody in the coalition had.
//   - P2: the same for reach (every status, future rows), which is stronger
//     than T2, as reach without the operations shrinks when rows expire; and no
//     role has a name that it did not have and nobody in the coalition had. A
//     role made on the way had none.
//   - P3: as long as c's authority has covered A up to this state's time, c
//     lacks nothing of what it would have had, now or at a later instant, in
//     its authority (unknown and OwnerOnly names counted) or its reach.
func (p *worldProfile) check(s *worldState) (broken []worldFinding) {
	report := func(property, format string, args ...any) {
		broken = append(broken, worldFinding{property, fmt.Sprintf(format, args...)})
	}
	for user := worldA; user <= worldC; user++ {
		for t := int(s.now); t <= worldLast; t++ {
			if more := s.auth(user, t) &^ (p.auth[user][t] | p.gain); more != 0 {
				report(worldP1, "%s may %s at %d", worldSubjectNames[user], worldSetText(more), t)
			}
			if more := s.sum(user, t, false) &^ (p.reach[user][t] | p.gain); more != 0 {
				report(worldP2, "%s reaches %s at %d", worldSubjectNames[user], worldSetText(more), t)
			}
		}
	}
	for slot, role := range s.roles {
		old := p.start.roles[slot].set()
		if s.born&(1<<slot) != 0 {
			old = 0
		}
		if more := role.set() &^ (old | p.gain); more != 0 {
			report(worldP2, "%s has %s", worldRoleIDs[slot], worldSetText(more))
		}
	}
	if !p.above[s.now] {
		return broken
	}
	for t := int(s.now); t <= worldLast; t++ {
		if less := p.all[worldC][t] &^ s.sum(worldC, t, true); less != 0 {
			report(worldP3, "c lacks %s at %d", worldSetText(less), t)
		}
		if less := p.reach[worldC][t] &^ s.sum(worldC, t, false); less != 0 {
			report(worldP3, "c no longer reaches %s at %d", worldSetText(less), t)
		}
	}
	return broken
}

// worldCheckOwners is P4, on one step of anybody's, System's too, EraseTenant
// apart: at no instant from now on does it leave a tenant without an Owner that
// would have had one.
func worldCheckOwners(before, after *worldState) (broken []worldFinding) {
	for t := int(after.now); t <= worldLast; t++ {
		if before.owners(t) > 0 && after.owners(t) == 0 {
			broken = append(broken, worldFinding{worldP4, fmt.Sprintf("no Owner at %d", t)})
		}
	}
	return broken
}

// worldFinding is a violation, without the way to it.
type worldFinding struct{ property, text string }
