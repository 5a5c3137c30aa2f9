package rbac

import (
	"fmt"
	"sync"
)

// worldStep is one thing that somebody can try. The list of them is fixed; who
// tries it is not part of it.
type worldStep struct {
	kind worldKind
	op   Op
	text string

	role, heir  int
	set, status uint8 // status 0 = as it is
	keepSet     bool
	sub, group  int // group: also for memberships, worldG or worldH
	window      uint8
}

// worldKind is what is counted. The first ones are the library's operations.
type worldKind uint8

const (
	worldCreate worldKind = iota
	worldEditSet
	worldEditStatus
	worldEditBoth
	worldGrant
	worldRevoke
	worldDelete
	worldReassign
	worldAssign
	worldUnassign
	worldResign
	worldAddUser
	worldNest
	worldRemoveUser
	worldRemoveGroup
	worldLeave
	worldOffboard
	worldBootstrap
	worldSweep
	worldErase
	worldTick   // time passes: nobody's operation
	worldPair   // a batch of two
	worldTriple // a batch of three
	worldNarrow // any of the above by a narrowed actor
	worldAssert // any of the above by an actor with an asserted group
	worldKinds
)

var worldKindNames = [worldKinds]string{
	"create", "edit set", "edit status", "edit both", "grant", "revoke", "delete", "delete and reassign", "assign",
	"unassign", "resign", "add user", "nest group", "remove user", "remove group", "leave", "offboard", "bootstrap",
	"sweep", "erase", "tick", "batch of 2", "batch of 3", "narrowed", "asserted",
}

// worldSteps lists everything.
var worldSteps = sync.OnceValue(func() (out []worldStep) {
	add := func(s worldStep, format string, args ...any) {
		s.text = worldKindNames[s.kind] + " " + fmt.Sprintf(format, args...)
		out = append(out, s)
	}
	for slot := range 3 {
		id := worldRoleIDs[slot]
		for set := range uint8(16) {
			for status := Active; status <= Blocked; status++ {
				op := CreateRole(NewRole{Name: "Name of " + string(id), Permissions: worldPermissions(set), Status: status})
				op.role = id
				add(worldStep{kind: worldCreate, op: op, role: slot, set: set, status: uint8(status)}, "%s %s %s", id, worldSetText(set), status)
			}
		}
		for set := range uint8(32) {
			for status := Status(0); status <= Blocked; status++ {
				names := worldPermissions(set)
				edit := RoleEdit{ID: id, Version: 1, Permissions: &names}
				kind := worldEditSet
				if status != 0 {
					kind, edit.Status = worldEditBoth, &status
				}
				add(worldStep{kind: kind, op: EditRole(edit), role: slot, set: set, status: uint8(status)}, "%s to %s %s", id, worldSetText(set), status)
			}
		}
		for status := Active; status <= Blocked; status++ {
			op := EditRole(RoleEdit{ID: id, Version: 1, Status: &status})
			add(worldStep{kind: worldEditStatus, op: op, role: slot, status: uint8(status), keepSet: true}, "%s to %s", id, status)
		}
		for bit := worldAdm; bit <= worldGone; bit <<= 1 {
			names := worldPermissions(bit).names
			add(worldStep{kind: worldGrant, op: Grant(id, names...), role: slot, set: bit}, "%s %s", id, worldSetText(bit))
			add(worldStep{kind: worldRevoke, op: Revoke(id, names...), role: slot, set: bit}, "%s %s", id, worldSetText(bit))
		}
		add(worldStep{kind: worldDelete, op: DeleteRole(RoleDeletion{ID: id, Version: 1}), role: slot}, "%s", id)
		for heir := range 5 {
			if heir != slot {
				op := DeleteRole(RoleDeletion{ID: id, Version: 1, Reassign: worldRoleIDs[heir]})
				add(worldStep{kind: worldReassign, op: op, role: slot, heir: heir}, "%s to %s", id, worldRoleIDs[heir])
			}
		}
	}
	for sub := worldA; sub <= worldH; sub++ {
		for role, id := range worldRoleIDs {
			for w := worldOpen; int(w) < len(worldWindows); w++ {
				op := Assign(NewAssignment{Subject: worldSubject(sub), Role: id})
				op.from, op.until = worldWindows[w].from, worldWindows[w].until
				add(worldStep{kind: worldAssign, op: op, sub: sub, role: role, window: w}, "%s to %s %v", id, worldSubjectNames[sub], worldWindows[w])
			}
			add(worldStep{kind: worldUnassign, op: Unassign(worldSubject(sub), id), sub: sub, role: role}, "%s from %s", id, worldSubjectNames[sub])
		}
		for group := worldG; group <= worldH; group++ {
			join, leave := worldAddUser, worldRemoveUser
			if sub >= worldG {
				join, leave = worldNest, worldRemoveGroup
			}
			if sub == group {
				continue
			}
			name, member := worldSubjectNames[group], worldSubject(sub)
			add(worldStep{kind: join, op: AddMember(name, member), sub: sub, group: group}, "%v to %s", member, name)
			add(worldStep{kind: leave, op: RemoveMember(name, member), sub: sub, group: group}, "%v from %s", member, name)
		}
		add(worldStep{kind: worldOffboard, op: Offboard(worldSubject(sub)), sub: sub}, "%s", worldSubjectNames[sub])
		if sub < worldG {
			add(worldStep{kind: worldBootstrap, op: Bootstrap(worldSubjectNames[sub]), sub: sub}, "%s", worldSubjectNames[sub])
		}
	}
	add(worldStep{kind: worldSweep, op: Sweep()}, "")
	add(worldStep{kind: worldErase, op: EraseTenant()}, "")
	return out
})

// applies leaves out what means nothing in s, or means what another step
// already means, never what the rules might accept: creating in any slot but
// the first free one, editing what is not there, writing what is written,
// times that have passed.
func (x *worldStep) applies(s *worldState) bool {
	switch x.kind {
	case worldCreate:
		for slot := range x.role {
			if s.roles[slot] == 0 {
				return false
			}
		}
		// Everybody is refused what is OwnerOnly: three sets show it.
		return s.roles[x.role] == 0 && (x.set&worldReserved == 0 || x.set&worldY == 0 && x.status == uint8(Active))
	case worldEditSet, worldEditBoth, worldEditStatus:
		r := s.roles[x.role]
		if r == 0 || x.status == uint8(r.status()) {
			return false
		}
		extra := x.set & (worldReserved | worldGone)
		return x.keepSet || (x.set != r.set() || r&worldDamaged != 0) && (extra == 0 || extra == r.set()&(worldReserved|worldGone))
	case worldGrant, worldRevoke:
		r := s.roles[x.role]
		has := r.set()&x.set != 0
		return r != 0 && has == (x.kind == worldRevoke) && (x.set != worldGone || has)
	case worldDelete:
		return s.roles[x.role] != 0
	case worldReassign:
		return s.roles[x.role] != 0 && (x.heir >= worldOwnerRole || s.roles[x.heir] != 0)
	case worldAssign:
		if x.role < worldOwnerRole && s.roles[x.role] == 0 || !worldLive(x.window, int(s.now)) ||
			worldWindows[x.window].from != 0 && worldWindows[x.window].from <= int64(s.now) {
			return false
		}
		if x.role == worldFormerRole || x.role >= worldOwnerRole && x.window > worldUntil2+s.now-1 {
			return x.sub == worldB && x.window == worldOpen
		}
		// Over a live row every window but its own is refused alike: c shows it.
		return !worldLive(s.rows[x.sub][x.role], int(s.now)) || x.sub == worldC
	case worldUnassign:
		return s.rows[x.sub][x.role] != 0
	case worldAddUser, worldNest, worldRemoveUser, worldRemoveGroup:
		bit := worldMemberBit(worldSubjectNames[x.group], x.op.subject.record())
		there := s.members&(1<<bit) != 0
		return there == (x.kind == worldRemoveUser || x.kind == worldRemoveGroup)
	case worldOffboard:
		mine := s.rows[x.sub] != [6]uint8{}
		if x.sub < worldG {
			return mine || s.members>>(2*x.sub)&3 != 0
		}
		return mine || s.members&(worldGinH<<(x.sub-worldG)) != 0
	}
	return true
}

// by returns the kind under which an accepted step counts.
func (x *worldStep) by(actor int) worldKind {
	switch {
	case x.sub != actor:
	case x.kind == worldUnassign:
		return worldResign
	case x.kind == worldRemoveUser:
		return worldLeave
	}
	return x.kind
}
