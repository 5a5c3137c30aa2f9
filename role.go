package rbac

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/seed80bc5f17/rbac/internal/naming"
	"github.com/seed80bc5f17/rbac/internal/strictjson"
	"github.com/seed80bc5f17/rbac/store"
)

// RoleID identifies a role. The library draws it; it cannot be chosen, and is
// never used again after the role is gone. Prebuilt roles have the ids the
// host's code gives them: "owner", "admin", "user" and any more.
type RoleID string

// The prebuilt roles that always exist.
const (
	OwnerRole RoleID = "owner" // everything, now and later
	AdminRole RoleID = "admin" // default: every permission that is not OwnerOnly
	UserRole  RoleID = "user"  // default: no permission; nobody holds it unless it is assigned
)

// customPrefix begins every id the library draws. A prebuilt id cannot contain
// an underscore, so the two never meet.
const customPrefix = "role_"

// newRoleID draws an id of at least 128 random bits.
func newRoleID() RoleID { return RoleID(customPrefix + strings.ToLower(rand.Text())) }

// Status says whether a role confers its permissions (S11).
type Status uint8

// The statuses. The zero Status is none of them: in a request for a new role
// it stands for Active, and read from a store, like any unknown text, Blocked.
const (
	Active    Status = iota + 1 // confers
	Suspended                   // confers nothing; keeps its assignments, accepts no new one
	Blocked                     // confers nothing and is frozen; only an Owner moves a role in or out
)

var statusNames = [...]string{Active: "active", Suspended: "suspended", Blocked: "blocked"}

// String returns "active", "suspended", "blocked" or, for what is none of
// them, "Status(n)".
func (s Status) String() string {
	if s.valid() {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

func (s Status) valid() bool { return s >= Active && s <= Blocked }

// MarshalText encodes s as its String; it fails for what is not a status.
func (s Status) MarshalText() ([]byte, error) {
	if !s.valid() {
		return nil, &InvalidError{Field: "status", Problem: "must be active, suspended or blocked"}
	}
	return []byte(s.String()), nil
}

// UnmarshalText decodes "active", "suspended" or "blocked", and nothing else.
func (s *Status) UnmarshalText(text []byte) error {
	for i := Active; i <= Blocked; i++ {
		if statusNames[i] == string(text) {
			*s = i
			return nil
		}
	}
	return &InvalidError{Field: "status", Problem: "must be active, suspended or blocked"}
}

// storedStatus reads a stored status; what it does not know is Blocked (S11).
func storedStatus(text string) Status {
	var s Status
	if s.UnmarshalText([]byte(text)) != nil {
		return Blocked
	}
	return s
}

// Kind tells where a role comes from.
type Kind string

// The kinds of role.
const (
	KindOwner    Kind = "owner"    // the Owner role: everything
	KindPrebuilt Kind = "prebuilt" // given by the host's code, fixed at run time
	KindCustom   Kind = "custom"   // made by people
)

// Role is a role as it stood at one revision. It is an output: changing it
// changes nothing.
type Role struct {
	ID          RoleID            `json:"id"`
	Kind        Kind              `json:"kind"`
	Name        string            `json:"name"`                  // 1–64 runes, unique in the tenant regardless of case (S19)
	Description string            `json:"description,omitempty"` // at most 1,024 runes
	Status      Status            `json:"status,omitzero"`
	Permissions PermissionSet     `json:"permissions"`        // of the Owner role: the whole catalogue
	Metadata    map[string]string `json:"metadata,omitempty"` // the host's own; confers nothing
	Version     uint64            `json:"version"`            // one more with each change; 0 for prebuilt roles
	CreatedBy   string            `json:"created_by,omitempty"`
	CreatedAt   time.Time         `json:"created_at,omitzero"`
	SetBy       string            `json:"set_by,omitempty"`  // user who last set the permissions; "" = the host itself
	SetAt       time.Time         `json:"set_at,omitzero"`   // when they were last set
	Damaged     bool              `json:"damaged,omitempty"` // the stored record cannot be read: confers nothing, nobody covers it
}

// clone returns a copy that shares nothing that can be changed (S24).
func (r Role) clone() Role {
	r.Metadata = maps.Clone(r.Metadata)
	return r
}

// Prebuilt is a role given by the host's code: the same in every tenant, never
// stored, never changed at run time.
type Prebuilt struct {
	ID          RoleID // lower-case letters, digits and single hyphens, at most 64 bytes
	Name        string // default: the ID with a capital letter; reserved in every tenant
	Description string
	Permissions PermissionSet // known and not OwnerOnly
}

// Subject is a user or a group, who can be given roles. Make one with [User]
// or [Group]. User "eng" and group "eng" are different subjects. The zero
// Subject is nobody.
type Subject struct {
	kind store.Kind
	id   string
}

// User returns the subject for the user with the host's id: valid UTF-8, 1–255
// bytes, no control characters, no space at either end, compared byte for byte.
func User(id string) Subject { return Subject{store.User, id} }

// Group returns the subject for the group with the host's id, which follows
// the rules of a user's.
func Group(id string) Subject { return Subject{store.Group, id} }

// ID returns the host's id.
func (s Subject) ID() string { return s.id }

// IsUser reports whether s is a user.
func (s Subject) IsUser() bool { return s.kind == store.User }

// IsGroup reports whether s is a group.
func (s Subject) IsGroup() bool { return s.kind == store.Group }

// String returns "user:id" or "group:id", and "nobody" for the zero Subject.
func (s Subject) String() string {
	if s.kind == "" {
		return "nobody"
	}
	return string(s.kind) + ":" + s.id
}

// MarshalJSON encodes s as {"kind":"user","id":"carl"}.
func (s Subject) MarshalJSON() ([]byte, error) { return json.Marshal(s.record()) }

// UnmarshalJSON decodes what MarshalJSON encodes. It is an [InvalidError] if
// data is anything else, or the id is malformed.
func (s *Subject) UnmarshalJSON(data []byte) error {
	var r store.Subject
	if err := strictjson.Decode(data, &r); err != nil {
		return &InvalidError{"subject", err.Error()}
	}
	if problem := subjectOf(r).problem(); problem != "" {
		return &InvalidError{"subject", problem}
	}
	*s = subjectOf(r)
	return nil
}

func (s Subject) record() store.Subject { return store.Subject{Kind: s.kind, ID: s.id} }

func subjectOf(r store.Subject) Subject { return Subject{r.Kind, r.ID} }

// problem says what is wrong with s, or "".
func (s Subject) problem() string {
	switch s.kind {
	case store.User, store.Group:
		return naming.Identifier(s.id, naming.MaxSubject)
	}
	return "must be a user or a group"
}

// Assignment is a role held by a subject, directly. It is an output.
type Assignment struct {
	Subject   Subject   `json:"subject"`
	Role      RoleID    `json:"role"`
	From      time.Time `json:"from,omitzero"`        // zero = open
	Until     time.Time `json:"until,omitzero"`       // exclusive; zero = open
	GrantedBy string    `json:"granted_by,omitempty"` // user; "" = the host itself
	GrantedAt time.Time `json:"granted_at"`
	Reason    string    `json:"reason,omitempty"`
}

// Membership is a user or group that belongs to a group, directly. It is an
// output.
type Membership struct {
	Group   string    `json:"group"`
	Member  Subject   `json:"member"`
	AddedBy string    `json:"added_by,omitempty"` // user; "" = the host itself
	AddedAt time.Time `json:"added_at"`
	Reason  string    `json:"reason,omitempty"`
}

// micros converts a time to the stored form: microseconds since 1970, 0 for
// the zero time. A time that has no such form becomes -1, which every check
// refuses: 1970 itself must not turn into "open", nor a far year wrap around.
func micros(t time.Time) int64 {
	switch us := t.UnixMicro(); {
	case t.IsZero():
		return 0
	case us <= 0 || t.UTC().Year() > 9999:
		return -1
	default:
		return us
	}
}

// instant is the inverse of micros.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func assignmentOf(a *store.Assignment) Assignment {
	return Assignment{
		Subject: subjectOf(a.Subject), Role: RoleID(a.Role), From: instant(a.From), Until: instant(a.Until),
		GrantedBy: a.GrantedBy, GrantedAt: instant(a.GrantedAt), Reason: a.Reason,
	}
}

func membershipOf(m *store.Membership) Membership {
	return Membership{Group: m.Group, Member: subjectOf(m.Member), AddedBy: m.AddedBy, AddedAt: instant(m.AddedAt), Reason: m.Reason}
}
