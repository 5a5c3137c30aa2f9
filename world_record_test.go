package rbac

import (
	"fmt"
	"slices"
	"sync"

	"github.com/seed80bc5f17/rbac/store"
)

// The small world's names and records, as the library knows them.
var (
	worldSubjectNames = [...]string{"a", "b", "c", "g", "h"}
	worldRoleIDs      = [...]RoleID{"role_0", "role_1", "role_2", OwnerRole, AdminRole, "former"}
)

// worldSubject returns the subject as the library knows it.
func worldSubject(i int) Subject {
	if i >= worldG {
		return Group(worldSubjectNames[i])
	}
	return User(worldSubjectNames[i])
}

// worldPermissions translates a set of bits.
func worldPermissions(set uint8) PermissionSet {
	var names []Permission
	if set&worldAdm != 0 {
		for _, p := range ownPermissions {
			names = append(names, p.ID)
		}
	}
	for bit, name := range map[uint8]Permission{worldX: "w.x", worldY: "w.y", worldReserved: "w.reserved", worldGone: "w.gone"} {
		if set&bit != 0 {
			names = append(names, name)
		}
	}
	return Set(names...)
}

// worldBits is the inverse. A set that splits the library's permissions is not
// of this world.
func worldBits(set PermissionSet) (bits uint8) {
	for _, bit := range []uint8{worldAdm, worldX, worldY, worldReserved, worldGone} {
		if worldPermissions(bit).SubsetOf(set) {
			bits |= bit
		}
	}
	if !worldPermissions(bits).Equal(set) {
		panic("the small world has no set " + set.String())
	}
	return bits
}

// worldRecords holds every record that a state can contain.
type worldRecords struct {
	roles   [3][256]*roleRecord
	rows    [5][6][len(worldWindows)]*store.Assignment
	members [8]*store.Membership
	subject [5]store.Subject
	bits    map[string]uint8
}

var worldStore = sync.OnceValue(func() *worldRecords {
	w := &worldRecords{bits: map[string]uint8{}}
	for i := range w.subject {
		w.subject[i] = worldSubject(i).record()
	}
	for slot := range w.roles {
		for code := 64; code < 256; code++ {
			r := worldRole(code)
			id := string(worldRoleIDs[slot])
			w.roles[slot][code] = newRoleRecord(&store.Role{
				ID: id, Name: "Name of " + id, Status: r.status().String(), Version: 1,
				Permissions: worldPermissions(r.set()).strings(), Damaged: r&worldDamaged != 0,
			})
		}
	}
	for sub := range w.rows {
		for role := range w.rows[sub] {
			for i := worldOpen; int(i) < len(worldWindows); i++ {
				w.rows[sub][role][i] = &store.Assignment{
					Subject: w.subject[sub], Role: string(worldRoleIDs[role]),
					From: worldWindows[i].from, Until: worldWindows[i].until,
				}
			}
		}
	}
	for bit := range w.members {
		group, member := worldMembership(bit)
		w.members[bit] = &store.Membership{Group: worldSubjectNames[group], Member: w.subject[member]}
	}
	for set := range uint8(32) {
		w.bits[worldPermissions(set).String()] = set
	}
	return w
})

// worldMembership returns group and member for a bit of members.
func worldMembership(bit int) (group, member int) {
	switch bit {
	case 6:
		return worldH, worldG
	case 7:
		return worldG, worldH
	}
	return worldG + bit%2, bit / 2
}

// worldIndex finds a name; a name from elsewhere is a mistake in the tests.
func worldIndex[T comparable](names []T, name T) int {
	i := slices.Index(names, name)
	if i < 0 {
		panic(fmt.Sprint("the small world has no ", name))
	}
	return i
}
