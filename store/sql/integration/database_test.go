package integration

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"

	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// database is a way to get at a database: a dialect, a driver, a DSN.
type database struct {
	name    string
	dialect sqlstore.Dialect

	// fresh returns an empty place for tables, and how to name it.
	fresh func(tb testing.TB) (place, *sqlstore.Options)
}

// place is where tables are: a pool, and the DSN to open another one.
type place struct {
	*sql.DB
	dsn string
}

var databases = []database{
	{"sqlite/file", sqlstore.SQLite, sqliteFile("sqlite", "")},
	{"sqlite/wal", sqlstore.SQLite, sqliteFile("sqlite", "?_pragma=journal_mode(wal)&_pragma=busy_timeout(1000)")},
	{"sqlite/memory", sqlstore.SQLite, sqliteMemory("sqlite")},
	{"postgres/pgx", sqlstore.PostgreSQL, inSchema(postgresServer, "pgx", "")},
	{"postgres/postgres", sqlstore.PostgreSQL, inSchema(postgresServer, "postgres", "")},
	{"mariadb/prepared", sqlstore.MySQL, inSchema(mariadbServer, "mysql", "")},
	{"mariadb/interpolated", sqlstore.MySQL, inSchema(mariadbServer, "mysql", "?interpolateParams=true&clientFoundRows=true")},
}

// oneEach returns one way for each dialect.
func oneEach() []database {
	return slices.DeleteFunc(slices.Clone(databases), func(d database) bool {
		return d.name != "sqlite/wal" && d.name != "postgres/pgx" && d.name != "mariadb/prepared"
	})
}

// on runs f on each of the databases; in short mode on one of each dialect.
func on(t *testing.T, ds []database, f func(t *testing.T, d database)) {
	names := make(map[string]bool)
	for _, d := range oneEach() {
		names[d.name] = true
	}
	for _, d := range ds {
		if testing.Short() && !names[d.name] {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			f(t, d)
		})
	}
}

func open(tb testing.TB, driver, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		// A transaction whose context has ended is rolled back by database/sql
		// on a goroutine of its own.
		for start := time.Now(); db.Stats().InUse != 0; runtime.Gosched() {
			if time.Since(start) > time.Minute {
				tb.Errorf("%d connections are still in use", db.Stats().InUse)
				break
			}
		}
		db.Close()
	})
	return db
}

func sqliteFile(driver, parameters string) func(testing.TB) (place, *sqlstore.Options) {
	return func(tb testing.TB) (place, *sqlstore.Options) {
		// The directory is named after the test, whose name may have a #.
		path := strings.ReplaceAll(filepath.Join(tb.TempDir(), "rbac.db"), "#", "%23")
		dsn := "file:" + path + parameters
		return place{open(tb, driver, dsn), dsn}, nil
	}
}

func sqliteMemory(driver string) func(testing.TB) (place, *sqlstore.Options) {
	return func(tb testing.TB) (place, *sqlstore.Options) {
		db := open(tb, driver, ":memory:")
		db.SetMaxOpenConns(1)
		return place{db, ":memory:"}, nil
	}
}

// pools are shared by the tests, so that these do not need as many connections
// as there are tests.
var pools sync.Map // driver and DSN → *sql.DB

var schemas atomic.Int64

// inSchema makes a schema, which is a database on MariaDB, for each caller.
func inSchema(s *sharedServer, driver, parameters string) func(testing.TB) (place, *sqlstore.Options) {
	return func(tb testing.TB) (place, *sqlstore.Options) {
		tb.Helper()
		dsn := s.require(tb) + parameters
		db := pool(tb, driver, dsn)
		name := fmt.Sprintf("rbac_test_%d", schemas.Add(1))
		drop := "DROP SCHEMA IF EXISTS " + name
		if driver != "mysql" {
			drop += " CASCADE"
		}
		execute(tb, db, drop, "CREATE SCHEMA "+name)
		tb.Cleanup(func() { execute(tb, db, drop) })
		return place{db, dsn}, &sqlstore.Options{Schema: name}
	}
}

func pool(tb testing.TB, driver, dsn string) *sql.DB {
	key := driver + " " + dsn
	if db, ok := pools.Load(key); ok {
		return db.(*sql.DB)
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	if other, loaded := pools.LoadOrStore(key, db); loaded {
		db.Close()
		return other.(*sql.DB)
	}
	return db
}

// single returns a pool of one connection to a place of its own.
func (d database) single(tb testing.TB) (*sql.DB, *sqlstore.Options) {
	tb.Helper()
	at, opts := d.fresh(tb)
	db := at.DB
	if d.dialect != sqlstore.SQLite {
		db = sql.OpenDB(connector(tb, at))
		tb.Cleanup(func() { db.Close() })
	}
	db.SetMaxOpenConns(1)
	return db, opts
}

// migrated returns a store with empty tables.
func (d database) migrated(tb testing.TB) (*sqlstore.Store, place, *sqlstore.Options) {
	tb.Helper()
	at, opts := d.fresh(tb)
	return d.store(tb, at.DB, opts), at, opts
}

func (d database) store(tb testing.TB, db *sql.DB, opts *sqlstore.Options) *sqlstore.Store {
	tb.Helper()
	if err := sqlstore.Migrate(tb.Context(), db, d.dialect, opts); err != nil {
		tb.Fatal(err)
	}
	s, err := sqlstore.New(db, d.dialect, opts)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// table returns the name of a table as SQL takes it.
func table(opts *sqlstore.Options, name string) string {
	prefix := "rbac_"
	if opts != nil && opts.Prefix != "" {
		prefix = opts.Prefix
	}
	if opts != nil && opts.Schema != "" {
		prefix = opts.Schema + "." + prefix
	}
	return prefix + name
}

func execute(tb testing.TB, db *sql.DB, statements ...string) {
	tb.Helper()
	for _, text := range statements {
		if _, err := db.Exec(text); err != nil {
			tb.Fatalf("%s: %v", text, err)
		}
	}
}

func named(tb testing.TB, name string) database {
	tb.Helper()
	i := slices.IndexFunc(databases, func(d database) bool { return d.name == name })
	if i < 0 {
		tb.Fatalf("there is no %s", name)
	}
	return databases[i]
}
