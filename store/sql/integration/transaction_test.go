package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// projects makes a table of the host's own.
func projects(t *testing.T, db *sql.DB, opts *sqlstore.Options) string {
	t.Helper()
	name := "project"
	if opts != nil && opts.Schema != "" {
		name = opts.Schema + "." + name
	}
	execute(t, db, "CREATE TABLE "+name+" (id INTEGER PRIMARY KEY)")
	return name
}

// TestTransaction makes roles inside transactions of the host's, together with
// something of the host's own, on a pool of one connection, which none of it
// may go around.
func TestTransaction(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		db, opts := d.single(t)
		s := d.store(t, db, opts)
		project := projects(t, db, opts)
		outside := authority(t, s, "acme")
		var l ledger
		l.must(t, outside, host, rbac.Bootstrap("ann"))
		for id, keep := range []bool{false, true, false, true} {
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(fmt.Sprintf("INSERT INTO %s VALUES (%d)", project, id)); err != nil {
				t.Fatal(err)
			}
			var inner ledger // acknowledged as far as the transaction goes
			inside := authority(t, s.WithTx(tx), "acme")
			user := fmt.Sprint("u", id)
			role := inner.must(t, inside, rbac.As("ann"), making(fmt.Sprint("Member of ", id), "app.x")).Role.ID
			inner.must(t, inside, rbac.As("ann"), giving(user, role))
			if err := inside.Check(t.Context(), rbac.As(user), "app.x"); err != nil {
				t.Errorf("inside, the second operation's outcome is not seen: %v", err)
			}
			if _, err := inside.CreateRole(t.Context(), rbac.As("ann"), rbac.NewRole{Name: fmt.Sprint("MEMBER OF ", id), Permissions: rbac.Set()}); reason(err) != rbac.ReasonNameTaken {
				t.Errorf("a name taken inside: %v", err)
			}
			inner.must(t, inside, rbac.As("ann"), rbac.AddMember(fmt.Sprint("project ", id), rbac.User(user)))
			justified(t, inside)
			if keep {
				err = tx.Commit()
				for _, token := range inner.tokens {
					l.note(token)
				}
				if last := inner.tokens[len(inner.tokens)-1]; err == nil {
					err = outside.Published(last)
				}
			} else {
				err = tx.Rollback()
			}
			if err != nil {
				t.Fatal(err)
			}
			err = outside.Check(t.Context(), rbac.As(user), "app.x")
			if keep && err != nil || !keep && reason(err) != rbac.ReasonNotHeld {
				t.Errorf("after the transaction, kept: %t: %v", keep, err)
			}
			var n int
			if err := db.QueryRow(fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE id = %d", project, id)).Scan(&n); err != nil || (n == 1) != keep {
				t.Errorf("kept: %t: %d projects, %v", keep, n, err)
			}
			l.settle(t, outside)
		}
	})
}

// TestTransactionRefused wants a refusal to leave the host's transaction alive
// and without a trace of what was refused.
func TestTransactionRefused(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		db, opts := d.single(t)
		s := d.store(t, db, opts)
		project := projects(t, db, opts)
		outside := authority(t, s, "acme")
		var l ledger
		l.must(t, outside, host, rbac.Bootstrap("ann"))
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		inside := authority(t, s.WithTx(tx), "acme")
		fresh := making("Clerk", "app.x")
		_, err = inside.Apply(t.Context(), rbac.As("ann"), fresh, giving("bob", fresh.RoleID()), making("clerk"))
		if reason(err) != rbac.ReasonNameTaken {
			t.Errorf("a batch that is refused at its end: %v", err)
		}
		if _, err := tx.Exec("INSERT INTO " + project + " VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		l.must(t, inside, rbac.As("ann"), making("Typist"))
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		l.settle(t, outside)
	})
}

// TestTransactionWithAStaleView lets the tenant change behind a transaction
// that has read. What it attempts is an answer at once where it cannot see the
// change: trying again inside it would be for ever. Where it can, it succeeds.
func TestTransactionWithAStaleView(t *testing.T) {
	for _, test := range []struct {
		database string
		level    sql.IsolationLevel
		sees     bool
	}{
		{"sqlite/wal", sql.LevelDefault, false},
		{"postgres/pgx", sql.LevelReadCommitted, true},
		{"postgres/pgx", sql.LevelRepeatableRead, false},
		{"postgres/pgx", sql.LevelSerializable, false},
		{"postgres/postgres", sql.LevelRepeatableRead, false},
		{"mariadb/prepared", sql.LevelReadCommitted, true},
		{"mariadb/prepared", sql.LevelRepeatableRead, false},
		{"mariadb/interpolated", sql.LevelDefault, false},
	} {
		t.Run(test.database+"/"+test.level.String(), func(t *testing.T) {
			t.Parallel()
			s, at, opts := named(t, test.database).migrated(t)
			project := projects(t, at.DB, opts)
			for _, read := range []bool{true, false} { // by the Authority, or by the host alone
				tenant := fmt.Sprint("acme-", read)
				outside := authority(t, s, tenant)
				var l ledger
				l.must(t, outside, host, rbac.Bootstrap("ann"))
				tx, err := at.BeginTx(t.Context(), &sql.TxOptions{Isolation: test.level})
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback()
				bound := &counting{Store: s.WithTx(tx)}
				bound.ahead = func() {
					if bound.plain.Load()+bound.locked.Load() > 10 {
						panic("it tries again and again")
					}
				}
				bound.within = bound.ahead
				inside := authority(t, bound, tenant)
				if read {
					_, err = inside.Roles(t.Context(), rbac.As("ann"), rbac.PageQuery{})
				} else {
					err = tx.QueryRow("SELECT COUNT(*) FROM " + project).Scan(new(int))
				}
				if err != nil {
					t.Fatal(err)
				}
				l.must(t, outside, rbac.As("ann"), owning("bob"))
				r, err := inside.CreateRole(context.Background(), rbac.As("ann"), rbac.NewRole{Name: "Clerk", Permissions: rbac.Set()})
				if test.sees != (err == nil) || !test.sees && (!errors.Is(err, rbac.ErrConflict) || errors.Is(err, rbac.ErrDenied)) {
					t.Fatalf("sees the change: %t: %v", test.sees, err)
				}
				if err == nil {
					l.note(r.Token)
				} else if n := bound.plain.Load() + bound.locked.Load(); n > 2 {
					t.Errorf("it was sent %d times", n)
				}
				if err := tx.Commit(); err != nil && test.level != sql.LevelSerializable {
					t.Fatal(err)
				}
				l.settle(t, outside)

				// The host begins another one.
				tx, err = at.BeginTx(t.Context(), &sql.TxOptions{Isolation: test.level})
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback()
				l.must(t, authority(t, s.WithTx(tx), tenant), rbac.As("bob"), making("Typist"))
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
				l.settle(t, outside)
			}
		})
	}
}
