package integration

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// troubled is a tenant for each kind of change, in a database that is about to
// get into trouble.
type troubled struct {
	attempts []attempt
	tenants  []*rbac.Authority
	ledgers  []*ledger
	done     []bool
}

func newTroubled(t *testing.T, s store.Store) *troubled {
	t.Helper()
	w := &troubled{}
	for i := range attempts() {
		c := attempts()[i] // with roles of its own
		if c.races {
			continue
		}
		var l ledger
		tenant := fmt.Sprint("acme-", i)
		if c.found != nil {
			l.must(t, authorityAt(t, s, tenant, founded), host, c.found...)
		}
		w.attempts = append(w.attempts, c)
		w.tenants = append(w.tenants, authorityAt(t, s, tenant, changed))
		w.ledgers = append(w.ledgers, &l)
		w.done = append(w.done, false)
	}
	return w
}

// authorityAt is authority with a clock that stands still.
func authorityAt(t *testing.T, s store.Store, tenant string, now time.Time) *rbac.Authority {
	t.Helper()
	a, err := newAuthorityAt(s, tenant, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// unavailable wants a failure to find out, of which the text says why, and
// which is no answer.
func unavailable(t *testing.T, what string, err error, text string) {
	t.Helper()
	if !errors.Is(err, rbac.ErrUnavailable) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v, want ErrUnavailable, about %q", what, err, text)
	}
	for _, other := range []error{rbac.ErrDenied, rbac.ErrInvalid, rbac.ErrConflict, rbac.ErrStale, rbac.ErrOutcomeUnknown} {
		if errors.Is(err, other) {
			t.Errorf("%s: %v is %v", what, err, other)
		}
	}
}

// fail makes each kind of change, of which those must fail that need what the
// database does not give. It returns how many do.
func (w *troubled) fail(t *testing.T, text string) int {
	t.Helper()
	failed := 0
	for i, c := range w.attempts {
		_, err := w.ledgers[i].apply(t.Context(), w.tenants[i], c.actor, c.ops...)
		if w.done[i] = err == nil; !w.done[i] {
			failed++
			unavailable(t, c.name, err, text)
		}
	}
	return failed
}

// recover wants everything to go on as if nothing had been.
func (w *troubled) recover(t *testing.T) {
	t.Helper()
	for i, c := range w.attempts {
		l, a := w.ledgers[i], w.tenants[i]
		if !w.done[i] {
			if r, err := l.apply(t.Context(), a, c.actor, c.ops...); err != nil || !r.Changed {
				t.Errorf("%s, when the cause is gone: %+v, %v", c.name, r, err)
			}
		}
		l.must(t, a, host, making("Afterwards"))
		if log := logged(t, a); c.name == "erase" && len(l.tokens) > len(log) {
			l.tokens = l.tokens[len(l.tokens)-len(log):] // it took the entries before it
		}
		l.settle(t, a)
	}
}

// TestReadOnlyDatabase wants changes to fail clearly, checks and pages to go
// on, and everything to go on when the database is writable again.
func TestReadOnlyDatabase(t *testing.T) {
	statements := map[sqlstore.Dialect]struct{ begin, end, text string }{
		sqlstore.SQLite:     {"PRAGMA query_only = on", "PRAGMA query_only = off", "readonly"},
		sqlstore.PostgreSQL: {"SET default_transaction_read_only = on", "SET default_transaction_read_only = off", "read-only transaction"},
		sqlstore.MySQL:      {"SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE", "READ ONLY transaction"},
	}
	on(t, databases, func(t *testing.T, d database) {
		if d.name == "postgres/postgres" {
			t.Skip("this driver begins each transaction as one that may write")
		}
		db, opts := d.single(t)
		s := d.store(t, db, opts)
		w := newTroubled(t, s)
		execute(t, db, statements[d.dialect].begin)
		if n := w.fail(t, statements[d.dialect].text); n != len(w.attempts) {
			t.Errorf("%d of %d kinds of change failed", n, len(w.attempts))
		}
		for i, c := range w.attempts {
			a := authorityAt(t, s, fmt.Sprint("acme-", i), changed)
			if err := a.Check(t.Context(), rbac.As("bob"), "app.x"); c.found != nil && err != nil {
				t.Errorf("%s: Check: %v", c.name, err)
			}
			justified(t, a)
			if n := len(logged(t, a)); n > 1 {
				t.Errorf("%s: %d entries are logged", c.name, n)
			}
		}
		execute(t, db, statements[d.dialect].end)
		w.recover(t)
	})
}

// TestReadOnlyFile opens a file of SQLite for reading only.
func TestReadOnlyFile(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		if d.dialect != sqlstore.SQLite || strings.HasSuffix(d.name, "/memory") {
			t.Skip("no file")
		}
		s, at, opts := d.migrated(t)
		w := newTroubled(t, s)
		dsn := at.dsn + "?mode=ro"
		if strings.Contains(at.dsn, "?") {
			dsn = strings.Replace(at.dsn, "?", "?mode=ro&", 1)
		}
		db := sql.OpenDB(connector(t, place{at.DB, strings.Replace(dsn, "&_pragma=journal_mode(wal)", "", 1)}))
		defer db.Close()
		readOnly, err := sqlstore.New(db, d.dialect, opts)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range w.attempts {
			a := authorityAt(t, readOnly, fmt.Sprint("acme-", i), changed)
			_, err := a.Apply(t.Context(), c.actor, c.ops...)
			unavailable(t, c.name, err, "readonly")
			justified(t, a)
		}
		w.recover(t)
	})
}

// TestTableGone takes each table away, and brings it back.
func TestTableGone(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		for _, name := range []string{"tenant", "role", "assignment", "membership", "log", "schema"} {
			s, at, opts := d.migrated(t)
			w := newTroubled(t, s)
			here, away := table(opts, name), table(opts, "away")
			to := func(name string) string { // where the new name cannot have a schema
				if d.dialect == sqlstore.MySQL {
					return name
				}
				return name[strings.LastIndex(name, ".")+1:]
			}
			execute(t, at.DB, "ALTER TABLE "+here+" RENAME TO "+to(away))
			failed := w.fail(t, "rbac_"+name)
			if (failed == 0) != (name == "schema") { // which is looked at once
				t.Errorf("without the table %s, %d of %d kinds of change failed", name, failed, len(w.attempts))
			}
			fresh, err := sqlstore.New(at.DB, d.dialect, opts)
			if err != nil {
				t.Fatal(err)
			}
			err = authorityAt(t, fresh, "acme-0", changed).Check(t.Context(), rbac.As("bob"), "app.x")
			switch name {
			case "log": // a check does not read it
			case "schema":
				unavailable(t, "Check without the table "+name, err, "run sqlstore.Migrate")
			default:
				unavailable(t, "Check without the table "+name, err, "rbac_"+name)
			}
			execute(t, at.DB, "ALTER TABLE "+away+" RENAME TO "+to(here))
			w.recover(t)
		}
	})
}

// TestPoolClosed closes the pool under an Authority, and opens another one.
func TestPoolClosed(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		if strings.HasSuffix(d.name, "/memory") {
			t.Skip("the database goes with its pool")
		}
		_, at, opts := d.migrated(t)
		first := sql.OpenDB(connector(t, at))
		w := newTroubled(t, d.store(t, first, opts))
		first.Close()
		if n := w.fail(t, "closed"); n != len(w.attempts) {
			t.Errorf("%d of %d kinds of change failed", n, len(w.attempts))
		}
		second := sql.OpenDB(connector(t, at))
		defer second.Close()
		s := d.store(t, second, opts)
		for i := range w.tenants {
			w.tenants[i] = authorityAt(t, s, fmt.Sprint("acme-", i), changed)
		}
		w.recover(t)
	})
}
