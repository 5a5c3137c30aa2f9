package main

import (
	"crypto/rand"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

const session = `carl invites dora: rbac: cannot assign: the actor lacks the permission for it (rbac.roles.assign)
  invitations: 0, dora may view orders: false
olivia invites dora: <nil>
  invitations: 1, dora may view orders: true
`

// The program does nothing that is PostgreSQL's alone, so that SQLite proves
// it everywhere.
func TestRun(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "app.db"))
	var out strings.Builder
	if err := run(t.Context(), &out, db, sqlstore.SQLite); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != session {
		t.Errorf("got:\n%swant:\n%s", got, session)
	}
}

func TestRunOnPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn := os.Getenv("RBAC_TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("RBAC_TEST_POSTGRES_DSN is not set")
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	// A schema of its own: the database may be in use for other tests.
	schema := "rbac_example_" + strings.ToLower(rand.Text())
	admin := open(t, "pgx", dsn)
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
	})
	config.RuntimeParams["search_path"] = schema
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { db.Close() })
	var out strings.Builder
	if err := run(t.Context(), &out, db, sqlstore.PostgreSQL); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != session {
		t.Errorf("got:\n%swant:\n%s", got, session)
	}
}

func open(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
