package sqlstore

import (
	"context"
	"math"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// Load returns the selected part of the tenant's state, in no order. It takes
// one statement for Subjects (up to 500 of a kind), and one more for each of
// Model and AllUpTo.
func (s *Store) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	var st store.State
	err := s.read(ctx, "load", tenant, func(r runner) (err error) {
		st, err = s.load(ctx, r, tenant, sel)
		return err
	})
	if err != nil {
		return store.State{}, err
	}
	return st, nil
}

func (s *Store) load(ctx context.Context, r runner, tenant string, sel store.Selection) (store.State, error) {
	var st store.State
	var m meet
	if sel.AllUpTo > 0 {
		n, at, err := s.count(ctx, r, tenant, sel.AllUpTo)
		if err := m.with(at, err); err != nil {
			return st, err
		}
		st.All = n <= sel.AllUpTo
	}
	if sel.Model {
		roles, at, err := s.roles(ctx, r, tenant)
		if err := m.with(at, err); err != nil {
			return st, err
		}
		st.Roles = roles
	}
	add := func(e edge) error { return e.addTo(&st.Assignments, &st.Memberships) }
	for _, parts := range s.selected(tenant, sel, st.All) {
		if len(parts) == 0 && m.once {
			break
		}
		at, err := s.edges(ctx, r, tenant, parts, add)
		if err := m.with(at, err); err != nil {
			return st, err
		}
	}
	st.Head, st.Time = m.at.head, m.at.time
	return st, nil
}

// count returns how many assignments and memberships there are. It stops
// counting each beyond limit.
func (s *Store) count(ctx context.Context, r runner, tenant string, limit int) (int, position, error) {
	stop := min(limit, math.MaxInt32) + 1
	q := newStatement("SELECT revision, commit_id, committed_at, "+
		"(SELECT COUNT(*) FROM (SELECT 1 FROM "+s.names.assignment+" WHERE tenant_id = ? LIMIT ?) AS a) + "+
		"(SELECT COUNT(*) FROM (SELECT 1 FROM "+s.names.membership+" WHERE tenant_id = ? LIMIT ?) AS m) "+
		"FROM "+s.names.tenant+" WHERE id = ?", tenant, stop, tenant, stop, tenant)
	var n int
	var at position
	err := s.dialect.query(ctx, r, q, func(scan func(...any) error) error {
		return scan(&at.head.Revision, &at.head.Commit, &at.time, &n)
	})
	return n, at, err
}

// selected returns, for each statement to send, the parts of its UNION ALL.
// There is always a first, if only for the head. No two parts bring the same row.
func (s *Store) selected(tenant string, sel store.Selection, all bool) [][]*statement {
	if all {
		return [][]*statement{{s.assignments(selectAssignments, tenant), s.memberships(selectMemberships, tenant)}}
	}
	first := []*statement{}
	if sel.Model {
		first = append(first,
			s.assignments(selectAssignments, tenant).add(" AND subject_kind = ?", string(store.Group)),
			s.memberships(selectMemberships, tenant).add(" AND member_kind = ?", string(store.Group)))
	}
	ids := make(map[store.Kind][]string)
	for _, subject := range sel.Subjects {
		if sel.Model && subject.Kind == store.Group {
			continue
		}
		ids[subject.Kind] = append(ids[subject.Kind], subject.ID)
	}
	statements := [][]*statement{first}
	for kind, list := range ids {
		slices.Sort(list)
		first := true
		for chunk := range slices.Chunk(slices.Compact(list), listChunk) {
			parts := []*statement{
				s.assignments(selectAssignments, tenant).add(" AND subject_kind = ? AND ", string(kind)).in("subject_id", chunk),
				s.memberships(selectMemberships, tenant).add(" AND member_kind = ? AND ", string(kind)).in("member_id", chunk),
			}
			if first {
				statements[0] = append(statements[0], parts...)
				first = false
			} else {
				statements = append(statements, parts)
			}
		}
	}
	return statements
}
