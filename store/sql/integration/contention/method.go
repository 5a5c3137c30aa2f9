package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// change makes one decided change to a tenant, or fails.
type change func(ctx context.Context, tenant string, op rbac.Op) (rbac.Receipt, error)

// method is a way to make changes. It is set up once in a process, for so many
// writers, and returns what each of them calls.
type method func(p place, writers int) ([]change, error)

// methods are what is measured, in the order of the table's columns.
var methods = []struct {
	name string
	method
}{
	{"this library", queue},
	{"compare-and-swap", swap},
	{"lock first", lock},
}

const admin = "adam"

func newAuthority(s store.Store) (*rbac.Authority, error) {
	c, err := rbac.NewCatalog(rbac.Section{Name: "App", Permissions: []rbac.PermissionInfo{{ID: "app.x"}, {ID: "app.y"}, {ID: "app.z"}}})
	if err != nil {
		return nil, err
	}
	return rbac.New(s, c, &rbac.Options{MultiTenant: true})
}

// queue is the library as it is used: one Authority in a process.
func queue(p place, writers int) ([]change, error) {
	db, err := p.open(writers)
	if err != nil {
		return nil, err
	}
	s, err := sqlstore.New(db, p.Dialect, p.options())
	if err != nil {
		return nil, err
	}
	a, err := newAuthority(s)
	if err != nil {
		return nil, err
	}
	return repeat(writers, func(ctx context.Context, tenant string, op rbac.Op) (rbac.Receipt, error) {
		return a.Tenant(tenant).Apply(ctx, rbac.As(admin), op)
	}), nil
}

func repeat(n int, c change) []change {
	all := make([]change, n)
	for i := range all {
		all[i] = c
	}
	return all
}

// How long swap pauses after its first and after each later conflict, at most.
const (
	firstPause = 500 * time.Microsecond
	maxPause   = 50 * time.Millisecond
)

// swap is plain compare-and-swap: load, decide, commit if nobody else has, and
// if somebody has, pause for a random time that grows, and begin anew. Each
// attempt has an Authority of its own, so that nothing is known from before,
// queued or written together; each writer has a Store of its own, so that on
// SQLite no writer of the same process waits in its lane.
func swap(p place, writers int) ([]change, error) {
	db, err := p.open(writers)
	if err != nil {
		return nil, err
	}
	all := make([]change, writers)
	for i := range all {
		s, err := sqlstore.New(db, p.Dialect, p.options())
		if err != nil {
			return nil, err
		}
		all[i] = func(ctx context.Context, tenant string, op rbac.Op) (rbac.Receipt, error) {
			for limit := firstPause; ; limit = min(2*limit, maxPause) {
				a, err := newAuthority(once{s})
				if err != nil {
					return rbac.Receipt{}, err
				}
				r, err := a.Tenant(tenant).Apply(ctx, rbac.As(admin), op)
				if !errors.Is(err, errLost) {
					return r, err
				}
				select {
				case <-time.After(rand.N(limit)):
				case <-ctx.Done():
					return r, ctx.Err()
				}
			}
		}
	}
	return all, nil
}

// once is a store that cannot lock, and that lets nobody try again.
type once struct{ store.Store }

var errLost = errors.New("somebody else was faster")

func (s once) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	err := s.Store.Commit(ctx, tenant, expect, cs)
	if errors.Is(err, store.ErrConflict) {
		return errLost
	}
	return err
}

// lock is what most would write: a transaction that locks the tenant's row by
// SELECT … FOR UPDATE, loads, decides and writes; on SQLite BEGIN IMMEDIATE.
// Each change has an Authority of its own, on the transaction. That sends a
// savepoint and its release too, two round trips that somebody who writes it by
// hand can do without.
func lock(p place, writers int) ([]change, error) {
	first := ""
	switch p.Dialect {
	case sqlstore.SQLite:
		p.DSN += "&_txlock=immediate"
	case sqlstore.PostgreSQL:
		first = fmt.Sprintf("SELECT revision FROM %s WHERE id = $1 FOR UPDATE", p.table("tenant"))
	case sqlstore.MySQL:
		first = fmt.Sprintf("SELECT revision FROM %s WHERE id = ? FOR UPDATE", p.table("tenant"))
	}
	db, err := p.open(writers)
	if err != nil {
		return nil, err
	}
	s, err := sqlstore.New(db, p.Dialect, p.options())
	if err != nil {
		return nil, err
	}
	if _, err := s.Heads(context.Background(), nil); err != nil { // which checks the schema, once
		return nil, err
	}
	return repeat(writers, func(ctx context.Context, tenant string, op rbac.Op) (rbac.Receipt, error) {
		return locked(ctx, db, s, first, tenant, op)
	}), nil
}

func locked(ctx context.Context, db *sql.DB, s *sqlstore.Store, first, tenant string, op rbac.Op) (r rbac.Receipt, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return r, err
	}
	defer tx.Rollback()
	if first != "" {
		var revision int64
		if err := tx.QueryRowContext(ctx, first, tenant).Scan(&revision); err != nil {
			return r, err
		}
	}
	a, err := newAuthority(s.WithTx(tx))
	if err != nil {
		return r, err
	}
	if r, err = a.Tenant(tenant).Apply(ctx, rbac.As(admin), op); err != nil {
		return r, err
	}
	return r, tx.Commit()
}
