package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/internal/naming"
)

// ruleset is what stays the same for every decision: the catalogue and the
// prebuilt roles. It is immutable.
type ruleset struct {
	catalog     *Catalog
	delegable   PermissionSet
	prebuilt    map[RoleID]*roleRecord
	order       []*roleRecord // the prebuilt roles by id
	names       map[string]bool
	fingerprint string
	off         guards
}

// newRuleset checks the prebuilt roles and completes them with Owner, Admin
// and User.
func newRuleset(c *Catalog, prebuilt []Prebuilt) (*ruleset, error) {
	r := &ruleset{catalog: c, delegable: c.Delegable(), prebuilt: map[RoleID]*roleRecord{}, names: map[string]bool{}}
	given := map[RoleID]bool{}
	for _, p := range prebuilt {
		given[p.ID] = true
	}
	all := slices.Clone(prebuilt)
	if !given[AdminRole] {
		all = append(all, Prebuilt{ID: AdminRole, Description: "Everything but what is reserved to Owners", Permissions: r.delegable})
	}
	if !given[UserRole] {
		all = append(all, Prebuilt{ID: UserRole, Description: "Signed in, nothing more", Permissions: Set()})
	}
	for i, p := range all {
		if err := r.declare(p); err != nil {
			err.Field = fmt.Sprintf("prebuilt[%d].%s", i, err.Field)
			return nil, err
		}
	}
	if !r.prebuilt[UserRole].Permissions.SubsetOf(r.prebuilt[AdminRole].Permissions) {
		return nil, &InvalidError{"prebuilt", "User has permissions that Admin lacks"}
	}
	owner := Prebuilt{ID: OwnerRole, Name: "Owner", Description: "Everything, now and later", Permissions: c.all}
	r.add(owner, KindOwner)
	slices.SortFunc(r.order, func(a, b *roleRecord) int { return compareStrings(a.ID, b.ID) })
	sets := make([]Prebuilt, len(r.order))
	for i, role := range r.order {
		sets[i] = Prebuilt{ID: role.ID, Name: role.Name, Permissions: role.Permissions}
	}
	r.fingerprint = fingerprint(c, sets)
	return r, nil
}

func (r *ruleset) declare(p Prebuilt) *InvalidError {
	switch {
	case p.ID == OwnerRole:
		return &InvalidError{"id", "the Owner role cannot be declared: it is everything"}
	case !prebuiltID(p.ID):
		return &InvalidError{"id", "must be lower-case letters, digits and single hyphens, at most 64 bytes"}
	case r.prebuilt[p.ID] != nil:
		return &InvalidError{"id", "is declared twice"}
	case p.Permissions.IsZero():
		return &InvalidError{"permissions", "is not given; Set() is the empty set"}
	}
	if invalid := unknownNames(p.Permissions.Minus(r.catalog.all)); invalid != nil {
		return invalid
	}
	if p.Permissions.Intersect(r.catalog.ownerOnly).Len() > 0 {
		return &InvalidError{"permissions", "has one that is for Owners only"}
	}
	if p.Name == "" {
		p.Name = strings.ToUpper(string(p.ID[:1])) + string(p.ID[1:])
	}
	if problem := naming.RoleName(p.Name); problem != "" {
		return &InvalidError{"name", problem}
	}
	if problem := naming.Description(p.Description); problem != "" {
		return &InvalidError{"description", problem}
	}
	if r.reserved(p.Name) || naming.ReservedKey(p.Name) == naming.ReservedKey("Owner") {
		return &InvalidError{"name", "is the name of another prebuilt role"}
	}
	r.add(p, KindPrebuilt)
	return nil
}

func (r *ruleset) add(p Prebuilt, kind Kind) {
	role := &roleRecord{key: naming.Key(p.Name), Role: Role{
		ID: p.ID, Kind: kind, Name: p.Name, Description: p.Description, Status: Active, Permissions: p.Permissions,
	}}
	r.prebuilt[p.ID] = role
	r.order = append(r.order, role)
	r.names[naming.ReservedKey(p.Name)] = true
}

// reserved reports whether a name is, or looks like, that of a prebuilt role
// (S19).
func (r *ruleset) reserved(name string) bool { return r.names[naming.ReservedKey(name)] }

func prebuiltID(id RoleID) bool {
	if id == "" || len(id) > 64 || id[0] == '-' || id[len(id)-1] == '-' || strings.Contains(string(id), "--") {
		return false
	}
	return strings.Trim(string(id), "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// guards are the tests of hierarchy.go that can be switched off, one by one,
// to prove that something notices. Only this package's tests can: nothing
// exported reaches them, and the zero value has all of them on.
type guards uint64

type guard uint8

const (
	guardTopCover         guard = iota // ⊤ is covered by ⊤ only
	guardStrict                        // S5: dominance is strict
	guardDominance                     // S4: the old set
	guardOwnRole                       // S6
	guardPrebuilt                      // S14
	guardFrozen                        // S11
	guardVersion                       // S12
	guardOwner                         // the explicit tests on the Owner role
	guardOwnerWindow                   // S7: Owner is held without a period
	guardOwnerOnly                     // S3
	guardCreateCover                   // S3
	guardEditCover                     // S4: the new set
	guardActivationCover               // S11
	guardAssignCover                   // S7
	guardJoinCover                     // S10, users
	guardNestCover                     // S10, groups
	guardReassignCover                 // S13: the target
	guardUnassignCover                 // S8
	guardLeaveCover                    // S10
	guardOffboardCover                 // S8
	guardActive                        // S7: no new row on a suspended role
	guardSelfDealing                   // S9
	guardNamed                         // S7: a directly named user
	guardOutranksEqual                 // equality counts
	guardNoRows                        // S12
	guardLastOwner                     // S15
	guardClosureAncestors              // S10
	guardClosureStatus                 // S10: all statuses
	guardClosureFuture                 // S10: future rows
	guardHarmsEdit                     // S4
	guardHarmsSuspend                  // S11
	guardHarmsUnassign                 // S8
	guardHarmsLeave                    // S10
	guardHarmsOffboard                 // S8
	guardHarmsReassign                 // S13
	guardHarmsAuth                     // each half of harms
	guardHarmsReach
	guardHarmsFuture  // its look into the future
	guardBatchFirst   // S18: the authority before the batch
	guardBatchCurrent // S18: the authority now
	guardBatchUnion   // S18: held before or now
)

func (r *ruleset) on(g guard) bool { return r.off&(1<<g) == 0 }
