package memory

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// state is a tenant at one head. Once published it is immutable; the next one
// is an edit of it and shares what did not change.
type state struct {
	head store.Head
	time int64
	log  []*store.Commit // without a hole, up to the head; see append

	roles     tree[*store.Role]
	bySubject tree[*store.Assignment] // the same rows, each in two orders
	byRole    tree[*store.Assignment]
	byGroup   tree[*store.Membership]
	byMember  tree[*store.Membership]
	groups    tree[group]
}

// group counts the rows that name a group, so that it leaves the list with
// the last of them.
type group struct {
	id   string
	rows int
}

// empty is the state of every tenant never written.
var empty = new(state).erase()

// erase forgets all records and log entries; head and time stay.
func (s *state) erase() *state {
	s.log = nil
	s.roles = newTree(compareRoles)
	s.bySubject = newTree(compareBySubject)
	s.byRole = newTree(compareByRole)
	s.byGroup = newTree(compareByGroup)
	s.byMember = newTree(compareByMember)
	s.groups = newTree(compareGroups)
	return s
}

// edit returns a copy of s to append to.
func (s *state) edit() *state {
	return &state{
		head: s.head, time: s.time, log: s.log,
		roles:     s.roles.edit(),
		bySubject: s.bySubject.edit(), byRole: s.byRole.edit(),
		byGroup: s.byGroup.edit(), byMember: s.byMember.edit(),
		groups: s.groups.edit(),
	}
}

// append does what c says and logs it. After an error s is half done, and the
// caller throws it away.
//
// Published states share the array under the log: a reader sees its own
// length of it, and only the next commit, under the tenant's lock, writes
// beyond the longest.
func (s *state) append(c *store.Commit) error {
	if c.Erase {
		s.erase()
	}
	c = clone(c)
	c.Revision = s.head.Revision + 1
	for _, ch := range c.Roles {
		if err := s.changeRole(ch); err != nil {
			return err
		}
	}
	for _, ch := range c.Assignments {
		if err := s.changeAssignment(ch); err != nil {
			return err
		}
	}
	for _, ch := range c.Memberships {
		if err := s.changeMembership(ch); err != nil {
			return err
		}
	}
	s.log = append(s.log, c)
	s.head = store.Head{Revision: c.Revision, Commit: c.ID}
	s.time = c.Time
	return nil
}

func (s *state) changeRole(ch store.Change[store.Role]) error {
	if err := check(s.roles, ch, sameRole); err != nil {
		return fmt.Errorf("role: %w", err)
	}
	if ch.After == nil {
		s.roles.delete(ch.Before)
	} else {
		s.roles.set(ch.After)
	}
	return nil
}

func (s *state) changeAssignment(ch store.Change[store.Assignment]) error {
	if err := check(s.bySubject, ch, same); err != nil {
		return fmt.Errorf("assignment: %w", err)
	}
	if b := ch.Before; b != nil {
		s.countGroup(b.Subject, -1)
	}
	if a := ch.After; a != nil {
		s.bySubject.set(a)
		s.byRole.set(a)
		s.countGroup(a.Subject, 1)
	} else {
		s.bySubject.delete(ch.Before)
		s.byRole.delete(ch.Before)
	}
	return nil
}

func (s *state) changeMembership(ch store.Change[store.Membership]) error {
	if err := check(s.byGroup, ch, same); err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	if b := ch.Before; b != nil {
		s.countGroup(store.Subject{Kind: store.Group, ID: b.Group}, -1)
		s.countGroup(b.Member, -1)
	}
	if a := ch.After; a != nil {
		s.byGroup.set(a)
		s.byMember.set(a)
		s.countGroup(store.Subject{Kind: store.Group, ID: a.Group}, 1)
		s.countGroup(a.Member, 1)
	} else {
		s.byGroup.delete(ch.Before)
		s.byMember.delete(ch.Before)
	}
	return nil
}

// countGroup notes that a row naming the subject came or went.
func (s *state) countGroup(subject store.Subject, rows int) {
	if subject.Kind != store.Group {
		return
	}
	g, _ := s.groups.find(group{id: subject.ID})
	g = group{id: subject.ID, rows: g.rows + rows}
	if g.rows == 0 {
		s.groups.delete(g)
	} else {
		s.groups.set(g)
	}
}

// check returns an error unless ch finds in t what it says.
func check[T any](t tree[*T], ch store.Change[T], same func(a, b *T) bool) error {
	switch {
	case ch.Before == nil && ch.After == nil:
		return fmt.Errorf("a change without a record: %w", store.ErrCorrupt)
	case ch.Before == nil:
		if _, ok := t.find(ch.After); ok {
			return fmt.Errorf("to insert, but it exists: %w", store.ErrCorrupt)
		}
		return nil
	case ch.After != nil && t.compare(ch.Before, ch.After) != 0:
		return fmt.Errorf("a change from one key to another: %w", store.ErrCorrupt)
	}
	switch found, ok := t.find(ch.Before); {
	case !ok:
		return fmt.Errorf("to change, but it does not exist: %w", store.ErrCorrupt)
	case !same(found, ch.Before):
		return fmt.Errorf("to change, but it is another: %w", store.ErrCorrupt)
	}
	return nil
}

func same[T comparable](a, b *T) bool { return *a == *b }

// sameRole takes nil and empty for equal.
func sameRole(a, b *store.Role) bool {
	x, y := *a, *b
	if !slices.Equal(x.Permissions, y.Permissions) || !maps.Equal(x.Metadata, y.Metadata) {
		return false
	}
	x.Permissions, x.Metadata = y.Permissions, y.Metadata
	return reflect.DeepEqual(x, y)
}

// The comparisons look at the second part of a key only where the first parts
// are equal: an index spends most of its time here.

func compareSubjects(a, b store.Subject) int {
	if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

func compareRoles(a, b *store.Role) int { return strings.Compare(a.ID, b.ID) }

func compareBySubject(a, b *store.Assignment) int {
	if c := compareSubjects(a.Subject, b.Subject); c != 0 {
		return c
	}
	return strings.Compare(a.Role, b.Role)
}

func compareByRole(a, b *store.Assignment) int {
	if c := strings.Compare(a.Role, b.Role); c != 0 {
		return c
	}
	return compareSubjects(a.Subject, b.Subject)
}

func compareByGroup(a, b *store.Membership) int {
	if c := strings.Compare(a.Group, b.Group); c != 0 {
		return c
	}
	return compareSubjects(a.Member, b.Member)
}

func compareByMember(a, b *store.Membership) int {
	if c := compareSubjects(a.Member, b.Member); c != 0 {
		return c
	}
	return strings.Compare(a.Group, b.Group)
}

func compareGroups(a, b group) int { return strings.Compare(a.id, b.id) }
