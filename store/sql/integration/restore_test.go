package integration

import (
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// backup copies the tables of a store, and returns what puts the copy in their
// place, as a restore of an older backup would while processes are running.
func backup(t *testing.T, db *sql.DB, name func(string) string) (restore func()) {
	t.Helper()
	var back []string
	for _, part := range []string{"tenant", "role", "assignment", "membership", "log"} {
		old := name("old_" + part)
		execute(t, db, fmt.Sprintf("CREATE TABLE %s AS SELECT * FROM %s", old, name(part)))
		back = append(back, "DELETE FROM "+name(part), fmt.Sprintf("INSERT INTO %s SELECT * FROM %s", name(part), old))
	}
	return func() {
		t.Helper()
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range back {
			if _, err := tx.Exec(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

// An older backup takes the place of the database while two processes run. No
// assignment that vanished with it is honoured for longer than MaxStaleness,
// also when the restored database goes on under the same revision numbers, and
// what it does have is honoured.
func TestOlderBackup(t *testing.T) {
	const maxStaleness = time.Minute
	for _, lazy := range []int{0, -1} {
		for _, goOn := range []int{0, 1, 2, 3} { // changes after the restore; the backup is 2 revisions old
			t.Run(fmt.Sprintf("eager limit %d, %d changes after it", lazy, goOn), func(t *testing.T) {
				on(t, shared(), func(t *testing.T, d database) {
					s, at, opts := d.migrated(t)
					db := sql.OpenDB(connector(t, at))
					t.Cleanup(func() { db.Close() })
					var now atomic.Int64
					now.Store(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC).UnixNano())
					clock := func() time.Time { return time.Unix(0, now.Load()) }
					process := func() *rbac.Authority {
						a, err := newAuthorityOf(s, "acme", rbac.Options{Now: clock, MaxStaleness: maxStaleness, EagerLimit: lazy})
						if err != nil {
							t.Fatal(err)
						}
						return a
					}
					running, other := process(), process()
					var l ledger
					l.must(t, running, host, rbac.Bootstrap("ann"))
					role := l.must(t, running, rbac.As("ann"), making("Stays", "app.x")).Role.ID
					l.must(t, running, rbac.As("ann"), giving("kept", role))
					restore := backup(t, db, func(part string) string { return table(opts, part) })
					l.must(t, running, rbac.As("ann"), giving("vanished", role))
					l.must(t, running, rbac.As("ann"), giving("also", role))

					says := func(a *rbac.Authority, user string, want bool) {
						t.Helper()
						if ok, err := a.Can(t.Context(), rbac.As(user), "app.x"); ok != want || err != nil {
							t.Errorf("%s: %t, %v; want %t", user, ok, err, want)
						}
					}
					for _, a := range []*rbac.Authority{running, other} {
						says(a, "vanished", true)
						says(a, "kept", true)
					}
					restore()
					fresh := process()
					for i := range goOn {
						if _, err := fresh.Apply(t.Context(), rbac.As("ann"), giving(fmt.Sprint("later", i), role)); err != nil {
							t.Fatal(err)
						}
					}
					now.Add(int64(maxStaleness))
					for _, a := range []*rbac.Authority{running, other} {
						says(a, "vanished", false)
						says(a, "also", false)
						says(a, "kept", true)
						says(a, "later0", goOn > 0)
						says(a, "ann", true)
					}
					// And it is written on what is there now.
					if _, err := running.Unassign(t.Context(), rbac.As("ann"), rbac.User("kept"), role); err != nil {
						t.Fatal(err)
					}
					says(running, "kept", false)
					if _, err := other.Fresh().Resolve(t.Context(), rbac.As("kept")); err != nil {
						t.Fatal(err)
					}
					says(other, "kept", false)
					if err := other.Check(t.Context(), rbac.As("vanished"), "app.x"); !errors.Is(err, rbac.ErrDenied) {
						t.Errorf("in the end: %v", err)
					}
					justified(t, other)
				})
			})
		}
	}
}
