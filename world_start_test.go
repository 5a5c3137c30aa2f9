package rbac

import (
	"fmt"
	"math/rand/v2"
)

// worldStart is where a search begins.
type worldStart struct {
	name     string
	state    worldState
	reserved bool // the catalogue has an OwnerOnly permission
	seed     uint64
}

// worldRow says that a subject holds a role; in a membership, that it is in a
// group.
type worldRow struct {
	sub, role int
	window    uint8
}

func worldBegin(name string, roles [3]worldRole, members uint8, rows ...worldRow) worldStart {
	s := worldState{roles: roles, members: members, now: 1}
	for _, row := range rows {
		s.rows[row.sub][row.role] = row.window
	}
	return worldStart{name: name, state: s, seed: uint64(len(name))}
}

// tick is the start at time 2.
func (s worldStart) tick() worldStart {
	s.state = s.state.tick()
	return s
}

// worldIn is the membership of a user in a group.
func worldIn(user, group int) uint8 { return 1 << (2*user + group - worldG) }

// worldPlots are starts in which the coalition of a and b has something to
// try, each against one guard; and, from every one of them, against all.
func worldPlots() []worldStart {
	clerk := worldMade(worldAdm|worldX, Active)
	none, adm, x, y := worldMade(0, Active), worldMade(worldAdm, Active), worldMade(worldX, Active), worldMade(worldY, Active)
	late := worldMade(worldY, Suspended)
	at := func(sub, role int, window ...uint8) worldRow {
		return worldRow{sub, role, append(window, worldOpen)[0]}
	}
	return []worldStart{
		worldBegin("a role of the accomplice", [3]worldRole{clerk, none, y}, 0, at(worldA, 0), at(worldB, 1)),
		worldBegin("a role out of reach, suspended", [3]worldRole{clerk, late, none}, 0, at(worldA, 0), at(worldB, 1)),
		worldBegin("a group with more", [3]worldRole{adm, y, none}, worldIn(worldB, worldH), at(worldA, 0), at(worldG, 1)),
		worldBegin("a group in a group with more", [3]worldRole{adm, y, none}, worldGinH, at(worldA, 0), at(worldH, 1)),
		worldBegin("a group with a suspended role", [3]worldRole{adm, late, none}, worldIn(worldB, worldH), at(worldA, 0), at(worldG, 1)),
		worldBegin("a group with a future role", [3]worldRole{adm, y, none}, worldGinH, at(worldA, 0), at(worldH, 1, worldFrom2)),
		worldBegin("the whole catalogue", [3]worldRole{worldMade(worldKnown, Active), none, y}, 0, at(worldA, 0), at(worldB, 1)),
		worldBegin("a senior, directly", [3]worldRole{clerk, x, adm}, 0, at(worldA, 0), at(worldC, 1), at(worldC, 2)),
		worldBegin("a senior, in a group", [3]worldRole{clerk, x, adm}, worldIn(worldC, worldG), at(worldA, 0), at(worldG, 1), at(worldC, 2)),
		worldBegin("a senior, until 2, with a suspended role", [3]worldRole{clerk, worldMade(worldX, Suspended), clerk}, 0, at(worldA, 0), at(worldC, 1), at(worldC, 2, worldUntil2)),
		worldBegin("a senior, until 2 what is for ever too", [3]worldRole{clerk, x, clerk}, 0, at(worldA, 0), at(worldC, 1), at(worldC, 2, worldUntil2)),
		worldBegin("a senior, in the group's future", [3]worldRole{clerk, x, clerk}, worldIn(worldC, worldG)|worldGinH, at(worldA, 0), at(worldH, 1, worldFrom2), at(worldC, 2)),
		worldBegin("a senior, by a group in a group", [3]worldRole{clerk, x, adm}, worldIn(worldC, worldG)|worldGinH, at(worldA, 0), at(worldC, 1), at(worldH, 2)),
		worldBegin("a senior above", [3]worldRole{adm, x, worldMade(worldAdm|worldX, Active)}, worldIn(worldC, worldH)|worldGinH, at(worldA, 0), at(worldG, 1), at(worldC, 2)),
		worldBegin("an Owner", [3]worldRole{worldMade(worldKnown, Active), x, none}, worldIn(worldC, worldG), at(worldA, 0), at(worldC, 3), at(worldG, 1), at(worldC, 1)),
		worldBegin("two halves", [3]worldRole{adm, x, y}, worldIn(worldA, worldG)|worldIn(worldB, worldH), at(worldA, 0), at(worldG, 1), at(worldB, 0), at(worldH, 2), at(worldC, 1)),
		worldBegin("an Admin", [3]worldRole{x, y, late}, worldIn(worldB, worldG), at(worldA, 4), at(worldG, 0), at(worldC, 1), at(worldC, 5)),
		worldBegin("until 2 an administrator", [3]worldRole{clerk, x, y}, 0, at(worldA, 0, worldUntil2), at(worldB, 0, worldFrom2), at(worldC, 1)),
		worldBegin("names of other days", [3]worldRole{clerk, worldMade(worldX|worldGone, Active), worldMade(worldGone, Suspended)}, worldIn(worldC, worldG), at(worldA, 0), at(worldG, 1), at(worldC, 2)),
		worldBegin("names of other days, from 2", [3]worldRole{clerk, worldMade(worldX|worldGone, Active), worldMade(worldGone, Suspended)}, 0, at(worldA, 0), at(worldC, 0), at(worldC, 1, worldFrom2), at(worldC, 2)),
		worldBegin("unreadable", [3]worldRole{clerk, worldMade(0, Suspended) | worldDamaged, worldMade(0, Active) | worldDamaged}, worldIn(worldC, worldG), at(worldA, 0), at(worldG, 1), at(worldC, 2)),
		worldBegin("a group with a role of other days", [3]worldRole{clerk, none, x}, worldIn(worldC, worldG), at(worldA, 0), at(worldG, 5), at(worldC, 1)),
		worldBegin("since 2 another administrator", [3]worldRole{clerk, x, y}, worldGinH, at(worldA, 0, worldUntil2), at(worldB, 0, worldFrom2), at(worldC, 1, worldUntil3)).tick(),
		worldReservedPlot(),
	}
}

// worldReservedPlot has an OwnerOnly name in a stored role, as after a change
// of the catalogue.
func worldReservedPlot() worldStart {
	s := worldBegin("reserved since", [3]worldRole{
		worldMade(worldAdm|worldX|worldReserved, Active), worldMade(worldX|worldReserved, Active), worldMade(worldReserved, Suspended),
	}, worldIn(worldC, worldG)|worldIn(worldB, worldH), worldRow{worldA, 0, worldOpen}, worldRow{worldG, 1, worldOpen}, worldRow{worldH, 2, worldOpen})
	s.reserved = true
	return s
}

// worldHouses are the starts of P4: everybody may act, Owners among them.
func worldHouses() []worldStart {
	clerk, x, late := worldMade(worldAdm|worldX, Active), worldMade(worldX, Active), worldMade(worldX, Suspended)
	owner := func(users ...int) (rows []worldRow) {
		for _, u := range users {
			rows = append(rows, worldRow{u, worldOwnerRole, worldOpen})
		}
		return rows
	}
	return []worldStart{
		worldBegin("one Owner and nothing", [3]worldRole{}, 0, owner(worldA)...),
		worldBegin("one Owner", [3]worldRole{clerk, x}, worldIn(worldA, worldG)|worldGinH, append(owner(worldA), worldRow{worldB, 0, worldOpen}, worldRow{worldG, 1, worldOpen})...),
		worldBegin("two Owners", [3]worldRole{clerk, x, late}, worldIn(worldC, worldH), append(owner(worldA, worldB), worldRow{worldC, 0, worldUntil2}, worldRow{worldH, 2, worldFrom2})...),
		worldBegin("three Owners", [3]worldRole{clerk}, 0, owner(worldA, worldB, worldC)...),
		worldBegin("nobody yet", [3]worldRole{x}, 0, worldRow{worldA, 0, worldUntil2}).tick(),
		worldBegin("an Owner with a damaged role", [3]worldRole{worldMade(0, Suspended) | worldDamaged, worldMade(worldX, Blocked)}, 0, append(owner(worldB), worldRow{worldC, 0, worldOpen}, worldRow{worldC, 5, worldOpen})...),
	}
}

// worldDrawn draws a start at random: everything that a state can have, in all
// combinations, as long as a has some authority now or later. The coalition has
// no Owner; c may be one.
func worldDrawn(seed uint64) worldStart {
	r := rand.New(rand.NewPCG(20_250_101, seed))
	chance := func(percent int) bool { return r.IntN(100) < percent }
	start := worldStart{name: fmt.Sprintf("drawn %d", seed), seed: seed, reserved: chance(50)}
	s := &start.state
	s.now = 1
	for slot := range s.roles {
		status := Active
		if chance(35) {
			status = Suspended + Status(r.IntN(2))
		}
		set := uint8(r.IntN(8))
		switch {
		case slot == 0:
			set, status = set|worldAdm, Active
		case chance(15):
			continue
		case chance(3):
			s.roles[slot] = worldMade(0, status) | worldDamaged
			continue
		}
		if start.reserved && chance(10) {
			set |= worldReserved
		}
		if chance(10) {
			set |= worldGone
		}
		s.roles[slot] = worldMade(set, status)
	}
	window := func() uint8 {
		if chance(55) {
			return worldOpen
		}
		return worldOpen + uint8(r.IntN(len(worldWindows)-1))
	}
	for sub := range s.rows {
		for slot, role := range s.roles {
			if role != 0 && chance(25) {
				s.rows[sub][slot] = window()
			}
		}
	}
	for bit := range 6 {
		if chance(25) {
			s.members |= 1 << bit
		}
	}
	switch {
	case chance(30):
		s.members |= worldGinH
	case chance(15):
		s.members |= worldHinG
	}
	if s.rows[worldA][0] = worldOpen; chance(25) && s.members&3 != 0 {
		s.rows[worldA][0] = 0
		s.rows[worldG+int(s.members>>1&1)][0] = window()
	}
	if chance(10) {
		s.rows[worldC][worldOwnerRole] = worldOpen
	}
	if chance(6) {
		s.rows[worldC][worldAdminRole] = window()
	}
	if chance(4) {
		s.rows[worldB][worldAdminRole] = window()
	}
	if chance(4) {
		s.rows[r.IntN(5)][worldFormerRole] = window()
	}
	if chance(40) { // c stands level with the coalition, or above it
		s.roles[2] = worldMade(newWorldProfile(*s).gain|s.roles[2].set(), Active)
		s.rows[worldC][2] = []uint8{worldOpen, worldOpen, worldUntil2, worldUntil3}[r.IntN(4)]
	}
	return start
}

// worldDrawnHouse draws a start in which a or b is an Owner, or both.
func worldDrawnHouse(seed uint64) worldStart {
	start := worldDrawn(seed)
	for user := range 2 {
		if seed&(1<<user) == 0 || seed&3 == 3 {
			start.state.rows[user][worldOwnerRole] = worldOpen
		}
	}
	return start
}
