package rbac

import (
	"encoding/json"
	"maps"
	"sync/atomic"
	"time"

	"github.com/seed80bc5f17/rbac/internal/strictjson"
	"github.com/seed80bc5f17/rbac/store"
)

// opRecord is the JSON form of an operation, in requests and in the log.
type opRecord struct {
	Op          opKind            `json:"op"`
	Role        RoleID            `json:"role,omitempty"`
	Version     uint64            `json:"version,omitempty"`
	Name        *string           `json:"name,omitempty"`
	Description *string           `json:"description,omitempty"`
	Status      *Status           `json:"status,omitempty"`
	Permissions *PermissionSet    `json:"permissions,omitempty"`
	Metadata    map[string]string `json:"metadata,omitzero"`
	Reassign    RoleID            `json:"reassign,omitempty"`
	Subject     *store.Subject    `json:"subject,omitempty"`
	Group       string            `json:"group,omitempty"`
	From        *time.Time        `json:"from,omitempty"`
	Until       *time.Time        `json:"until,omitempty"`
	Reason      string            `json:"reason,omitempty"`
}

// fields says which keys an operation takes, beside "op" and "reason".
var fields = map[opKind][]string{
	opCreateRole:   {"name", "description", "status", "permissions", "metadata"},
	opEditRole:     {"role", "version", "name", "description", "status", "permissions", "metadata"},
	opDeleteRole:   {"role", "version", "reassign"},
	opGrant:        {"role", "permissions"},
	opRevoke:       {"role", "permissions"},
	opAssign:       {"subject", "role", "from", "until"},
	opUnassign:     {"subject", "role"},
	opAddMember:    {"group", "subject"},
	opRemoveMember: {"group", "subject"},
	opOffboard:     {"subject"},
	opBootstrap:    {"subject"},
	opSweep:        {},
	opEraseTenant:  {},
}

func (op Op) record() opRecord {
	r := opRecord{
		Op: op.kind, Role: op.role, Version: op.version, Name: op.name, Description: op.description, Status: op.status,
		Permissions: op.permissions, Metadata: op.metadata, Reassign: op.reassign, Group: op.group, Reason: op.reason,
	}
	if op.subject != (Subject{}) {
		s := op.subject.record()
		r.Subject = &s
	}
	if op.from != 0 {
		t := instant(op.from)
		r.From = &t
	}
	if op.until != 0 {
		t := instant(op.until)
		r.Until = &t
	}
	return r
}

func (r opRecord) op() Op {
	op := Op{
		kind: r.Op, role: r.Role, version: r.Version, name: r.Name, description: r.Description, status: r.Status,
		permissions: r.Permissions, metadata: maps.Clone(r.Metadata), reassign: r.Reassign, group: r.Group, reason: r.Reason,
	}
	if r.Subject != nil {
		op.subject = subjectOf(*r.Subject)
	}
	op.from, op.until = given(r.From), given(r.Until)
	return op
}

// given converts a time that was given. The zero time is one, and refused like
// every other before 1970: it must not turn into an open end.
func given(t *time.Time) int64 {
	switch {
	case t == nil:
		return 0
	case t.IsZero():
		return -1
	}
	return micros(*t)
}

// MarshalJSON encodes op as an object such as
// {"op":"assign","subject":{"kind":"user","id":"carl"},"role":"role_…"}. The
// id drawn for a new role is not part of it.
func (op Op) MarshalJSON() ([]byte, error) {
	r := op.record()
	if op.kind == opCreateRole {
		r.Role = ""
	}
	return json.Marshal(r)
}

// UnmarshalJSON decodes what MarshalJSON encodes, drawing an id for a new
// role. It is an [InvalidError] if data is anything else: an unknown
// operation, a key that is unknown, repeated, in other case, or that the
// operation does not take, or text after the object.
func (op *Op) UnmarshalJSON(data []byte) error {
	var r opRecord
	if err := strictjson.Decode(data, &r); err != nil {
		return &InvalidError{"operation", err.Error()}
	}
	takes, ok := fields[r.Op]
	if !ok {
		return &InvalidError{"op", "is not an operation"}
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(data, &given); err != nil {
		return &InvalidError{"operation", "is not an object"}
	}
	for name, value := range given {
		if string(value) == "null" {
			return &InvalidError{name, "is null; leave out what is not to change"}
		}
	}
	delete(given, "op")
	delete(given, "reason")
	for _, name := range takes {
		delete(given, name)
	}
	for name := range given {
		return &InvalidError{name, "is not taken by " + string(r.Op)}
	}
	if r.Op == opCreateRole {
		if r.Name == nil {
			return &InvalidError{"name", "is required"}
		}
		if r.Permissions == nil {
			r.Permissions = &PermissionSet{}
		}
		n := NewRole{Name: *r.Name, Permissions: *r.Permissions, Metadata: r.Metadata, Reason: r.Reason}
		if r.Description != nil {
			n.Description = *r.Description
		}
		if r.Status != nil {
			n.Status = *r.Status
		}
		*op = CreateRole(n)
		return nil
	}
	*op = r.op()
	return nil
}

// entry is what the log keeps of a request, as JSON.
type entry struct {
	Actor       actorRecord `json:"actor"`
	Operations  []opRecord  `json:"operations"`
	Fingerprint string      `json:"rules"` // catalogue and prebuilt sets (S27)
}

type actorRecord struct {
	User     string   `json:"user,omitempty"`
	System   bool     `json:"system,omitempty"`
	Reason   string   `json:"reason,omitempty"` // System's
	Groups   []string `json:"groups,omitempty"` // asserted
	Narrowed bool     `json:"narrowed,omitempty"`
	Only     []RoleID `json:"only,omitempty"`
}

func encodeEntry(actor Actor, ops []Op, rules string) []byte {
	e := entry{Actor: actorRecord{
		User: actor.user, System: actor.more().system, Reason: actor.more().reason,
		Groups: actor.more().groups, Narrowed: actor.more().narrowed, Only: actor.more().only,
	}, Fingerprint: rules}
	for _, op := range ops {
		e.Operations = append(e.Operations, op.record())
	}
	data, err := json.Marshal(e)
	if err != nil {
		panic("rbac: checked operations must encode: " + err.Error())
	}
	return data
}

// decodeEntry is the inverse. The operations it returns name the ids that were
// drawn, and are spent.
func decodeEntry(data []byte) (Actor, []Op, string, error) {
	var e entry
	if err := json.Unmarshal(data, &e); err != nil {
		return Actor{}, nil, "", unavailable(err)
	}
	actor := Actor{user: e.Actor.User, terms: &terms{
		system: e.Actor.System, reason: e.Actor.Reason,
		groups: e.Actor.Groups, narrowed: e.Actor.Narrowed, only: e.Actor.Only,
	}}
	ops := make([]Op, len(e.Operations))
	for i, r := range e.Operations {
		ops[i] = r.op()
		if r.Op == opCreateRole {
			ops[i].spent = new(atomic.Bool)
			ops[i].spent.Store(true)
		}
	}
	return actor, ops, e.Fingerprint, nil
}
