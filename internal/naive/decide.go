package naive

import "slices"

// judgement is one operation of a batch about to be judged.
type judgement struct {
	cfg Config
	// first is the state before the batch, state the one grown so far (S18).
	first, state *State
	actor        Actor
	now          int64
	op           Op
}

// Apply judges a batch op by op on the growing state and returns the state after it: all or
// nothing (S18). On refusal, and if nothing is written, it returns s itself.
//
// A role that the batch really changed has, after it, its version before the batch plus 1; a role
// created in the batch has version 1. What a batch does and undoes is no change.
func Apply(cfg Config, s *State, a Actor, now int64, ops ...Op) (*State, Verdict) {
	if v := judgeActor(a); v.Reason != "" {
		return s, v
	}
	state := s.Clone()
	for _, op := range ops {
		j := judgement{cfg: cfg, first: s, state: state.Clone(), actor: a, now: now, op: op}
		if v := j.refusal(); v.Reason != "" {
			return s, v
		}
		state = j.effect()
	}
	for id, r := range state.Roles {
		r.Version = 1
		if old := s.Roles[id]; old != nil {
			r.Version = old.Version
			if !old.sameContent(r) {
				r.Version++
			}
		}
	}
	if state.Equal(s) {
		return s, Verdict{OK: true}
	}
	return state, Verdict{OK: true, Changed: true}
}

// judgeActor is step 1.
func judgeActor(a Actor) Verdict {
	switch a.Kind {
	case "system":
	case "user":
		if a.User == "" || slices.Contains(a.Asserted, "") {
			return refuse("invalid")
		}
	default:
		return refuse("actor")
	}
	return Verdict{}
}

// refusal is S22: the first step that objects. The zero Verdict is no objection.
func (j judgement) refusal() Verdict {
	steps := []func() Verdict{
		j.input,       // 2
		j.visibility,  // 3
		j.permission,  // 4
		j.prebuilt,    // 5
		j.ownRole,     // 6
		j.frozen,      // 7
		j.version,     // 8
		j.dominance,   // 9
		j.ownerGuard,  // 10, "owner"
		j.ownerOnly,   // 10, "owner_only"
		j.coverage,    // 10, "coverage"
		j.inactive,    // 11
		j.selfDealing, // 12
		j.outranked,   // 13, "outranked"
		j.harmed,      // 13, "harms"
		j.invariants,  // 14
	}
	for _, step := range steps {
		if v := step(); v.Reason != "" {
			return v
		}
	}
	return Verdict{}
}

// system tells whether the actor is the host's own code.
func (j judgement) system() bool { return j.actor.Kind == "system" }

// authority is the actor's: after narrowing, stored membership only, and the intersection of
// first and current (S18).
func (j judgement) authority() authority {
	x := actorAuth(j.cfg, j.first, j.actor, j.now, false)
	return x.meet(actorAuth(j.cfg, j.state, j.actor, j.now, false))
}

// isOwner: auth = ⊤.
func (j judgement) isOwner() bool { return j.authority().top }

// mayAsOwner: the actor passes what "only an Owner may".
func (j judgement) mayAsOwner() bool { return j.system() || j.isOwner() }

// heldRoles is held(a): asserted groups count, narrowing does not, first and current (S18).
func (j judgement) heldRoles() map[string]bool {
	if j.actor.Kind != "user" {
		return map[string]bool{}
	}
	return union(
		held(j.first, j.actor.User, j.actor.Asserted, j.now),
		held(j.state, j.actor.User, j.actor.Asserted, j.now))
}

// ownGroups are the groups the actor is in: asserted ones count, first and current (S9, S18).
func (j judgement) ownGroups() map[string]bool {
	if j.actor.Kind != "user" {
		return map[string]bool{}
	}
	return union(
		groupsOf(j.first, j.actor.User, j.actor.Asserted),
		groupsOf(j.state, j.actor.User, j.actor.Asserted))
}

// outranksActor: in either state, each with its own authority (S18).
func (j judgement) outranksActor(v string) bool {
	return outranks(j.cfg, j.first, v, j.actor, j.now) || outranks(j.cfg, j.state, v, j.actor, j.now)
}

// resigning: a user gives up a direct assignment or membership of their own (S8).
func (j judgement) resigning() bool {
	if j.actor.Kind != "user" {
		return false
	}
	me := User(j.actor.User)
	return j.op.Kind == "unassign" && j.op.Subject == me ||
		j.op.Kind == "remove_member" && j.op.Member == me
}

// editing: the operations on the permissions and fields of a role.
func (j judgement) editing() bool {
	return j.op.Kind == "edit" || j.op.Kind == "grant" || j.op.Kind == "revoke"
}

// reassigning: a delete with a target R′ (S13).
func (j judgement) reassigning() bool { return j.op.Kind == "delete" && j.op.Reassign != "" }

// liveRows are the unexpired rows of the current state that want keeps.
func (j judgement) liveRows(want func(Row) bool) []Row {
	var rows []Row
	for _, row := range j.state.Rows {
		if row.live(j.now) && want(row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// holders are the unexpired rows of op.Role.
func (j judgement) holders() []Row {
	return j.liveRows(func(row Row) bool { return row.Role == j.op.Role })
}

// liveRow tells whether the subject has an unexpired assignment of the role.
func (j judgement) liveRow(subject Subject, role string) (Row, bool) {
	row, ok := j.state.Rows[RowKey{subject, role}]
	return row, ok && row.live(j.now)
}
