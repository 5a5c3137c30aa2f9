package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// compactPage is how many entries Compact hands out and deletes at once: a
// DELETE of so many takes some milliseconds.
const compactPage = 500

// Compact hands out the oldest entries of the tenant's log and deletes them,
// in pages of 500. A page is read by one statement and deleted by another, and
// while hand has it no transaction is open and no connection is taken.
//
// It is an error that wraps [errors.ErrUnsupported] on a store that is bound
// to a transaction of the host's: what hand has done would outlive a rollback.
func (s *Store) Compact(ctx context.Context, tenant string, before int64, hand func([]store.Commit) error) (int, error) {
	if s.host != nil {
		return 0, s.explain(ctx, "compact", tenant, fmt.Errorf("in a transaction of the host's: %w", errors.ErrUnsupported))
	}
	removed := 0
	for {
		page, err := s.oldest(ctx, tenant, before)
		if err != nil || len(page) == 0 {
			return removed, err
		}
		first, last, all := page[0].Revision, page[len(page)-1].Revision, len(page) < compactPage
		if err := hand(page); err != nil {
			return removed, fmt.Errorf("sqlstore: compact of tenant %q: %w", tenant, err)
		}
		n, err := s.forget(ctx, tenant, first, last)
		removed += n
		if err != nil || all {
			return removed, err
		}
	}
}

// oldest returns the page to be handed out next.
func (s *Store) oldest(ctx context.Context, tenant string, before int64) ([]store.Commit, error) {
	var page []store.Commit
	err := s.read(ctx, "compact", tenant, func(r runner) (err error) {
		q := newStatement("SELECT 0, "+logColumns+" FROM "+s.names.log+
			" WHERE tenant_id = ? AND revision < (SELECT revision FROM "+s.names.tenant+" WHERE id = ?) ORDER BY revision LIMIT ?",
			tenant, tenant, compactPage)
		page, _, err = s.logged(ctx, r, q)
		return err
	})
	if i := slices.IndexFunc(page, func(c store.Commit) bool { return c.Time >= before }); i >= 0 {
		page = page[:i]
	}
	return page, err
}

// forget deletes what was handed out. Revisions are not used again, so nothing
// else can be between the first and the last.
func (s *Store) forget(ctx context.Context, tenant string, first, last uint64) (int, error) {
	var n int64
	q := newStatement("DELETE FROM "+s.names.log+" WHERE tenant_id = ? AND revision >= ? AND revision <= ?", tenant, int64(first), int64(last))
	err := s.patiently(ctx, func() error {
		leave, err := s.enterLane(ctx)
		if err != nil {
			return err
		}
		defer leave()
		n, err = s.dialect.exec(ctx, s.db, q)
		return err
	})
	return int(n), s.explain(ctx, "compact", tenant, err)
}
