package rbac

import "github.com/seed80bc5f17/rbac/store"

// layers builds the state that decide is called with, as the library reads it
// from a store: a model with roles, nesting and groups' assignments, and over
// it the facts about users, all of them.
func (s worldState) layers() *state {
	w := worldStore()
	base := &state{}
	for slot, role := range s.roles {
		if role != 0 {
			base.putRole(worldRoleIDs[slot], w.roles[slot][role])
		}
	}
	top := base.over()
	top.facts = &facts{all: true}
	for sub, rows := range s.rows {
		layer := top
		if sub >= worldG {
			layer = base
		}
		for role, window := range rows {
			if window != 0 {
				layer.putRow(w.subject[sub], worldRoleIDs[role], w.rows[sub][role][window])
			}
		}
	}
	for bit, m := range w.members {
		if s.members&(1<<bit) == 0 {
			continue
		}
		layer := top
		if bit >= 6 {
			layer = base
		}
		layer.putMember(m.Group, m.Member, m)
	}
	return top
}

// after applies a layer of changes over s.
func (s worldState) after(delta *state) worldState {
	if delta.erased {
		s = worldState{now: s.now}
	}
	w := worldStore()
	for id, role := range delta.roles {
		slot := worldIndex(worldRoleIDs[:], id)
		switch {
		case role == nil:
			s.roles[slot] = 0
			s.born &^= 1 << slot
			continue
		case s.roles[slot] == 0:
			s.born |= 1 << slot
		}
		s.roles[slot] = worldRead(role)
	}
	for sub, rows := range delta.rows {
		i := worldIndex(w.subject[:], sub)
		for id, row := range rows {
			window := uint8(0)
			if row != nil {
				window = worldWindow(row.From, row.Until, s.now)
			}
			s.rows[i][worldIndex(worldRoleIDs[:], id)] = window
		}
	}
	for sub, groups := range delta.groups {
		for group, m := range groups {
			bit := worldMemberBit(group, sub)
			if s.members &^= 1 << bit; m != nil {
				s.members |= 1 << bit
			}
		}
	}
	return s
}

func worldMemberBit(group string, sub store.Subject) int {
	w := worldStore()
	k := worldIndex(worldSubjectNames[:], group) - worldG
	switch i := worldIndex(w.subject[:], sub); {
	case i < worldG:
		return 2*i + k
	case i-worldG == k:
		panic("a group in itself")
	default:
		return 6 + i - worldG
	}
}

func worldRead(role *roleRecord) worldRole {
	set, ok := worldStore().bits[role.Permissions.String()]
	if !ok {
		set = worldBits(role.Permissions)
	}
	r := worldMade(set, role.Status)
	if role.Damaged {
		r = worldMade(0, role.Status) | worldDamaged
	}
	return r
}

// worldReadAll encodes a whole state, to see that judging left it alone.
func worldReadAll(s *state, now, born uint8) worldState {
	out := worldState{now: now}
	layers := []*state{}
	for l := s; l != nil; l = l.below {
		layers = append([]*state{l}, layers...)
	}
	for _, l := range layers {
		out = out.after(l)
	}
	out.born = born
	return out
}

// worldRules returns the rules for the world, with or without an OwnerOnly
// permission in the catalogue, and with some guards off.
func worldRules(reserved bool, off guards) *ruleset {
	infos := []PermissionInfo{{ID: "w.x"}, {ID: "w.y"}}
	if reserved {
		infos = append(infos, PermissionInfo{ID: "w.reserved", OwnerOnly: true})
	}
	c, err := NewCatalog(Section{Name: "World", Permissions: infos})
	if err != nil {
		panic(err)
	}
	r, err := newRuleset(c, nil)
	if err != nil {
		panic(err)
	}
	r.off = off
	return r
}
