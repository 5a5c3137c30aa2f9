package integration

import (
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// TestNothingIsLeftOpen goes through successes and failures on one connection
// and asks the database what is still open.
func TestNothingIsLeftOpen(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		db, opts := d.single(t)
		s := d.store(t, db, opts)
		at := store.Head{}
		for _, step := range []struct {
			expect store.Head
			cs     []store.Commit
		}{
			{at, granting("c1", "admin", "ann")},
			{at, granting("c1", "admin", "ann")},                                    // conflict
			{store.Head{Revision: 1, Commit: "c1"}, granting("c2", "admin", "ann")}, // corrupt
			{store.Head{Revision: 1, Commit: "c1"}, revoking("c2", "admin", "ann")},
			{store.Head{Revision: 1, Commit: "x"}, nil},
		} {
			_ = s.Commit(t.Context(), "acme", step.expect, step.cs)
			if _, err := s.Load(t.Context(), "acme", store.Selection{Model: true, AllUpTo: 1}); err != nil {
				t.Fatal(err)
			}
			if n := db.Stats().InUse; n != 0 {
				t.Fatalf("%d connections are in use", n)
			}
			switch d.dialect {
			case sqlstore.SQLite:
				execute(t, db, "BEGIN", "ROLLBACK") // fails inside a transaction
			case sqlstore.PostgreSQL:
				if _, err := db.Exec("SAVEPOINT outside"); err == nil {
					t.Fatal("a transaction is open")
				}
			case sqlstore.MySQL:
				execute(t, db, "SET TRANSACTION READ WRITE") // fails inside a transaction
			}
		}
		if d.dialect == sqlstore.MySQL {
			var name string
			var n int
			if err := db.QueryRow("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").Scan(&name, &n); err != nil {
				t.Fatal(err)
			}
			var closed int
			if err := db.QueryRow("SHOW SESSION STATUS LIKE 'Com_stmt_close'").Scan(&name, &closed); err != nil || closed != n {
				t.Errorf("%d statements were prepared and %d closed, %v", n, closed, err)
			}
		}
		if head(t, s, "acme") != (store.Head{Revision: 2, Commit: "c2"}) {
			t.Error("the steps did not do what they should")
		}
	})
}
