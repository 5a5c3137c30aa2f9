package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

const logColumns = "revision, commit_id, committed_at, actor, entry, erase, changes"

// changes are the part of a log row that says what became of which records.
type changes struct {
	Roles       []store.Change[store.Role]       `json:"roles,omitempty"`
	Assignments []store.Change[store.Assignment] `json:"assignments,omitempty"`
	Memberships []store.Change[store.Membership] `json:"memberships,omitempty"`
}

// Log returns log entries as q says, in one statement. A Limit that is not in
// 1–[store.MaxPage] is an error. An entry that cannot be decoded is
// ErrCorrupt.
func (s *Store) Log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, s.explain(ctx, "log", tenant, err)
	}
	var log []store.Commit
	err := s.read(ctx, "log", tenant, func(r runner) (err error) {
		if q.Backward {
			log, err = s.logBackward(ctx, r, tenant, q)
		} else {
			log, err = s.logForward(ctx, r, tenant, q)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return log, nil
}

func (s *Store) logBackward(ctx context.Context, r runner, tenant string, q store.LogQuery) ([]store.Commit, error) {
	list := newStatement("SELECT 0, "+logColumns+" FROM "+s.names.log+" WHERE tenant_id = ?", tenant)
	if q.Before != 0 {
		list.add(" AND revision < ?", bigint(q.Before))
	}
	log, _, err := s.logged(ctx, r, list.add(" ORDER BY revision DESC LIMIT ?", q.Limit))
	return log, err
}

func (s *Store) logForward(ctx context.Context, r runner, tenant string, q store.LogQuery) ([]store.Commit, error) {
	// The entry at After comes along, to see whether After is of this chain.
	list := newStatement("SELECT 0, "+logColumns+" FROM "+s.names.log+" WHERE tenant_id = ? AND revision >= ? ORDER BY revision LIMIT ?",
		tenant, bigint(q.After.Revision), q.Limit+1)
	both := newStatement("SELECT 1 AS head, revision, commit_id, committed_at, '' AS actor, '' AS entry, 1 = 0 AS erase, '' AS changes FROM "+
		s.names.tenant+" WHERE id = ? UNION ALL ", tenant)
	log, head, err := s.logged(ctx, r, both.append(s.page(list)))
	if err != nil || head == q.After {
		return nil, err
	}
	slices.SortFunc(log, func(a, b store.Commit) int { return cmp.Compare(a.Revision, b.Revision) })
	next := q.After.Revision
	if q.After != (store.Head{}) {
		if len(log) == 0 || log[0].Revision != next || log[0].ID != q.After.Commit {
			return nil, store.ErrCompacted
		}
		log = log[1:]
	}
	for i := range log {
		if next++; log[i].Revision != next {
			log = log[:i]
			break
		}
	}
	// The head is another, so there is one to follow.
	if len(log) == 0 {
		return nil, store.ErrCompacted
	}
	return log[:min(len(log), q.Limit)], nil
}

// bigint returns the number, or the largest that a database can keep.
func bigint(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// logged returns the rows of a SELECT of logColumns after a first column that
// is 1 in the row of the head.
func (s *Store) logged(ctx context.Context, r runner, q *statement) ([]store.Commit, store.Head, error) {
	var log []store.Commit
	var head store.Head
	err := s.dialect.query(ctx, r, q, func(scan func(...any) error) error {
		var c store.Commit
		var isHead int
		var text []byte
		if err := scan(&isHead, &c.Revision, &c.ID, &c.Time, &c.Actor, &c.Entry, &c.Erase, &text); err != nil {
			return err
		}
		if isHead == 1 {
			head = store.Head{Revision: c.Revision, Commit: c.ID}
			return nil
		}
		var ch changes
		if err := json.Unmarshal(text, &ch); err != nil {
			return fmt.Errorf("%w: the changes of revision %d: %w", store.ErrCorrupt, c.Revision, err)
		}
		c.Roles, c.Assignments, c.Memberships = ch.Roles, ch.Assignments, ch.Memberships
		log = append(log, c)
		return nil
	})
	return log, head, err
}

// logRow returns the row's values after the tenant's.
func logRow(c *store.Commit, revision uint64) ([]any, error) {
	text, err := encode(changes{Roles: c.Roles, Assignments: c.Assignments, Memberships: c.Memberships})
	if err != nil {
		return nil, err
	}
	return []any{int64(revision), c.ID, c.Time, c.Actor, string(c.Entry), c.Erase, text}, nil
}

// encode returns JSON without the escapes that make it safe in HTML, which it
// never meets, and hard to read in a database shell.
func encode(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
