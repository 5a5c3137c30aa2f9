package rbac

import (
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac/internal/naming"
	"github.com/seed80bc5f17/rbac/store"
)

// state is a tenant at one revision, in layers: the model at the bottom
// (shared, immutable), what has been read of users on top of it, then what a
// batch and its operation in hand have changed so far. A layer is a set of
// differences to the one below; nil as a value means deleted there.
//
// Not everything of a tenant is ever in memory. What a decision asks for and
// nobody has read yet is noted in facts.missing; a verdict reached with
// something missing is none, and is reached again when it has been read.
type state struct {
	below  *state
	model  *model // which one it is, at the bottom
	erased bool   // nothing shines through from below
	facts  *facts

	roles   map[RoleID]*roleRecord
	rows    index[store.Subject, RoleID, store.Assignment] // by subject
	holders index[RoleID, store.Subject, store.Assignment] // the same rows by role
	groups  index[store.Subject, string, store.Membership] // by member
	members index[string, store.Subject, store.Membership] // the same rows by group
}

// model stands for a model where nothing must keep all of it in memory.
type model struct{ _ byte }

// index is a two-level map of records.
type index[A, B comparable, V any] map[A]map[B]*V

func (x *index[A, B, V]) put(a A, b B, v *V) {
	if *x == nil {
		*x = index[A, B, V]{}
	}
	if (*x)[a] == nil {
		(*x)[a] = map[B]*V{}
	}
	(*x)[a][b] = v
}

// facts says which parts of a tenant have been read. Groups' own assignments
// and groups in groups always have: they belong to the model.
type facts struct {
	all     bool
	users   map[string]bool // a user's assignments and memberships
	holders map[RoleID]bool // all rows of a role
	members map[string]bool // all users in a group
	expired bool            // all expired rows
	counts  map[RoleID]int  // live rows of a role, where they were only counted
	missing needs
}

// needs is what has to be read before a decision can be reached.
type needs struct {
	users   map[string]bool
	holders map[RoleID]bool
	members map[string]bool
	counts  map[RoleID]bool
	expired bool
}

func (n *needs) empty() bool {
	return len(n.users) == 0 && len(n.holders) == 0 && len(n.members) == 0 && len(n.counts) == 0 && !n.expired
}

func note[K comparable](m *map[K]bool, k K) {
	if *m == nil {
		*m = map[K]bool{}
	}
	(*m)[k] = true
}

// roleRecord is a role as the rules see it.
type roleRecord struct {
	Role
	stored *store.Role // nil for prebuilt roles
	key    string      // of the name (S19)
	bytes  int64       // that it takes in memory
}

func (r *roleRecord) isOwner() bool { return r.Kind == KindOwner }

// newRoleRecord reads a stored role. One whose permissions are not names is as
// damaged as one the store could not decode.
func newRoleRecord(s *store.Role) *roleRecord {
	r := &roleRecord{stored: s, key: naming.Key(s.Name), Role: Role{
		ID: RoleID(s.ID), Kind: KindCustom, Name: s.Name, Description: s.Description, Status: storedStatus(s.Status),
		Metadata: s.Metadata, Version: s.Version, CreatedBy: s.CreatedBy, CreatedAt: instant(s.CreatedAt),
		SetBy: s.SetBy, SetAt: instant(s.SetAt), Damaged: s.Damaged,
	}}
	names := make([]Permission, len(s.Permissions))
	for i, name := range s.Permissions {
		names[i] = Permission(name)
		r.Damaged = r.Damaged || naming.Permission(name) != ""
	}
	if r.Damaged {
		names = nil
	}
	r.Permissions = Set(names...)
	r.bytes = roleRecordCost(r)
	return r
}

// over returns an empty layer over s.
func (s *state) over() *state { return &state{below: s, facts: s.facts} }

// find collects what the layers say of one key. The result must not be
// modified; its order is random, as that of every map.
func find[A, B comparable, V any](s *state, a A, pick func(*state) index[A, B, V]) map[B]*V {
	here := pick(s)[a]
	if s.below == nil {
		return here // the model deletes nothing
	}
	var below map[B]*V
	if !s.erased {
		below = find(s.below, a, pick)
	}
	if len(here) == 0 {
		return below
	}
	out := make(map[B]*V, len(below)+len(here))
	maps.Copy(out, below)
	for b, v := range here {
		if v == nil {
			delete(out, b)
		} else {
			out[b] = v
		}
	}
	return out
}

func rowsIn(s *state) index[store.Subject, RoleID, store.Assignment]    { return s.rows }
func holdersIn(s *state) index[RoleID, store.Subject, store.Assignment] { return s.holders }
func groupsIn(s *state) index[store.Subject, string, store.Membership]  { return s.groups }
func membersIn(s *state) index[string, store.Subject, store.Membership] { return s.members }

// rowsOf returns the subject's own assignments by role, expired ones too.
func (s *state) rowsOf(sub store.Subject) map[RoleID]*store.Assignment {
	s.needSubject(sub)
	return find(s, sub, rowsIn)
}

// groupsOf returns the subject's own memberships in groups.
func (s *state) groupsOf(sub store.Subject) map[string]*store.Membership {
	s.needSubject(sub)
	return find(s, sub, groupsIn)
}

func (s *state) needSubject(sub store.Subject) {
	if sub.Kind == store.User && !s.facts.all && !s.facts.users[sub.ID] {
		note(&s.facts.missing.users, sub.ID)
	}
}

// holdersOf returns all rows of a role, expired ones too.
func (s *state) holdersOf(id RoleID) map[store.Subject]*store.Assignment {
	if !s.facts.all && !s.facts.holders[id] {
		note(&s.facts.missing.holders, id)
	}
	return find(s, id, holdersIn)
}

// liveCount returns how many assignments of a role are not expired. It can do
// with the number alone unless the batch has changed some of them.
func (s *state) liveCount(id RoleID, now int64) int {
	touched := false
	for l := s; l.below != nil && l.facts != nil; l = l.below {
		touched = touched || l.erased || l.changes() && len(l.holders[id]) > 0
	}
	if !touched && !s.facts.all && !s.facts.holders[id] {
		n, counted := s.facts.counts[id]
		if !counted {
			note(&s.facts.missing.counts, id)
		}
		if !counted || n > 0 {
			return n
		}
	}
	n := 0
	for _, row := range s.holdersOf(id) {
		if !expired(row, now) {
			n++
		}
	}
	return n
}

// changes reports whether the layer holds changes rather than facts.
func (s *state) changes() bool { return s.below != nil && s.below.below != nil }

// membersOf returns the users and groups directly in a group.
func (s *state) membersOf(group string) map[store.Subject]*store.Membership {
	if !s.facts.all && !s.facts.members[group] {
		note(&s.facts.missing.members, group)
	}
	return find(s, group, membersIn)
}

// childGroups returns the members that are groups, which the model knows.
func (s *state) childGroups(group string) []string {
	var out []string
	for sub := range find(s, group, membersIn) {
		if sub.Kind == store.Group {
			out = append(out, sub.ID)
		}
	}
	return out
}

// expiredRows returns the assignments that have expired.
func (s *state) expiredRows(now int64) []*store.Assignment {
	if !s.facts.all && !s.facts.expired {
		s.facts.missing.expired = true
	}
	var out []*store.Assignment
	for sub := range s.subjects() {
		for _, row := range find(s, sub, rowsIn) {
			if expired(row, now) {
				out = append(out, row)
			}
		}
	}
	return out
}

// subjects returns every subject that a layer has a row of.
func (s *state) subjects() map[store.Subject]bool {
	out := map[store.Subject]bool{}
	for l := s; l != nil; l = l.below {
		for sub := range l.rows {
			out[sub] = true
		}
		if l.erased {
			break
		}
	}
	return out
}

// role returns a custom role, or nil.
func (s *state) role(id RoleID) *roleRecord {
	for l := s; l != nil; l = l.below {
		if r, ok := l.roles[id]; ok {
			return r
		}
		if l.erased {
			return nil
		}
	}
	return nil
}

// customRoles returns the custom roles, by id.
func (s *state) customRoles() []*roleRecord {
	var out []*roleRecord
	seen := map[RoleID]bool{}
	for l := s; l != nil; l = l.below {
		for id, r := range l.roles {
			if !seen[id] && r != nil {
				out = append(out, r)
			}
			if l.below != nil {
				seen[id] = true
			}
		}
		if l.erased {
			break
		}
	}
	slices.SortFunc(out, func(a, b *roleRecord) int { return compareStrings(a.ID, b.ID) })
	return out
}

func compareStrings[S ~string](a, b S) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareSubjects(a, b store.Subject) int {
	if c := compareStrings(a.Kind, b.Kind); c != 0 {
		return c
	}
	return compareStrings(a.ID, b.ID)
}

func (s *state) putRole(id RoleID, r *roleRecord) {
	if s.roles == nil {
		s.roles = map[RoleID]*roleRecord{}
	}
	s.roles[id] = r
}

// putRow writes an assignment, or deletes it if row is nil.
func (s *state) putRow(sub store.Subject, role RoleID, row *store.Assignment) {
	s.rows.put(sub, role, row)
	s.holders.put(role, sub, row)
}

// putMember writes a membership, or deletes it if m is nil.
func (s *state) putMember(group string, sub store.Subject, m *store.Membership) {
	s.groups.put(sub, group, m)
	s.members.put(group, sub, m)
}

// absorb writes the changes of a layer over s into s.
func (s *state) absorb(delta *state) {
	if delta.erased {
		*s = state{below: s.below, facts: s.facts, erased: true}
	}
	for id, r := range delta.roles {
		s.putRole(id, r)
	}
	for sub, rows := range delta.rows {
		for role, row := range rows {
			s.putRow(sub, role, row)
		}
	}
	for sub, groups := range delta.groups {
		for group, m := range groups {
			s.putMember(group, sub, m)
		}
	}
}

// expired reports whether an assignment has ended at t.
func expired(row *store.Assignment, t int64) bool { return row.Until != 0 && row.Until <= t }

// current reports whether an assignment confers at t, if its role does.
func current(row *store.Assignment, t int64) bool { return row.From <= t && !expired(row, t) }
