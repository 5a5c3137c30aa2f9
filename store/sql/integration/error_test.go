package integration

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// sentinels are what an error must not be by mistake.
var sentinels = []error{store.ErrConflict, store.ErrTransient, store.ErrUnknown, store.ErrCompacted, store.ErrCorrupt, sqlstore.ErrSchema}

// plain fails the test unless err is a failure that is none of the sentinels.
func plain(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s succeeded", what)
	}
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			t.Errorf("%s: %v is %v", what, err, sentinel)
		}
	}
}

func TestClosedPool(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		db, opts := d.single(t)
		s := d.store(t, db, opts)
		head(t, s, "acme")
		db.Close()
		_, err := s.Heads(t.Context(), []string{"acme"})
		plain(t, "Heads", err)
		plain(t, "Commit", s.Commit(t.Context(), "acme", store.Head{}, commits("c1")))
		fresh, err := sqlstore.New(db, d.dialect, opts)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fresh.Heads(t.Context(), []string{"acme"})
		plain(t, "the first Heads", err)
	})
}

func TestDroppedTable(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		s, at, opts := d.migrated(t)
		if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
			t.Fatal(err)
		}
		execute(t, at.DB, "DROP TABLE "+table(opts, "log"))
		old := store.Head{Revision: 1, Commit: "c1"}
		plain(t, "Commit", s.Commit(t.Context(), "acme", old, commits("c2")))
		if got := head(t, s, "acme"); got != old {
			t.Errorf("after a failed commit the head is %v", got)
		}
		_, err := s.Log(t.Context(), "acme", store.LogQuery{Limit: 1})
		plain(t, "Log", err)
	})
}

func TestReadOnly(t *testing.T) {
	for _, d := range databases {
		if d.dialect != sqlstore.SQLite || d.name == "sqlite/memory" || d.name == "sqlite3/memory" {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			s, at, _ := d.migrated(t)
			if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
				t.Fatal(err)
			}
			db := sql.OpenDB(connector(t, place{at.DB, at.dsn}))
			defer db.Close()
			db.SetMaxOpenConns(1)
			execute(t, db, "PRAGMA query_only = on")
			readOnly, err := sqlstore.New(db, d.dialect, nil)
			if err != nil {
				t.Fatal(err)
			}
			old := head(t, readOnly, "acme")
			plain(t, "Commit", readOnly.Commit(t.Context(), "acme", old, commits("c2")))
			if got := head(t, readOnly, "acme"); got != old {
				t.Errorf("the head is %v", got)
			}
		})
	}
}

// locked begins a transaction of a host's that has committed to acme.
func locked(t *testing.T, s *sqlstore.Store, db *sql.DB, tenant string) *sql.Tx {
	t.Helper()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() })
	if err := s.WithTx(tx).Commit(t.Context(), tenant, head(t, s, tenant), commits("held")); err != nil {
		t.Fatal(err)
	}
	return tx
}

// TestContextEndsInACommit has the context end while the commit waits for the
// head's lock.
func TestContextEndsInACommit(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		switch d.name {
		case "sqlite/memory", "sqlite3/memory":
			t.Skip("one connection: the pool is what would be waited for")
		case "sqlite3/file", "sqlite3/wal":
			t.Skip("this driver waits for its own timeout, of 5 seconds, first")
		}
		s, at, _ := d.migrated(t)
		if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
			t.Fatal(err)
		}
		old := store.Head{Revision: 1, Commit: "c1"}
		tx := locked(t, s, at.DB, "acme")
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		err := s.Commit(ctx, "acme", old, commits("c2"))
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrTransient) || errors.Is(err, store.ErrConflict) {
			t.Errorf("Commit: %v, want the context's error only", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if got := head(t, s, "acme"); got != old {
			t.Errorf("the head is %v", got)
		}
		if err := s.Commit(t.Context(), "acme", old, commits("c3")); err != nil {
			t.Errorf("a commit afterwards: %v", err)
		}
	})
}

// TestLockNotHad has the database give up waiting for a lock.
func TestLockNotHad(t *testing.T) {
	limit := map[sqlstore.Dialect]string{
		sqlstore.SQLite:     "PRAGMA busy_timeout = 1",
		sqlstore.PostgreSQL: "SET LOCAL lock_timeout = '1ms'",
		sqlstore.MySQL:      "SET SESSION innodb_lock_wait_timeout = 1",
	}
	on(t, databases, func(t *testing.T, d database) {
		if d.name == "sqlite/memory" || d.name == "sqlite3/memory" {
			t.Skip("one connection")
		}
		s, at, _ := d.migrated(t)
		if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
			t.Fatal(err)
		}
		locked(t, s, at.DB, "acme")
		db := sql.OpenDB(connector(t, at))
		defer db.Close()
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if _, err := tx.Exec(limit[d.dialect]); err != nil {
			t.Fatal(err)
		}
		err = s.WithTx(tx).Commit(t.Context(), "acme", store.Head{Revision: 1, Commit: "c1"}, commits("c2"))
		if !errors.Is(err, store.ErrTransient) {
			t.Errorf("Commit: %v, want ErrTransient", err)
		}
	})
}

// TestDeadlock has two hosts go through two tenants in opposite orders.
func TestDeadlock(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		if d.dialect == sqlstore.SQLite {
			t.Skip("has one lock")
		}
		s, at, _ := d.migrated(t)
		for _, tenant := range []string{"a", "b"} {
			if err := s.Commit(t.Context(), tenant, store.Head{}, commits("c1")); err != nil {
				t.Fatal(err)
			}
		}
		old := store.Head{Revision: 1, Commit: "c1"}
		one, two := locked(t, s, at.DB, "a"), locked(t, s, at.DB, "b")
		boundOne, boundTwo := s.WithTx(one), s.WithTx(two)
		done := make(chan error)
		go func() {
			err := boundOne.Commit(t.Context(), "b", old, commits("c2"))
			one.Rollback()
			done <- err
		}()
		errTwo := boundTwo.Commit(t.Context(), "a", old, commits("c2"))
		two.Rollback()
		errOne := <-done
		victim, victims := boundOne, 0
		for i, err := range []error{errOne, errTwo} {
			if err != nil {
				victims++
				if i == 1 {
					victim = boundTwo
				}
				if !errors.Is(err, store.ErrTransient) {
					t.Errorf("the victim of a deadlock: %v, want ErrTransient", err)
				}
			}
		}
		if victims != 1 {
			t.Errorf("%d victims: %v; %v", victims, errOne, errTwo)
		}
		if d.dialect == sqlstore.MySQL {
			if _, err := victim.Heads(t.Context(), nil); !errors.Is(err, sqlstore.ErrTransactionLost) {
				t.Errorf("the victim goes on: %v, want ErrTransactionLost", err)
			}
		}
	})
}

// TestClassify has the host know better.
func TestClassify(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		if d.dialect == sqlstore.SQLite {
			t.Skip("here a store tries again, for seconds, what is transient")
		}
		_, at, opts := d.migrated(t)
		mine := sqlstore.Options{Classify: func(err error) sqlstore.Class {
			if errors.Is(err, sql.ErrConnDone) || err.Error() == "sql: database is closed" {
				return sqlstore.Transient
			}
			return sqlstore.Unclassified
		}}
		if opts != nil {
			mine.Schema = opts.Schema
		}
		db := sql.OpenDB(connector(t, at))
		s, err := sqlstore.New(db, d.dialect, &mine)
		if err != nil {
			t.Fatal(err)
		}
		head(t, s, "acme")
		db.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err = s.Heads(ctx, []string{"acme"})
		if !errors.Is(err, store.ErrTransient) {
			t.Errorf("Heads: %v, want ErrTransient", err)
		}
	})
}
