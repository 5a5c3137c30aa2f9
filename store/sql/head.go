package sqlstore

import (
	"context"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// listChunk is how many values an IN list has at most. Databases take far
// more; some plan long ones differently, and MariaDB does from 1,000 on.
const listChunk = 500

// position is where a tenant stands.
type position struct {
	head store.Head
	time int64
}

// meet makes the statements of one read agree on the tenant's position.
type meet struct {
	at   position
	once bool
}

// with notes what one more statement saw, unless it failed.
func (m *meet) with(at position, err error) error {
	if err != nil {
		return err
	}
	if m.once && m.at.head != at.head {
		return errTorn
	}
	m.at, m.once = at, true
	return nil
}

// Heads returns the present heads of the tenants, in the order asked, with one
// query for each 500 of them.
func (s *Store) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	heads := make([]store.Head, len(tenants))
	err := s.read(ctx, "heads", "", func(r runner) error {
		found := make(map[string]store.Head, len(tenants))
		for chunk := range slices.Chunk(tenants, listChunk) {
			q := newStatement("SELECT id, revision, commit_id FROM "+s.names.tenant+" WHERE ").in("id", chunk)
			err := s.dialect.query(ctx, r, q, func(scan func(...any) error) error {
				var tenant string
				var h store.Head
				if err := scan(&tenant, &h.Revision, &h.Commit); err != nil {
					return err
				}
				found[tenant] = h
				return nil
			})
			if err != nil {
				return err
			}
		}
		for i, tenant := range tenants {
			heads[i] = found[tenant]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return heads, nil
}

// Tenants returns the ids of tenants that were ever written, bytewise greater
// than after ("" = all), in order, at most limit.
func (s *Store) Tenants(ctx context.Context, after string, limit int) ([]string, error) {
	if err := checkLimit(limit); err != nil {
		return nil, s.explain(ctx, "tenants", "", err)
	}
	var ids []string
	err := s.read(ctx, "tenants", "", func(r runner) error {
		ids = nil
		q := newStatement("SELECT id FROM "+s.names.tenant+" WHERE id > ? ORDER BY id LIMIT ?", after, limit)
		return s.dialect.query(ctx, r, q, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// moveHead moves the tenant from the expected head to the next, or returns
// ErrConflict. It is the first statement of its transaction: the lock on this
// row is what orders the commits of a tenant, and it is taken before any
// other. A lock taken while reading (FOR UPDATE) would be no protection on a
// cluster with several primaries, and would let SQLite's writers collide.
func (s *Store) moveHead(ctx context.Context, r runner, tenant string, expect store.Head, next position) error {
	var q *statement
	if expect == (store.Head{}) {
		q = newStatement("INSERT INTO "+s.names.tenant+" (id, revision, commit_id, committed_at) VALUES (?, ?, ?, ?)"+s.dialect.ignoreTaken,
			tenant, int64(next.head.Revision), next.head.Commit, next.time)
	} else {
		q = newStatement("UPDATE "+s.names.tenant+" SET revision = ?, commit_id = ?, committed_at = ? WHERE id = ? AND revision = ? AND commit_id = ?",
			int64(next.head.Revision), next.head.Commit, next.time, tenant, int64(expect.Revision), expect.Commit)
	}
	switch n, err := s.dialect.exec(ctx, r, q); {
	case err != nil && s.class(err) == Duplicate:
		return store.ErrConflict
	case err != nil:
		return err
	case n != 1:
		return store.ErrConflict
	}
	return nil
}
