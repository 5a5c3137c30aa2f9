// Package naive is a second, independent reading of shared/design/semantics.md (and of the
// project's binding readings of it), kept as literal and as slow as possible: maps of strings,
// whole copies of the state, loops over every user and every instant. It shares no code with
// the library and serves as the oracle in property tests. The clause numbers in comments (S1…)
// are those of semantics.md; the step numbers are those of the order of refusal (S22).
package naive

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// OwnerID is the id of the prebuilt role whose permission set is ⊤.
const OwnerID = "owner"

// The library's own permissions (semantics §4) that the rules ask for.
const (
	permView     = "rbac.roles.view"
	permCreate   = "rbac.roles.create"
	permEdit     = "rbac.roles.edit"
	permDelete   = "rbac.roles.delete"
	permAssign   = "rbac.roles.assign"
	permUnassign = "rbac.roles.unassign"
	permGroups   = "rbac.groups.edit"
)

// Config is what the host's code declares: the same in every state.
type Config struct {
	// Known is the whole catalogue, the library's own rbac.* entries included.
	Known map[string]bool
	// OwnerOnly are the entries of Known that only Owner ever has.
	OwnerOnly map[string]bool
	// Prebuilt gives the permissions of each prebuilt role but Owner, which is implicit and ⊤.
	Prebuilt map[string]map[string]bool
	// PrebuiltNames gives the display name of each prebuilt role, Owner included.
	PrebuiltNames map[string]string
}

// prebuilt tells whether code declares the role id.
func (cfg Config) prebuilt(role string) bool {
	_, declared := cfg.Prebuilt[role]
	return role == OwnerID || declared
}

// Subject is a user or a group; Kind is "user" or "group".
type Subject struct{ Kind, ID string }

// User is the subject of kind user with that id.
func User(id string) Subject { return Subject{Kind: "user", ID: id} }

// Group is the subject of kind group with that id.
func Group(id string) Subject { return Subject{Kind: "group", ID: id} }

// Role is a stored, that is custom, role. A Status that is none of "active", "suspended" and
// "blocked" is read as blocked (S11). Perms of a Damaged role are never read.
type Role struct {
	ID, Name, Description, Status string
	Perms                         map[string]bool
	Damaged                       bool
	Metadata                      map[string]string
	// Version is 1 on creation and grows by 1 with each batch that really changes the role.
	Version uint64
}

// Row is an assignment. From and Until are microseconds, 0 for an open end; GrantedBy is the
// user, "" for System.
type Row struct {
	Subject     Subject
	Role        string
	From, Until int64
	GrantedBy   string
}

// RowKey names an assignment.
type RowKey struct {
	Subject Subject
	Role    string
}

// MemberKey is one membership: Member is directly in Group.
type MemberKey struct {
	Group  string
	Member Subject
}

// State is everything stored for one tenant.
type State struct {
	Roles   map[string]*Role
	Rows    map[RowKey]Row
	Members map[MemberKey]bool
}

// NewState returns an empty tenant.
func NewState() *State {
	return &State{Roles: map[string]*Role{}, Rows: map[RowKey]Row{}, Members: map[MemberKey]bool{}}
}

// Clone returns a deep copy.
func (s *State) Clone() *State {
	c := NewState()
	for id, r := range s.Roles {
		c.Roles[id] = r.clone()
	}
	maps.Copy(c.Rows, s.Rows)
	maps.Copy(c.Members, s.Members)
	return c
}

func (r *Role) clone() *Role {
	c := *r
	c.Perms = maps.Clone(r.Perms)
	c.Metadata = maps.Clone(r.Metadata)
	return &c
}

// Equal tells whether both states hold the same, versions and granters included.
func (s *State) Equal(o *State) bool {
	sameRole := func(a, b *Role) bool { return a.Version == b.Version && a.sameContent(b) }
	return maps.EqualFunc(s.Roles, o.Roles, sameRole) &&
		maps.Equal(s.Rows, o.Rows) && maps.Equal(s.Members, o.Members)
}

// sameContent compares everything but the version.
func (r *Role) sameContent(o *Role) bool {
	return r.Status == o.Status && r.sameButStatus(o)
}

// sameButStatus compares everything but the version and the status.
func (r *Role) sameButStatus(o *Role) bool {
	return r.ID == o.ID && r.Name == o.Name && r.Description == o.Description &&
		r.Damaged == o.Damaged && maps.Equal(r.Perms, o.Perms) && maps.Equal(r.Metadata, o.Metadata)
}

// status is the stored status as the rules read it: an unknown one is blocked (S11).
func (r *Role) status() string {
	if r.Status == "active" || r.Status == "suspended" {
		return r.Status
	}
	return "blocked"
}

// String lists the state, sorted, one record a line.
func (s *State) String() string {
	var lines []string
	for _, r := range s.Roles {
		line := fmt.Sprintf("role %s %q %q %s v%d %v", r.ID, r.Name, r.Description, r.Status, r.Version, sorted(r.Perms))
		if r.Damaged {
			line += " damaged"
		}
		if len(r.Metadata) > 0 {
			line += fmt.Sprintf(" %v", r.Metadata)
		}
		lines = append(lines, line)
	}
	for _, row := range s.Rows {
		lines = append(lines, fmt.Sprintf("row %s %s %s [%d,%d) by %q",
			row.Subject.Kind, row.Subject.ID, row.Role, row.From, row.Until, row.GrantedBy))
	}
	for m := range s.Members {
		lines = append(lines, fmt.Sprintf("member %s < %s %s", m.Group, m.Member.Kind, m.Member.ID))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// users are all the users that occur anywhere in the states.
func users(states ...*State) []string {
	found := map[string]bool{}
	for _, s := range states {
		for key := range s.Rows {
			if key.Subject.Kind == "user" {
				found[key.Subject.ID] = true
			}
		}
		for key := range s.Members {
			if key.Member.Kind == "user" {
				found[key.Member.ID] = true
			}
		}
	}
	return sorted(found)
}

// sorted lists a set.
func sorted(set map[string]bool) []string {
	return slices.Sorted(maps.Keys(set))
}

// setOf makes a set of a list (S24: a copy; duplicates and order do not matter).
func setOf(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}
