package integration

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
	"github.com/seed80bc5f17/rbac/store/storetest"
)

// hosted is a store each of whose methods is a transaction of a host's.
type hosted struct {
	store *sqlstore.Store
	db    *sql.DB
}

func (h hosted) in(ctx context.Context, f func(store.Store) error) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(h.store.WithTx(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

func (h hosted) Heads(ctx context.Context, tenants []string) (heads []store.Head, err error) {
	err = h.in(ctx, func(s store.Store) error { heads, err = s.Heads(ctx, tenants); return err })
	return heads, err
}

func (h hosted) Load(ctx context.Context, tenant string, sel store.Selection) (st store.State, err error) {
	err = h.in(ctx, func(s store.Store) error { st, err = s.Load(ctx, tenant, sel); return err })
	return st, err
}

func (h hosted) Scan(ctx context.Context, tenant string, q store.Query) (page store.Page, err error) {
	err = h.in(ctx, func(s store.Store) error { page, err = s.Scan(ctx, tenant, q); return err })
	return page, err
}

func (h hosted) Log(ctx context.Context, tenant string, q store.LogQuery) (log []store.Commit, err error) {
	err = h.in(ctx, func(s store.Store) error { log, err = s.Log(ctx, tenant, q); return err })
	return log, err
}

func (h hosted) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	return h.in(ctx, func(s store.Store) error { return s.Commit(ctx, tenant, expect, cs) })
}

// TestHostedStore proves that a bound store keeps the contract too. On SQLite
// the pool has one connection: there hosts queue for the database themselves.
func TestHostedStore(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		storetest.Run(t, func(tb testing.TB) store.Store {
			at, opts := d.fresh(tb)
			if d.dialect == sqlstore.SQLite {
				at.SetMaxOpenConns(1)
			}
			return hosted{d.store(tb, at.DB, opts), at.DB}
		})
	})
}

// TestHostedOnOneConnection would wait for ever if a statement went around the
// transaction.
func TestHostedOnOneConnection(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		db, opts := d.single(t)
		s := d.store(t, db, opts)
		for _, keep := range []bool{false, true} {
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			bound := s.WithTx(tx)
			if err := bound.Commit(t.Context(), "acme", store.Head{}, granting("c1", "admin", "ann")); err != nil {
				t.Fatal(err)
			}
			first := head(t, bound, "acme")
			if want := (store.Head{Revision: 1, Commit: "c1"}); first != want {
				t.Fatalf("the second operation sees %v, want %v", first, want)
			}
			if err := bound.Commit(t.Context(), "acme", first, granting("c2", "admin", "bob")); err != nil {
				t.Fatal(err)
			}
			if got := users(t, bound); !cmp.Equal(got, []string{"ann", "bob"}) {
				t.Fatalf("the third operation sees %v", got)
			}
			var want []string
			if keep {
				err, want = tx.Commit(), []string{"ann", "bob"}
			} else {
				err, want = tx.Rollback(), []string{}
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, users(t, s)); diff != "" {
				t.Errorf("after the transaction, kept: %t (-want +got):\n%s", keep, diff)
			}
			if log, err := s.Log(t.Context(), "acme", store.LogQuery{Limit: 9}); err != nil || len(log) != len(want) {
				t.Errorf("after the transaction, kept: %t: %d log entries, %v", keep, len(log), err)
			}
		}
	})
}

// TestHostedFailure wants a failed commit to leave nothing in a transaction
// that goes on.
func TestHostedFailure(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		s, at, _ := d.migrated(t)
		if err := s.Commit(t.Context(), "acme", store.Head{}, granting("c1", "admin", "ann")); err != nil {
			t.Fatal(err)
		}
		tx, err := at.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		bound, at1 := s.WithTx(tx), store.Head{Revision: 1, Commit: "c1"}
		for _, test := range []struct {
			name   string
			expect store.Head
			tenant string
			cs     []store.Commit
			want   error
		}{
			{"another head", store.Head{Revision: 1, Commit: "x"}, "acme", granting("c2", "admin", "bob"), store.ErrConflict},
			{"a first commit that is not", store.Head{}, "acme", granting("c2", "admin", "bob"), store.ErrConflict},
			{"a record twice", at1, "acme", granting("c2", "admin", "bob", "ann"), store.ErrCorrupt},
			{"a record not there", at1, "acme", revoking("c2", "admin", "ann", "bob"), store.ErrCorrupt},
			{"a record not there, in a new tenant", store.Head{}, "globex", revoking("c2", "admin", "bob"), store.ErrCorrupt},
		} {
			if err := bound.Commit(t.Context(), test.tenant, test.expect, test.cs); !errors.Is(err, test.want) {
				t.Fatalf("%s: %v, want %v", test.name, err, test.want)
			}
			if got := head(t, bound, "acme"); got != at1 {
				t.Fatalf("%s: the head is %v after it", test.name, got)
			}
		}
		if err := bound.Commit(t.Context(), "acme", at1, granting("c2", "admin", "bob")); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"ann", "bob"}, users(t, s)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestHostedOnAStaleView begins a transaction that reads, lets the tenant
// change, and wants the write to be a conflict, whatever the transaction still
// sees, and the transaction to be alive.
func TestHostedOnAStaleView(t *testing.T) {
	levels := []sql.IsolationLevel{sql.LevelDefault, sql.LevelReadCommitted, sql.LevelRepeatableRead, sql.LevelSerializable}
	on(t, databases, func(t *testing.T, d database) {
		for _, level := range levels {
			switch {
			case d.dialect == sqlstore.SQLite && (level != sql.LevelDefault || d.name == "sqlite/memory" || d.name == "sqlite3/memory"):
				continue // has one level; one connection
			case d.dialect == sqlstore.MySQL && level == sql.LevelSerializable:
				continue // reads lock, so that the other one would wait
			case d.name == "sqlite/file" || d.name == "sqlite3/file":
				continue // without WAL readers block writers
			}
			for _, first := range []bool{true, false} {
				t.Run(level.String(), func(t *testing.T) {
					s, at, _ := d.migrated(t)
					var old store.Head
					if !first {
						if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
							t.Fatal(err)
						}
						old = store.Head{Revision: 1, Commit: "c1"}
					}
					tx, err := at.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
					if err != nil {
						t.Fatal(err)
					}
					defer tx.Rollback()
					bound := s.WithTx(tx)
					if got := head(t, bound, "acme"); got != old {
						t.Fatalf("the head is %v", got)
					}
					if err := s.Commit(t.Context(), "acme", old, granting("c2", "admin", "ann")); err != nil {
						t.Fatal(err)
					}
					for range 2 {
						if err := bound.Commit(t.Context(), "acme", old, granting("c3", "admin", "bob")); !errors.Is(err, store.ErrConflict) {
							t.Fatalf("Commit on a stale view: %v, want ErrConflict", err)
						}
					}
					head(t, bound, "acme")
					if err := tx.Commit(); err != nil && level != sql.LevelSerializable {
						t.Fatal(err)
					}
					if diff := cmp.Diff([]string{"ann"}, users(t, s)); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			}
		}
	})
}

func TestHostedWithoutTables(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		at, opts := d.fresh(t)
		s, err := sqlstore.New(at.DB, d.dialect, opts)
		if err != nil {
			t.Fatal(err)
		}
		tx, err := at.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		bound := s.WithTx(tx)
		for range 2 {
			if err := bound.Commit(t.Context(), "acme", store.Head{}, commits("c1")); !errors.Is(err, sqlstore.ErrSchema) {
				t.Errorf("Commit: %v, want ErrSchema", err)
			}
			if _, err := bound.Heads(t.Context(), []string{"acme"}); !errors.Is(err, sqlstore.ErrSchema) {
				t.Errorf("Heads: %v, want ErrSchema", err)
			}
		}
	})
}

// TestHostedAfterItsEnd uses a bound store for longer than its transaction.
func TestHostedAfterItsEnd(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, at, _ := d.migrated(t)
		tx, err := at.Begin()
		if err != nil {
			t.Fatal(err)
		}
		bound := s.WithTx(tx)
		head(t, bound, "acme")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := bound.Commit(t.Context(), "acme", store.Head{}, commits("c1")); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("Commit: %v, want sql.ErrTxDone", err)
		}
		if got := head(t, s, "acme"); got != (store.Head{}) {
			t.Errorf("the head is %v", got)
		}
	})
}
