package memory

import (
	"fmt"
	"iter"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// load returns what sel selects. No row comes twice: groups asked for as
// subjects are left to the model where that is asked for too.
func (s *state) load(sel store.Selection) store.State {
	st := store.State{Head: s.head, Time: s.time}
	if sel.Model {
		for r := range s.roles.all() {
			st.Roles = append(st.Roles, *r)
		}
	}
	if sel.AllUpTo > 0 && s.bySubject.size+s.byGroup.size <= sel.AllUpTo {
		st.All = true
		st.Assignments = appendRows(st.Assignments, s.bySubject.all())
		st.Memberships = appendRows(st.Memberships, s.byGroup.all())
		return st
	}
	if sel.Model {
		st.Assignments = appendRows(st.Assignments, s.assignmentsOf(store.Group))
		st.Memberships = appendRows(st.Memberships, s.membershipsOf(store.Group))
	}
	subjects := slices.Clone(sel.Subjects)
	slices.SortFunc(subjects, compareSubjects)
	for _, subject := range slices.Compact(subjects) {
		if sel.Model && subject.Kind == store.Group {
			continue
		}
		st.Assignments = appendRows(st.Assignments, s.held(subject))
		st.Memberships = appendRows(st.Memberships, s.joined(subject))
	}
	return st
}

func appendRows[T any](rows []T, more iter.Seq[*T]) []T {
	for row := range more {
		rows = append(rows, *row)
	}
	return rows
}

// assignmentsOf iterates over the assignments of all subjects of a kind.
func (s *state) assignmentsOf(kind store.Kind) iter.Seq[*store.Assignment] {
	return while(
		s.bySubject.from(func(a *store.Assignment) bool { return a.Subject.Kind < kind }),
		func(a *store.Assignment) bool { return a.Subject.Kind == kind })
}

// membershipsOf iterates over the memberships of all members of a kind.
func (s *state) membershipsOf(kind store.Kind) iter.Seq[*store.Membership] {
	return while(
		s.byMember.from(func(m *store.Membership) bool { return m.Member.Kind < kind }),
		func(m *store.Membership) bool { return m.Member.Kind == kind })
}

// held iterates over the subject's assignments.
func (s *state) held(subject store.Subject) iter.Seq[*store.Assignment] {
	return while(
		s.bySubject.from(func(a *store.Assignment) bool { return compareSubjects(a.Subject, subject) < 0 }),
		func(a *store.Assignment) bool { return a.Subject == subject })
}

// joined iterates over the memberships of the subject in groups.
func (s *state) joined(subject store.Subject) iter.Seq[*store.Membership] {
	return while(
		s.byMember.from(func(m *store.Membership) bool { return compareSubjects(m.Member, subject) < 0 }),
		func(m *store.Membership) bool { return m.Member == subject })
}

// while passes rows on up to the first that is not in.
func while[T any](rows iter.Seq[T], in func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for row := range rows {
			if !in(row) || !yield(row) {
				return
			}
		}
	}
}

// entries returns the log entries that q asks for.
func (s *state) entries(q store.LogQuery) ([]store.Commit, error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	if q.Backward {
		end := len(s.log)
		if q.Before != 0 {
			end = s.logged(q.Before)
		}
		log := s.log[max(0, end-q.Limit):end]
		entries := appendRows(nil, slices.Values(log))
		slices.Reverse(entries)
		return entries, nil
	}
	if q.After == s.head {
		return nil, nil
	}
	start := s.logged(q.After.Revision + 1)
	if start == len(s.log) || s.log[start].Revision != q.After.Revision+1 {
		return nil, store.ErrCompacted
	}
	// The entry before the first asked for proves that q.After is of this
	// chain. Where that entry was erased it cannot be proven any more.
	if q.After != (store.Head{}) && (start == 0 || s.log[start-1].ID != q.After.Commit) {
		return nil, store.ErrCompacted
	}
	return appendRows(nil, slices.Values(s.log[start:min(len(s.log), start+q.Limit)])), nil
}

// logged returns the index of the first entry of a revision of at least r.
func (s *state) logged(r uint64) int {
	if len(s.log) == 0 || r <= s.log[0].Revision {
		return 0
	}
	return int(min(r-s.log[0].Revision, uint64(len(s.log))))
}

func checkLimit(limit int) error {
	if limit < 1 || limit > store.MaxPage {
		return fmt.Errorf("limit %d is not in 1–%d", limit, store.MaxPage)
	}
	return nil
}
