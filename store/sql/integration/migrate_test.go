package integration

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

func TestMigrateFromNothing(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		at, opts := d.fresh(t)
		s, err := sqlstore.New(at.DB, d.dialect, opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Heads(t.Context(), []string{"acme"}); !errors.Is(err, sqlstore.ErrSchema) || !strings.Contains(err.Error(), "run sqlstore.Migrate") {
			t.Fatalf("before Migrate: %v, want ErrSchema saying what to run", err)
		}
		if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); !errors.Is(err, sqlstore.ErrSchema) {
			t.Fatalf("before Migrate: %v, want ErrSchema", err)
		}
		for range 2 {
			if err := sqlstore.Migrate(t.Context(), at.DB, d.dialect, opts); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSchema makes the tables from the text, as somebody with a migration tool
// of their own does.
func TestSchema(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		at, opts := d.fresh(t)
		text, err := sqlstore.Schema(d.dialect, opts)
		if err != nil {
			t.Fatal(err)
		}
		for statement := range strings.SplitSeq(text, ";\n") {
			if strings.TrimSpace(statement) != "" {
				execute(t, at.DB, statement)
			}
		}
		s, err := sqlstore.New(at.DB, d.dialect, opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
			t.Fatal(err)
		}
		if err := sqlstore.Migrate(t.Context(), at.DB, d.dialect, opts); err != nil {
			t.Fatal(err)
		}
	})
}

func TestMigrateAtOnce(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		at, opts := d.fresh(t)
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				if err := sqlstore.Migrate(t.Context(), at.DB, d.dialect, opts); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		var n int
		if err := at.QueryRow("SELECT COUNT(*) FROM " + table(opts, "schema")).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d migrations are noted (%v), want 1", n, err)
		}
	})
}

func TestMigrateRefuses(t *testing.T) {
	tests := []struct {
		name string
		sql  string // %s is the table of versions
		want string
	}{
		{"another checksum", "UPDATE %s SET checksum = 'beef' WHERE version = 1", "one of them was changed"},
		{"a newer schema", "INSERT INTO %s (version, name, checksum, applied_at) VALUES (2, 'later', 'beef', 1)", "run a newer program"},
	}
	on(t, oneEach(), func(t *testing.T, d database) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				_, at, opts := d.migrated(t)
				execute(t, at.DB, strings.ReplaceAll(test.sql, "%s", table(opts, "schema")))
				err := sqlstore.Migrate(t.Context(), at.DB, d.dialect, opts)
				if !errors.Is(err, sqlstore.ErrSchema) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("Migrate: %v, want ErrSchema with %q", err, test.want)
				}
				s, err := sqlstore.New(at.DB, d.dialect, opts)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Heads(t.Context(), nil); !errors.Is(err, sqlstore.ErrSchema) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("Heads: %v, want ErrSchema with %q", err, test.want)
				}
			})
		}
	})
}

// TestMigrateAfterBreak starts where a migrator was killed between making the
// tables and noting that.
func TestMigrateAfterBreak(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		if d.dialect != sqlstore.MySQL {
			t.Skip("here a migration is one transaction")
		}
		_, at, opts := d.migrated(t)
		execute(t, at.DB, "DROP TABLE "+table(opts, "log"), "DELETE FROM "+table(opts, "schema"))
		s := d.store(t, at.DB, opts)
		if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTwoStoresByPrefix(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		one, at, opts := d.migrated(t)
		other := &sqlstore.Options{Prefix: "other_"}
		if opts != nil {
			other.Schema = opts.Schema
		}
		two := d.store(t, at.DB, other)
		if err := one.Commit(t.Context(), "acme", store.Head{}, commits("c1")); err != nil {
			t.Fatal(err)
		}
		if heads, err := two.Heads(t.Context(), []string{"acme"}); err != nil || heads[0] != (store.Head{}) {
			t.Errorf("the other store has %v, %v", heads, err)
		}
	})
}
