package naive

import (
	"errors"
	"fmt"
	"slices"
)

// ErrAssumption is wrapped by the safety checks when the case they are given does not meet the
// assumptions of semantics §5, so that nothing was checked.
var ErrAssumption = errors.New("naive: assumption of the safety theorem not met")

// coalitionSet is A: the union of what the members' roles give them in s0 at now0 or any later
// time (Active roles, From ignored). A coalition has no Owners in it.
func coalitionSet(cfg Config, s0 *State, coalition []string, now0 int64) (authority, error) {
	all := grants{}
	for _, member := range coalition {
		for role := range held(s0, member, nil, now0) {
			if roleStatus(cfg, s0, role) == "active" {
				all = all.with(roleGrants(cfg, s0, role))
			}
		}
	}
	if all.top {
		return authority{}, fmt.Errorf("%w: an Owner is in the coalition %v", ErrAssumption, coalition)
	}
	return usable(cfg, all), nil
}

// exceeds names something in after that is neither in before nor in a, or "".
func exceeds(after, before grants, a authority) string {
	if before.top {
		return ""
	}
	if after.top {
		return "⊤"
	}
	for _, name := range sorted(after.names) {
		if !before.names[name] && !a.names[name] {
			return name
		}
	}
	return ""
}

// CheckT1T2 is P1 and P2. s1 at now1 is what s0 at now0 became through operations of members of
// the coalition alone (any number, at any instants from now0 to now1). It returns an error that
// names who or which role escalated:
//
//	T1  for every user w and every instant t from now1 on (now1 and each later end of a window):
//	    auth(w) in s1 at t ⊆ auth(w) in s0 at t ∪ A
//	T2  reach(w) in s1 at t ⊆ reach(w) in s0 at t ∪ A, and the set of every role ⊆ its old set ∪ A
//	    (a new role has no old set), and no role became undecodable.
//
// "auth at that time without the operations" is auth in s0 evaluated at the same instant. T2's
// reach0 is read so too: stricter than reach in s0 at now0. It assumes what §5 assumes (System
// and everybody else silent, the same cfg throughout) and does not use Apply.
func CheckT1T2(cfg Config, s0, s1 *State, coalition []string, now0, now1 int64) error {
	a, err := coalitionSet(cfg, s0, coalition, now0)
	if err != nil {
		return err
	}
	for _, w := range users(s0, s1) {
		for _, t := range instants(now1, s0, s1) {
			before, after := auth(cfg, s0, w, t), auth(cfg, s1, w, t)
			if name := exceeds(after.asGrants(), before.asGrants(), a); name != "" {
				return fmt.Errorf("T1: at %d user %q has %s, which neither they had nor the coalition %v", t, w, name, coalition)
			}
			if name := exceeds(reach(cfg, s1, w, t), reach(cfg, s0, w, t), a); name != "" {
				return fmt.Errorf("T2: at %d user %q reaches %s, which neither they did nor the coalition %v had", t, w, name, coalition)
			}
		}
	}
	for id := range s1.Roles {
		before, after := roleGrants(cfg, s0, id), roleGrants(cfg, s1, id)
		if after.damaged && !before.damaged {
			return fmt.Errorf("T2: role %q became undecodable", id)
		}
		if name := exceeds(after, before, a); name != "" {
			return fmt.Errorf("T2: role %q contains %s, which neither it did nor the coalition %v had", id, name, coalition)
		}
	}
	return nil
}

// CheckT3 is P3, for one accepted step or for any number of them. s1 at now1 is what s0 at now0
// became through operations of members of the coalition alone, at instants from now0 to now1.
//
// For every user v outside the coalition whose auth in s0 (that is, without the operations)
// covers A at every instant from now0 to now1 (now0, now1 and each end of a window between),
// it checks that v has lost nothing: at every instant t from now1 on, neither the union of all
// stored names of v's active roles nor that of all roles v reaches lacks in s1 a name that it has
// in s0. Stored membership. It assumes what §5 assumes and does not use Apply.
//
// For a single step of one actor, take coalition = {actor} and now0 = now1. A then is what the
// actor's roles give now or later, so this asks less than harms does, which protects everybody
// who covers the actor's authority now and after narrowing: Apply is to be compared for that.
func CheckT3(cfg Config, s0, s1 *State, coalition []string, now0, now1 int64) error {
	a, err := coalitionSet(cfg, s0, coalition, now0)
	if err != nil {
		return err
	}
	for _, v := range users(s0) {
		if slices.Contains(coalition, v) {
			continue
		}
		alwaysCovered := true
		for _, t := range append(instants(now0, s0), now1) {
			if t <= now1 && !covers(auth(cfg, s0, v, t), a.asGrants()) {
				alwaysCovered = false
			}
		}
		if alwaysCovered && loses(cfg, s0, s1, v, now1) {
			return fmt.Errorf("T3: user %q covers all that the coalition %v has and lost something", v, coalition)
		}
	}
	return nil
}

// CheckLastOwner is P4 (S15) over one step that is not EraseTenant.
func CheckLastOwner(s0, s1 *State) error {
	if len(Owners(s0)) > 0 && len(Owners(s1)) == 0 {
		return fmt.Errorf("S15: the last of the Owners %v is gone", Owners(s0))
	}
	return nil
}

// CheckShape tells whether a state is one that the rules keep: Owner only to users and without
// window (S7), windows with From < Until, no row of an unknown subject kind, groups acyclic and at
// most 8 deep (S10), role names unique and not reserved (S19), no stored role under a prebuilt
// id, versions from 1 on. A state that meets it before an operation meets it after.
func CheckShape(cfg Config, s *State) error {
	for key, row := range s.Rows {
		switch {
		case key != RowKey{row.Subject, row.Role} || !wellFormed(row.Subject):
			return fmt.Errorf("row %v: key or subject", row)
		case row.Role == OwnerID && (row.Subject.Kind != "user" || row.From != 0 || row.Until != 0):
			return fmt.Errorf("S7: row %v: Owner goes to users only, without window", row)
		case row.From != 0 && row.Until != 0 && row.From >= row.Until:
			return fmt.Errorf("row %v: empty window", row)
		}
	}
	for m := range s.Members {
		if m.Member.Kind != "group" {
			continue
		}
		if downward(s, m.Member.ID)[m.Group] {
			return fmt.Errorf("S10: group %q is in a cycle", m.Group)
		}
	}
	for m := range s.Members {
		if chainBelow(s, m.Group) > maxDepth {
			return fmt.Errorf("S10: groups nested too deep below %q", m.Group)
		}
	}
	for id, r := range s.Roles {
		if r.ID != id || cfg.prebuilt(id) || r.Version == 0 {
			return fmt.Errorf("role %q: id or version", id)
		}
		if nameTaken(cfg, s, id, r.Name) {
			return fmt.Errorf("S19: the name of role %q is taken", id)
		}
	}
	return nil
}
