package storetest

import (
	"cmp"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// model is what a tenant must be at one head, in plain sorted slices. It is
// immutable; after makes the next one. It answers as a store must answer, by
// the shortest way and at any cost.
type model struct {
	head        store.Head
	time        int64
	roles       []store.Role
	assignments []store.Assignment
	memberships []store.Membership
	log         []store.Commit // those still kept
}

// after returns the model with the commits appended. They must be possible.
func (m *model) after(cs ...store.Commit) *model {
	n := *m
	for _, c := range cs {
		if c.Erase {
			n.roles, n.assignments, n.memberships, n.log = nil, nil, nil, nil
		}
		c.Revision = n.head.Revision + 1
		n.head, n.time = store.Head{Revision: c.Revision, Commit: c.ID}, c.Time
		n.log = append(slices.Clip(n.log), c)
		n.roles = change(n.roles, c.Roles, compareRoles)
		n.assignments = change(n.assignments, c.Assignments, compareAssignments)
		n.memberships = change(n.memberships, c.Memberships, compareMemberships)
	}
	return &n
}

func change[T any](rows []T, changes []store.Change[T], compare func(a, b T) int) []T {
	rows = slices.Clone(rows)
	for _, ch := range changes {
		if ch.Before != nil {
			i, _ := slices.BinarySearchFunc(rows, *ch.Before, compare)
			rows = slices.Delete(rows, i, i+1)
		}
		if ch.After != nil {
			i, _ := slices.BinarySearchFunc(rows, *ch.After, compare)
			rows = slices.Insert(rows, i, *ch.After)
		}
	}
	return rows
}

func (m *model) load(sel store.Selection) store.State {
	st := store.State{Head: m.head, Time: m.time}
	if sel.Model {
		st.Roles = m.roles
	}
	st.All = sel.AllUpTo > 0 && len(m.assignments)+len(m.memberships) <= sel.AllUpTo
	selected := func(s store.Subject) bool {
		return st.All || sel.Model && s.Kind == store.Group || slices.Contains(sel.Subjects, s)
	}
	st.Assignments = filter(m.assignments, func(a store.Assignment) bool { return selected(a.Subject) })
	st.Memberships = filter(m.memberships, func(r store.Membership) bool { return selected(r.Member) })
	return st
}

func (m *model) scan(q store.Query) store.Page {
	page := store.Page{Head: m.head}
	switch q.List {
	case store.Assignments:
		rows := filter(m.assignments, func(a store.Assignment) bool {
			expired := a.Until != 0 && a.Until <= q.At
			return (q.Role == "" || a.Role == q.Role) && (q.Kind == "" || a.Subject.Kind == q.Kind) &&
				(q.Rows == store.AllRows || (q.Rows == store.ExpiredRows) == expired)
		})
		page.Assignments = pageOf(&page, q, rows, assignmentKey)
	case store.Memberships:
		rows := filter(m.memberships, func(r store.Membership) bool {
			return (q.Group == "" || r.Group == q.Group) && (q.Kind == "" || r.Member.Kind == q.Kind)
		})
		page.Memberships = pageOf(&page, q, rows, membershipKey)
	case store.Groups:
		page.Groups = pageOf(&page, q, m.groups(), groupKey)
	}
	return page
}

// pageOf returns the rows of the page, and sets More or Count.
func pageOf[T any](page *store.Page, q store.Query, rows []T, key func(T) store.Key) []T {
	if q.Count {
		page.Count = len(rows)
		return nil
	}
	rows = filter(rows, func(row T) bool { return compareKeys(key(row), q.After) > 0 })
	page.More = len(rows) > q.Limit
	return rows[:min(len(rows), q.Limit)]
}

// groups returns the ids of all groups that any row names.
func (m *model) groups() []string {
	var ids []string
	for _, a := range m.assignments {
		if a.Subject.Kind == store.Group {
			ids = append(ids, a.Subject.ID)
		}
	}
	for _, r := range m.memberships {
		ids = append(ids, r.Group)
		if r.Member.Kind == store.Group {
			ids = append(ids, r.Member.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// subjects returns all subjects that any row names.
func (m *model) subjects() []store.Subject {
	var all []store.Subject
	for _, a := range m.assignments {
		all = append(all, a.Subject)
	}
	for _, r := range m.memberships {
		all = append(all, r.Member, group(r.Group))
	}
	slices.SortFunc(all, compareSubjects)
	return slices.Compact(all)
}

func (m *model) entries(q store.LogQuery) ([]store.Commit, error) {
	if q.Backward {
		log := filter(m.log, func(c store.Commit) bool { return q.Before == 0 || c.Revision < q.Before })
		slices.Reverse(log)
		return log[:min(len(log), q.Limit)], nil
	}
	if q.After == m.head {
		return nil, nil
	}
	start := slices.IndexFunc(m.log, func(c store.Commit) bool { return headOf(c) == q.After }) + 1
	if start == 0 && (q.After != store.Head{} || m.log[0].Revision != 1) {
		return nil, store.ErrCompacted
	}
	return m.log[start:min(len(m.log), start+q.Limit)], nil
}

func headOf(c store.Commit) store.Head { return store.Head{Revision: c.Revision, Commit: c.ID} }

func filter[T any](rows []T, keep func(T) bool) []T {
	var kept []T
	for _, row := range rows {
		if keep(row) {
			kept = append(kept, row)
		}
	}
	return kept
}

// The keys of rows, in the form in which a query continues after them.

func assignmentKey(a store.Assignment) store.Key {
	return store.Key{Subject: a.Subject, Role: a.Role}
}

func membershipKey(r store.Membership) store.Key {
	return store.Key{Subject: r.Member, Group: r.Group}
}

func groupKey(id string) store.Key { return store.Key{Group: id} }

// compareKeys puts keys of one list in its order: an assignment's has no
// group, and a membership's no role.
func compareKeys(a, b store.Key) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), compareSubjects(a.Subject, b.Subject), cmp.Compare(a.Role, b.Role))
}

func compareSubjects(a, b store.Subject) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

func compareRoles(a, b store.Role) int { return cmp.Compare(a.ID, b.ID) }

func compareAssignments(a, b store.Assignment) int {
	return compareKeys(assignmentKey(a), assignmentKey(b))
}

func compareMemberships(a, b store.Membership) int {
	return compareKeys(membershipKey(a), membershipKey(b))
}
