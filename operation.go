package rbac

import (
	"maps"
	"sync/atomic"
	"time"

	"github.com/seed80bc5f17/rbac/internal/naming"
)

// Op is a change as a value: made by one of the functions named after the
// operations, judged by [Authority.Apply] and [Authority.Preview]. It is
// immutable, holds copies of what it was made from, and is safe for concurrent
// use. The zero Op is invalid.
type Op struct {
	kind        opKind
	role        RoleID
	name        *string
	description *string
	status      *Status
	permissions *PermissionSet
	metadata    map[string]string // nil = unchanged
	version     uint64
	reassign    RoleID
	subject     Subject // or the member of group
	group       string
	from, until int64
	reason      string
	spent       *atomic.Bool // CreateRole: a drawn id serves once
}

type opKind string

const (
	opCreateRole   opKind = "create_role"
	opEditRole     opKind = "edit_role"
	opDeleteRole   opKind = "delete_role"
	opGrant        opKind = "grant"
	opRevoke       opKind = "revoke"
	opAssign       opKind = "assign"
	opUnassign     opKind = "unassign"
	opAddMember    opKind = "add_member"
	opRemoveMember opKind = "remove_member"
	opOffboard     opKind = "offboard"
	opBootstrap    opKind = "bootstrap"
	opSweep        opKind = "sweep"
	opEraseTenant  opKind = "erase_tenant"
)

// NewRole is what a new role is made of. Its id, kind, version and maker
// cannot be chosen.
type NewRole struct {
	Name        string            // required; 1–64 runes (S19)
	Description string            // at most 1,024 runes
	Status      Status            // zero = Active
	Permissions PermissionSet     // required; Set() for none
	Metadata    map[string]string // at most 16 entries, keys of 1–64 bytes, values of at most 256
	Reason      string            // why; for the history, at most 512 runes
}

// RoleEdit changes a role. Absent fields stay as they are.
type RoleEdit struct {
	ID          RoleID
	Version     uint64 // required: the one the human saw; another one stored is ErrConflict
	Name        *string
	Description *string
	Status      *Status
	Permissions *PermissionSet    // the whole new set
	Metadata    map[string]string // nil = unchanged; an empty map removes all
	Reason      string
}

// RoleDeletion deletes a role. With Reassign, its holders are given that role
// instead, for the same periods, in the same step (S13).
type RoleDeletion struct {
	ID       RoleID
	Version  uint64 // required: the one the human saw
	Reassign RoleID // "" = none: the role must not be in use
	Reason   string
}

// NewAssignment gives a role to a subject, for good or for a period
// [From, Until). Times count in whole microseconds; a fraction is cut off.
type NewAssignment struct {
	Subject Subject
	Role    RoleID
	From    time.Time // zero = at once
	Until   time.Time // exclusive; zero = for good; otherwise in the future
	Reason  string
}

// CreateRole returns the operation that makes a role. Its id is drawn now, so
// that later operations of the same batch can name it; see [Op.RoleID].
func CreateRole(r NewRole) Op {
	op := Op{
		kind: opCreateRole, role: newRoleID(), name: &r.Name, description: &r.Description, status: &r.Status,
		permissions: &r.Permissions, metadata: maps.Clone(r.Metadata), reason: r.Reason, spent: new(atomic.Bool),
	}
	if r.Status == 0 {
		*op.status = Active
	}
	return op
}

// EditRole returns the operation that changes a role.
func EditRole(e RoleEdit) Op {
	return Op{
		kind: opEditRole, role: e.ID, version: e.Version, name: copied(e.Name), description: copied(e.Description),
		status: copied(e.Status), permissions: copied(e.Permissions), metadata: maps.Clone(e.Metadata), reason: e.Reason,
	}
}

// DeleteRole returns the operation that deletes a role.
func DeleteRole(d RoleDeletion) Op {
	return Op{kind: opDeleteRole, role: d.ID, version: d.Version, reassign: d.Reassign, reason: d.Reason}
}

// Grant returns the operation that adds permissions to a role, whatever its
// version. Those it already has are no change.
func Grant(role RoleID, permissions ...Permission) Op {
	set := Set(permissions...)
	return Op{kind: opGrant, role: role, permissions: &set}
}

// Revoke returns the operation that takes permissions from a role, whatever
// its version. Those it does not have are no change.
func Revoke(role RoleID, permissions ...Permission) Op {
	set := Set(permissions...)
	return Op{kind: opRevoke, role: role, permissions: &set}
}

// Assign returns the operation that gives a role to a subject.
func Assign(a NewAssignment) Op {
	return Op{
		kind: opAssign, subject: a.Subject, role: a.Role,
		from: micros(a.From), until: micros(a.Until), reason: a.Reason,
	}
}

// Unassign returns the operation that takes a role from a subject.
func Unassign(s Subject, role RoleID) Op { return Op{kind: opUnassign, subject: s, role: role} }

// AddMember returns the operation that puts a user or a group into a group.
func AddMember(group string, member Subject) Op {
	return Op{kind: opAddMember, group: group, subject: member}
}

// RemoveMember returns the operation that takes a user or a group out of a
// group.
func RemoveMember(group string, member Subject) Op {
	return Op{kind: opRemoveMember, group: group, subject: member}
}

// Offboard returns the operation that takes from a subject all roles it holds
// directly and all its memberships in groups. A group keeps its members.
func Offboard(s Subject) Op { return Op{kind: opOffboard, subject: s} }

// Bootstrap returns the operation that makes a user the first Owner of a
// tenant without one. For [System] only.
func Bootstrap(user string) Op { return Op{kind: opBootstrap, subject: User(user)} }

// Sweep returns the operation that deletes all expired assignments, which
// confer nothing already. For [System] only.
func Sweep() Op { return Op{kind: opSweep} }

// EraseTenant returns the operation that deletes everything of a tenant, its
// Owners and its history included. For [System] only.
func EraseTenant() Op { return Op{kind: opEraseTenant} }

// Reason returns why, as given by Because or the input's Reason; "" if not.
func (op Op) Reason() string { return op.reason }

// Subject returns the user or group that op is about, or the member of its
// group; nobody if none.
func (op Op) Subject() Subject { return op.subject }

// Group returns the group whose members op changes; "" if none.
func (op Op) Group() string { return op.group }

// RoleID returns the role that op is about, drawn or given; "" if none.
func (op Op) RoleID() RoleID { return op.role }

// Because returns a copy of op with the reason, for the history and, of an
// assignment or membership, for its record; at most 512 runes.
func (op Op) Because(reason string) Op {
	op.reason = reason
	return op
}

// String returns the operation's name, such as "create_role".
func (op Op) String() string { return string(op.kind) }

// supplied is the permissions that the caller named.
func (op Op) supplied() PermissionSet {
	if op.permissions == nil {
		return Set()
	}
	return *op.permissions
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// check is the second step of S22: everything that can be refused without
// knowing the tenant, except names that are not in the catalogue, which an
// edit may find in the role.
func (op Op) check(r *ruleset, now int64) *InvalidError {
	if problem := naming.Reason(op.reason); op.reason != "" && problem != "" {
		return &InvalidError{"reason", problem}
	}
	switch op.kind {
	case opCreateRole, opEditRole, opGrant, opRevoke:
		return op.checkRole(r)
	case opDeleteRole:
		if invalid := checkRoleID("role", op.role); invalid != nil {
			return invalid
		}
		if op.version == 0 {
			return &InvalidError{"version", "is required"}
		}
		if op.reassign == "" {
			return nil
		}
		if op.reassign == op.role {
			return &InvalidError{"reassign", "is the role itself"}
		}
		return checkRoleID("reassign", op.reassign)
	case opAssign, opUnassign:
		if problem := op.subject.problem(); problem != "" {
			return &InvalidError{"subject", problem}
		}
		if invalid := checkRoleID("role", op.role); invalid != nil || op.kind == opUnassign {
			return invalid
		}
		return op.checkWindow(r, now)
	case opAddMember, opRemoveMember:
		if problem := naming.Identifier(op.group, naming.MaxSubject); problem != "" {
			return &InvalidError{"group", problem}
		}
		if problem := op.subject.problem(); problem != "" {
			return &InvalidError{"member", problem}
		}
		return nil
	case opOffboard, opBootstrap:
		if problem := op.subject.problem(); problem != "" {
			return &InvalidError{"subject", problem}
		}
		if op.kind == opBootstrap && !op.subject.IsUser() {
			return &InvalidError{"subject", "must be a user: groups cannot be Owners"}
		}
		return nil
	case opSweep, opEraseTenant:
		return nil
	}
	return &InvalidError{"op", "is not an operation"}
}

func (op Op) checkRole(r *ruleset) *InvalidError {
	if invalid := checkRoleID("role", op.role); invalid != nil {
		return invalid
	}
	if op.kind == opEditRole && op.version == 0 {
		return &InvalidError{"version", "is required"}
	}
	if op.name != nil {
		if problem := naming.RoleName(*op.name); problem != "" {
			return &InvalidError{"name", problem}
		}
	}
	if op.description != nil {
		if problem := naming.Description(*op.description); problem != "" {
			return &InvalidError{"description", problem}
		}
	}
	if op.status != nil && !op.status.valid() {
		return &InvalidError{"status", "must be active, suspended or blocked"}
	}
	if problem := naming.Metadata(op.metadata); problem != "" {
		return &InvalidError{"metadata", problem}
	}
	if op.permissions == nil && op.kind == opEditRole {
		return nil
	}
	return op.checkPermissions(r)
}

// checkPermissions refuses a long list before it looks at any name.
func (op Op) checkPermissions(r *ruleset) *InvalidError {
	switch n := op.supplied().Len(); {
	case op.permissions == nil || op.permissions.IsZero():
		return &InvalidError{"permissions", "is not given; Set() is the empty set"}
	case n == 0 && (op.kind == opGrant || op.kind == opRevoke):
		return &InvalidError{"permissions", "is empty"}
	case n > r.catalog.all.Len()+maxUnknown:
		return &InvalidError{"permissions", "has more names than the catalogue"}
	}
	for p := range op.permissions.All() {
		if problem := naming.Permission(string(p)); problem != "" {
			return &InvalidError{"permissions", problem}
		}
	}
	if op.kind != opCreateRole {
		return nil
	}
	return unknownNames(op.permissions.Minus(r.catalog.all))
}

// maxUnknown bounds the names in an edit that are no longer in the catalogue.
const maxUnknown = 1_000

func unknownNames(s PermissionSet) *InvalidError {
	for p := range s.All() {
		return &InvalidError{"permissions", `has "` + string(p) + `", which is not in the catalogue`}
	}
	return nil
}

func (op Op) checkWindow(r *ruleset, now int64) *InvalidError {
	if op.role == OwnerRole {
		if op.subject.IsGroup() {
			return &InvalidError{"subject", "must be a user: groups cannot be Owners"}
		}
		if (op.from != 0 || op.until != 0) && r.on(guardOwnerWindow) {
			return &InvalidError{"until", "the Owner role is held without a period"}
		}
	}
	switch {
	case op.from < 0:
		return &InvalidError{"from", "must lie between 1970 and 9999"}
	case op.until < 0:
		return &InvalidError{"until", "must lie between 1970 and 9999"}
	case op.until != 0 && op.from >= op.until:
		return &InvalidError{"until", "must be later than from"}
	case op.until != 0 && op.until <= now:
		return &InvalidError{"until", "must lie in the future"}
	}
	return nil
}

func checkRoleID(field string, id RoleID) *InvalidError {
	if problem := naming.Identifier(string(id), naming.MaxSubject); problem != "" {
		return &InvalidError{field, problem}
	}
	return nil
}
