package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/seed80bc5f17/rbac"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// skew is a tenant with two Owners, and what somebody who writes SQL by hand
// does to it.
type skew struct {
	database
	at     place
	opts   *sqlstore.Options
	store  *sqlstore.Store
	tenant string
}

// skews calls f with tenants, as many as rounds.
func skews(t *testing.T, d database, rounds int, f func(w skew)) {
	s, at, opts := d.migrated(t)
	for round := range rounds {
		w := skew{d, at, opts, s, fmt.Sprint("acme-", round)}
		var l ledger
		l.must(t, authority(t, s, w.tenant), host, rbac.Bootstrap("ann"), owning("bob"))
		f(w)
	}
}

// querier is a transaction or a pool.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// owners counts.
func (w skew) owners(ctx context.Context, q querier) (n int, err error) {
	err = q.QueryRowContext(ctx, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE tenant_id = '%s' AND role_id = 'owner'",
		table(w.opts, "assignment"), w.tenant)).Scan(&n)
	return n, err
}

// resign takes a user's role away without further questions.
func (w skew) resign(ctx context.Context, q querier, user string) error {
	_, err := q.ExecContext(ctx, fmt.Sprintf("DELETE FROM %s WHERE tenant_id = '%s' AND subject_kind = 'user' AND subject_id = '%s' AND role_id = 'owner'",
		table(w.opts, "assignment"), w.tenant, user))
	return err
}

func (w skew) left(t *testing.T) int {
	t.Helper()
	n, err := w.owners(t.Context(), w.at)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// within runs f in a transaction of the database's default kind.
func (w skew) within(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := w.at.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// TestSkewByHand is the control of those after it: two that both read, then
// both write, leave no Owner, in spite of their transactions. If it does not
// come to that the others prove nothing.
func TestSkewByHand(t *testing.T) {
	on(t, shared(), func(t *testing.T, d database) {
		skews(t, d, size(1, 5, 1500), func(w skew) {
			var read sync.WaitGroup
			read.Add(2)
			resign := func(q querier, user string) error {
				n, err := w.owners(t.Context(), q)
				read.Done()
				read.Wait()
				if err != nil || n < 2 {
					return errors.Join(err, errLastAdmin)
				}
				return w.resign(t.Context(), q, user)
			}
			attempt := func(user string) func() error {
				if d.dialect == sqlstore.SQLite { // whose transactions are serial
					return func() error { return resign(w.at, user) }
				}
				return func() error {
					return w.within(t.Context(), func(tx *sql.Tx) error { return resign(tx, user) })
				}
			}
			if errs := together(attempt("ann"), attempt("bob")); errors.Join(errs...) != nil {
				t.Fatal(errs)
			}
			if left := w.left(t); left != 0 {
				t.Errorf("%s: %d owners are left, want the anomaly", w.tenant, left)
			}
		})
	})
}

// TestSkew has two transactions both read by way of the library, and then both
// write: one Owner stays, always.
func TestSkew(t *testing.T) {
	on(t, shared(), func(t *testing.T, d database) {
		skews(t, d, size(2, 10, 1500), func(w skew) {
			var read sync.WaitGroup
			read.Add(2)
			attempt := func(user string) func() error {
				return func() error {
					return w.within(t.Context(), func(tx *sql.Tx) error {
						a, err := newAuthority(w.store.WithTx(tx), w.tenant)
						if err == nil {
							_, err = a.Permissions(t.Context(), rbac.As(user), user)
						}
						read.Done()
						read.Wait()
						if err == nil {
							_, err = a.Unassign(t.Context(), rbac.As(user), rbac.User(user), rbac.OwnerRole)
						}
						return err
					})
				}
			}
			errs := together(attempt("ann"), attempt("bob"))
			for _, err := range errs {
				// SQLite lets nobody who has read wait for who is writing.
				busy := d.dialect == sqlstore.SQLite && errors.Is(err, rbac.ErrUnavailable)
				if err != nil && reason(err) != rbac.ReasonLastOwner && !errors.Is(err, rbac.ErrConflict) && !busy {
					t.Errorf("%s: %v", w.tenant, err)
				}
			}
			if left := w.left(t); left != 1 || (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("%s: %d owners are left: %v", w.tenant, left, errs)
			}
			justified(t, authority(t, w.store, w.tenant))
		})
	})
}

// TestSkewUnderLock has a transaction of MariaDB's that has read something take
// the lock and read again: it decides on what has long changed. By way of the
// library it is told so.
func TestSkewUnderLock(t *testing.T) {
	d := named(t, "mariadb/prepared")
	attempt := func(t *testing.T, resign func(skew, *sql.Tx) error) func(w skew) error {
		return func(w skew) error {
			return w.within(t.Context(), func(tx *sql.Tx) error {
				if _, err := w.owners(t.Context(), tx); err != nil {
					return err
				}
				var l ledger
				l.must(t, authority(t, w.store, w.tenant), rbac.As("ann"), rbac.Unassign(rbac.User("ann"), rbac.OwnerRole))
				return resign(w, tx)
			})
		}
	}
	t.Run("by hand", func(t *testing.T) {
		byHand := attempt(t, func(w skew, tx *sql.Tx) error {
			var revision int
			lock := fmt.Sprintf("SELECT revision FROM %s WHERE id = '%s' FOR UPDATE", table(w.opts, "tenant"), w.tenant)
			if err := tx.QueryRowContext(t.Context(), lock).Scan(&revision); err != nil {
				return err
			}
			if n, err := w.owners(t.Context(), tx); err != nil || n < 2 {
				return errors.Join(err, errLastAdmin)
			}
			return w.resign(t.Context(), tx, "bob")
		})
		skews(t, d, size(1, 3, 1500), func(w skew) {
			if err := byHand(w); err != nil {
				t.Fatal(err)
			}
			if left := w.left(t); left != 0 {
				t.Errorf("%s: %d owners are left, want the anomaly", w.tenant, left)
			}
		})
	})
	t.Run("by the library", func(t *testing.T) {
		byLibrary := attempt(t, func(w skew, tx *sql.Tx) error {
			a := authority(t, w.store.WithTx(tx), w.tenant)
			_, err := a.Unassign(context.Background(), rbac.As("bob"), rbac.User("bob"), rbac.OwnerRole)
			return err
		})
		skews(t, d, size(1, 3, 1500), func(w skew) {
			if err := byLibrary(w); !errors.Is(err, rbac.ErrConflict) {
				t.Errorf("%s: %v, want ErrConflict", w.tenant, err)
			}
			if left := w.left(t); left != 1 {
				t.Errorf("%s: %d owners are left", w.tenant, left)
			}
		})
	})
}
