package rbac

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/internal/naming"
)

// Permission is the exact, case-sensitive name of something a user may do,
// such as "billing.manage": words of ASCII letters and digits, joined by one
// of . _ : / - and 1–128 bytes long. There are no wildcards.
type Permission string

// The library's own permissions. Every [Catalog] contains them; they are
// granted, covered and compared like any other (S2).
const (
	RolesView     Permission = "rbac.roles.view"     // see roles, holders, groups and reviews; needed for every change too
	RolesCreate   Permission = "rbac.roles.create"   // create roles
	RolesEdit     Permission = "rbac.roles.edit"     // change a role's permissions, name, description, metadata and status
	RolesDelete   Permission = "rbac.roles.delete"   // delete roles
	RolesAssign   Permission = "rbac.roles.assign"   // assign roles to users and groups
	RolesUnassign Permission = "rbac.roles.unassign" // take roles from users and groups
	GroupsEdit    Permission = "rbac.groups.edit"    // add and remove members of groups
	AuditView     Permission = "rbac.audit.view"     // read the history
)

// PermissionSet is an immutable set of permissions, sorted by name. It is safe
// for concurrent use.
//
// The zero value has no members, and where a set is asked for it counts as not
// given: say Set() for the empty set. So a forgotten field is an error and
// never an empty, or a full, role.
type PermissionSet struct {
	names []Permission // sorted, unique; nil only in the zero value
}

// Set returns the set of the given permissions, which it copies. The order and
// duplicates do not matter. Names are checked where the set is used.
func Set(permissions ...Permission) PermissionSet {
	names := make([]Permission, len(permissions))
	copy(names, permissions)
	slices.Sort(names)
	return PermissionSet{slices.Compact(names)}
}

// IsZero reports whether s is the zero value, which counts as not given.
func (s PermissionSet) IsZero() bool { return s.names == nil }

// Len returns the number of permissions in s.
func (s PermissionSet) Len() int { return len(s.names) }

// Has reports whether p is in s.
func (s PermissionSet) Has(p Permission) bool {
	_, ok := slices.BinarySearch(s.names, p)
	return ok
}

// All iterates over the permissions in order.
func (s PermissionSet) All() iter.Seq[Permission] { return slices.Values(s.names) }

// Union returns the permissions in s or t.
func (s PermissionSet) Union(t PermissionSet) PermissionSet {
	switch {
	case len(t.names) == 0 && s.names != nil:
		return s
	case len(s.names) == 0 && t.names != nil:
		return t
	}
	return s.merge(t, true, true, true)
}

// Intersect returns the permissions in both s and t.
func (s PermissionSet) Intersect(t PermissionSet) PermissionSet {
	return s.merge(t, false, true, false)
}

// Minus returns the permissions in s and not in t.
func (s PermissionSet) Minus(t PermissionSet) PermissionSet { return s.merge(t, true, false, false) }

// SubsetOf reports whether every permission in s is in t; equal sets are
// subsets of one another.
func (s PermissionSet) SubsetOf(t PermissionSet) bool {
	if len(s.names) > len(t.names) {
		return false
	}
	j := 0
	for _, p := range s.names {
		for j < len(t.names) && t.names[j] < p {
			j++
		}
		if j == len(t.names) || t.names[j] != p {
			return false
		}
		j++
	}
	return true
}

// Equal reports whether s and t have the same members.
func (s PermissionSet) Equal(t PermissionSet) bool { return slices.Equal(s.names, t.names) }

// String returns the names in braces, in order: "{billing.view, team.edit}".
func (s PermissionSet) String() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, p := range s.names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(p))
	}
	b.WriteByte('}')
	return b.String()
}

// MarshalJSON encodes s as an array of names in order, [] when it is empty.
func (s PermissionSet) MarshalJSON() ([]byte, error) {
	if s.names == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(s.names)
}

// UnmarshalJSON decodes an array of names in any order; duplicates count once.
// It is an [InvalidError] if data is not an array (null is not), or holds
// something that is not the name of a permission.
func (s *PermissionSet) UnmarshalJSON(data []byte) error {
	var names []*string
	if err := json.Unmarshal(data, &names); err != nil || names == nil {
		return &InvalidError{Field: "permissions", Problem: "must be an array of names"}
	}
	set := make([]Permission, len(names))
	for i, name := range names {
		if name == nil {
			return &InvalidError{Field: "permissions", Problem: "must be an array of names"}
		}
		if problem := naming.Permission(*name); problem != "" {
			return &InvalidError{Field: fmt.Sprintf("permissions[%d]", i), Problem: problem}
		}
		set[i] = Permission(*name)
	}
	*s = Set(set...)
	return nil
}

// merge walks both sorted sets once and keeps what is only in s, in both, only
// in t. The result is never the zero value.
func (s PermissionSet) merge(t PermissionSet, left, both, right bool) PermissionSet {
	out := make([]Permission, 0, max(len(s.names), len(t.names)))
	i, j := 0, 0
	for i < len(s.names) || j < len(t.names) {
		switch {
		case j == len(t.names) || i < len(s.names) && s.names[i] < t.names[j]:
			if left {
				out = append(out, s.names[i])
			}
			i++
		case i == len(s.names) || t.names[j] < s.names[i]:
			if right {
				out = append(out, t.names[j])
			}
			j++
		default:
			if both {
				out = append(out, s.names[i])
			}
			i, j = i+1, j+1
		}
	}
	return PermissionSet{out}
}

// strings returns the names as a store keeps them.
func (s PermissionSet) strings() []string {
	out := make([]string, len(s.names))
	for i, p := range s.names {
		out[i] = string(p)
	}
	return out
}
