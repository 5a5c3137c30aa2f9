package memory

import (
	"fmt"
	"iter"

	"github.com/seed80bc5f17/rbac/store"
)

// scan returns the page, or the count, that q asks for.
func (s *state) scan(q store.Query) (store.Page, error) {
	page := store.Page{Head: s.head}
	if q.Count {
		q.After = store.Key{}
	} else if err := checkLimit(q.Limit); err != nil {
		return page, err
	}
	switch q.List {
	case store.Assignments:
		page.Assignments = collect(&page, q, s.assignments(q), func(a *store.Assignment) store.Assignment { return *a })
	case store.Memberships:
		page.Memberships = collect(&page, q, s.memberships(q), func(m *store.Membership) store.Membership { return *m })
	case store.Groups:
		groups := s.groups.from(func(g group) bool { return q.After != (store.Key{}) && g.id <= q.After.Group })
		page.Groups = collect(&page, q, groups, func(g group) string { return g.id })
	default:
		return page, fmt.Errorf("there is no list %d", q.List)
	}
	return page, nil
}

// collect counts rows, or returns the page's rows and sets More.
func collect[R, T any](page *store.Page, q store.Query, rows iter.Seq[R], record func(R) T) []T {
	var records []T
	for row := range rows {
		switch {
		case q.Count:
			page.Count++
		case len(records) == q.Limit:
			page.More = true
			return records
		default:
			records = append(records, record(row))
		}
	}
	return records
}

// assignments iterates over all matching assignments after q.After. Rows are
// ordered by kind before id, so those of one kind lie side by side.
func (s *state) assignments(q store.Query) iter.Seq[*store.Assignment] {
	after := &store.Assignment{Subject: q.After.Subject, Role: q.After.Role}
	below := func(a *store.Assignment) bool {
		return a.Subject.Kind < q.Kind || compareBySubject(a, after) <= 0
	}
	rows := s.bySubject.from(below)
	if q.Role != "" {
		rows = while(
			s.byRole.from(func(a *store.Assignment) bool {
				return a.Role < q.Role || a.Role == q.Role && below(a)
			}),
			func(a *store.Assignment) bool { return a.Role == q.Role })
	}
	if q.Kind != "" {
		rows = while(rows, func(a *store.Assignment) bool { return a.Subject.Kind == q.Kind })
	}
	return func(yield func(*store.Assignment) bool) {
		for a := range rows {
			if inWindow(a, q) && !yield(a) {
				return
			}
		}
	}
}

func inWindow(a *store.Assignment, q store.Query) bool {
	expired := a.Until != 0 && a.Until <= q.At
	switch q.Rows {
	case store.LiveRows:
		return !expired
	case store.ExpiredRows:
		return expired
	default:
		return true
	}
}

// memberships iterates over all matching memberships after q.After.
func (s *state) memberships(q store.Query) iter.Seq[*store.Membership] {
	after := &store.Membership{Group: q.After.Group, Member: q.After.Subject}
	if q.Group != "" && after.Group < q.Group {
		after = &store.Membership{Group: q.Group}
	}
	rows := s.byGroup.from(func(m *store.Membership) bool { return compareByGroup(m, after) <= 0 })
	if q.Kind != "" {
		rows = s.ofKind(q.Kind, rows)
	}
	if q.Group != "" {
		rows = while(rows, func(m *store.Membership) bool { return m.Group == q.Group })
	}
	return rows
}

// ofKind passes on the memberships of members of one kind. Each group's lie
// side by side; ofKind leaps from there to the next group's, so that a few
// groups in groups are found without walking over a million users.
func (s *state) ofKind(kind store.Kind, rows iter.Seq[*store.Membership]) iter.Seq[*store.Membership] {
	return func(yield func(*store.Membership) bool) {
		for rows != nil {
			at := rows
			rows = nil
			for m := range at {
				if m.Member.Kind == kind {
					if !yield(m) {
						return
					}
					continue
				}
				past := m.Member.Kind > kind
				rows = s.byGroup.from(func(n *store.Membership) bool {
					if n.Group != m.Group || past {
						return n.Group <= m.Group
					}
					return n.Member.Kind < kind
				})
				break
			}
		}
	}
}
