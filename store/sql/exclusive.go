package sqlstore

import (
	"context"

	"github.com/seed80bc5f17/rbac/store"
)

var _ store.Serializer = (*Store)(nil)

// Exclusive runs f on a store bound to a transaction that has locked the
// tenant's head, and commits the transaction if f succeeds. A tenant never
// written has no head to lock: two that begin it at once are told apart by
// Commit. On a store bound to the host's transaction, f runs on that.
func (s *Store) Exclusive(ctx context.Context, tenant string, f func(store.Store) error) error {
	if s.host != nil {
		return f(s)
	}
	err := s.ready(ctx)
	if err == nil {
		err = s.patiently(ctx, func() error { return s.exclusively(ctx, tenant, f) })
	}
	return s.explain(ctx, "commit", tenant, err)
}

func (s *Store) exclusively(ctx context.Context, tenant string, f func(store.Store) error) error {
	leave, err := s.enterLane(ctx)
	if err != nil {
		return err
	}
	defer leave()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	// A write, and the first statement: what is read after it is the newest on
	// every isolation level, and SQLite's writers do not collide.
	lock := newStatement("UPDATE "+s.names.tenant+" SET revision = revision WHERE id = ?", tenant)
	if _, err := s.dialect.exec(ctx, tx, lock); err != nil {
		return err
	}
	if err := f(s.WithTx(tx)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.outcome(ctx, tx.Commit())
}
