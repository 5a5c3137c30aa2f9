package rbac

import (
	"fmt"
	"strings"
)

// The small world: a tenant small enough that everything people could do in it
// can be tried. Three custom role slots, the prebuilt Owner and Admin, a
// prebuilt role that the code no longer declares; users a, b and c; groups g
// and h, which may be nested; times 1, 2 and 3.
//
// A worldState is such a tenant as bytes, so that it is its own key in a set.
// What it means is worked out here a second time, with bit masks and without a
// call to the rules: the rules are what is on trial.
type worldState struct {
	roles   [3]worldRole
	born    uint8       // slots whose role was created on the way
	members uint8       // bits 0–5: user u in group k is bit 2u+k; then g in h, h in g
	now     uint8       // 1–3
	rows    [5][6]uint8 // [subject][role] = index into worldWindows; 0 = no row
}

// Permissions as bits. The eight of the library travel together.
const (
	worldAdm      uint8 = 1 << iota // rbac.*
	worldX                          // an ordinary one
	worldY                          // another
	worldReserved                   // OwnerOnly, in worlds whose catalogue has one
	worldGone                       // stored once, no longer in the catalogue
	worldTop                        // ⊤, of Owners only
	worldUnread                     // in reach only: whatever a damaged role may contain
	worldFormer                     // in reach only: whatever a role may that the code may declare again

	worldKnown = worldAdm | worldX | worldY
	worldAll   = 1<<6 - 1
)

// Subjects and the roles that are not slots.
const (
	worldA = iota
	worldB
	worldC
	worldG
	worldH

	worldOwnerRole  = 3
	worldAdminRole  = 4
	worldFormerRole = 5

	worldGinH uint8 = 1 << 6
	worldHinG uint8 = 1 << 7
)

// worldRole is set | damaged<<5 | status<<6; 0 = no role in the slot.
type worldRole uint8

const worldDamaged worldRole = 1 << 5

func worldMade(set uint8, status Status) worldRole { return worldRole(set) | worldRole(status)<<6 }

func (r worldRole) status() Status { return Status(r >> 6) }
func (r worldRole) set() uint8     { return uint8(r) & 31 }

func (r worldRole) String() string {
	if r == 0 {
		return "-"
	}
	return worldSetText(r.set()) + map[bool]string{true: "!damaged"}[r&worldDamaged != 0] +
		[...]string{"", "", "/suspended", "/blocked"}[r.status()]
}

// The windows there are. Codes 4 and 5 lie in the future at time 1. A row is
// kept in the form that has the same meaning from now on: a From that has
// passed is open, and what has expired is worldUntil2.
const (
	worldOpen uint8 = iota + 1
	worldUntil2
	worldUntil3
	worldFrom2
	worldFrom2Until3
)

var worldWindows = [...]struct{ from, until int64 }{
	worldOpen: {}, worldUntil2: {0, 2}, worldUntil3: {0, 3}, worldFrom2: {2, 0}, worldFrom2Until3: {2, 3},
}

// worldLast is the last instant at which anything changes by itself.
const worldLast = 3

func worldWindow(from, until int64, now uint8) uint8 {
	if until != 0 && until <= int64(now) {
		return worldUntil2
	}
	if from <= int64(now) {
		from = 0
	}
	for w := worldOpen; int(w) < len(worldWindows); w++ {
		if worldWindows[w].from == from && worldWindows[w].until == until {
			return w
		}
	}
	panic(fmt.Sprintf("the small world has no window [%d, %d) at %d", from, until, now))
}

func worldLive(w uint8, t int) bool {
	return w != 0 && (worldWindows[w].until == 0 || int64(t) < worldWindows[w].until)
}

func worldCurrent(w uint8, t int) bool { return worldLive(w, t) && worldWindows[w].from <= int64(t) }

// tick lets time pass.
func (s worldState) tick() worldState {
	s.now++
	for i := range s.rows {
		for j, w := range s.rows[i] {
			if w != 0 {
				s.rows[i][j] = worldWindow(worldWindows[w].from, worldWindows[w].until, s.now)
			}
		}
	}
	return s
}

// around returns the groups that a user is in: 1 for g, 2 for h.
func (s *worldState) around(user int) uint8 {
	groups := s.members >> (2 * user) & 3
	if groups&1 != 0 && s.members&worldGinH != 0 {
		groups |= 2
	}
	if groups&2 != 0 && s.members&worldHinG != 0 {
		groups |= 1
	}
	return groups
}

// carries returns what a role carries when it confers at all.
func (s *worldState) carries(role int) (set uint8, status Status) {
	switch role {
	case worldOwnerRole:
		return worldAll, Active
	case worldAdminRole:
		return worldKnown, Active
	case worldFormerRole:
		return worldFormer, Blocked
	}
	if set = s.roles[role].set(); s.roles[role]&worldDamaged != 0 {
		set = worldUnread
	}
	return set, s.roles[role].status()
}

// sum adds up every stored name of the roles that reach a user at t: with
// active, of the Active ones in their windows; else of all that have not
// expired.
func (s *worldState) sum(user, t int, active bool) (total uint8) {
	groups := s.around(user)
	for role := range s.rows[user] {
		set, status := s.carries(role)
		if active && status != Active || status == 0 {
			continue
		}
		for _, sub := range [...]int{user, worldG, worldH} {
			if sub == worldG && groups&1 == 0 || sub == worldH && groups&2 == 0 {
				continue
			}
			w := s.rows[sub][role]
			switch {
			case !active && worldLive(w, t):
				total |= set
			case active && worldCurrent(w, t):
				total |= set &^ worldUnread
			}
		}
	}
	return total
}

// auth is what a user may do at t if nothing else happens.
func (s *worldState) auth(user, t int) uint8 { return worldUsable(s.sum(user, t, true)) }

// worldUsable drops what confers nothing to anybody but an Owner.
func worldUsable(set uint8) uint8 {
	if set&worldTop != 0 {
		return worldAll
	}
	return set & worldKnown
}

// owners counts the users with an Owner row of their own that has not expired
// at t.
func (s *worldState) owners(t int) (n int) {
	for user := worldA; user <= worldC; user++ {
		if worldLive(s.rows[user][worldOwnerRole], t) {
			n++
		}
	}
	return n
}

func worldSetText(set uint8) string {
	var b strings.Builder
	for i, name := range []string{"Adm", "X", "Y", "Res", "Gone", "TOP", "Unread", "Former"} {
		if set&(1<<i) != 0 {
			b.WriteString(name)
		}
	}
	return "{" + b.String() + "}"
}

func (s worldState) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "t=%d roles %v", s.now, s.roles)
	for sub, rows := range s.rows {
		for role, w := range rows {
			if w != 0 {
				fmt.Fprintf(&b, " %s:%s%v", worldSubjectNames[sub], worldRoleIDs[role], worldWindows[w])
			}
		}
	}
	for bit := range 8 {
		if s.members&(1<<bit) != 0 {
			fmt.Fprintf(&b, " %s", [...]string{"a∈g", "a∈h", "b∈g", "b∈h", "c∈g", "c∈h", "g∈h", "h∈g"}[bit])
		}
	}
	return b.String()
}
