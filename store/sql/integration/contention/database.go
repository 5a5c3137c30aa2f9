package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
	"github.com/seed80bc5f17/rbac/store/sql/integration/internal/server"
)

// database is one to measure, with empty tables.
type database struct {
	name, version, module string
	at                    place
	db                    *sql.DB
	close                 func()
	cells                 int // measured
}

// place is what a process needs to know to get there.
type place struct {
	Dialect     sqlstore.Dialect
	Driver, DSN string
	Schema      string // "" = the connection's own
}

func (p place) options() *sqlstore.Options { return &sqlstore.Options{Schema: p.Schema} }

// table returns a table's name as SQL takes it.
func (p place) table(name string) string {
	if p.Schema != "" {
		return p.Schema + ".rbac_" + name
	}
	return "rbac_" + name
}

// open returns a pool that keeps its connections.
func (p place) open(connections int) (*sql.DB, error) {
	db, err := sql.Open(p.Driver, p.DSN)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

const schema = "rbac_contention"

// openers open the databases, by name.
var openers = []struct {
	name string
	open func(context.Context) (*database, error)
}{
	{"SQLite", sqlite},
	{"PostgreSQL", postgres},
	{"MariaDB", mariadb},
}

// databases returns those that there are, or the one of the given name, and
// says on standard error which there are not.
func databases(ctx context.Context, only string) ([]*database, error) {
	var all []*database
	for _, o := range openers {
		if only != "" && only != o.name {
			continue
		}
		d, err := o.open(ctx)
		if errors.Is(err, server.ErrAbsent) {
			fmt.Fprintln(os.Stderr, "left out:", err)
			continue
		}
		if err == nil {
			d.name = o.name
			all = append(all, d)
			err = d.prepare(ctx)
		}
		if err != nil {
			closeAll(all)
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, errors.New("there is no database to measure")
	}
	return all, nil
}

func closeAll(ds []*database) {
	for _, d := range ds {
		d.close()
	}
}

func sqlite(context.Context) (*database, error) {
	dir, err := os.MkdirTemp("", "rbac-contention-")
	if err != nil {
		return nil, err
	}
	return &database{
		version: "SELECT sqlite_version()", module: "modernc.org/sqlite",
		at: place{
			Dialect: sqlstore.SQLite, Driver: "sqlite",
			DSN: "file:" + filepath.Join(dir, "rbac.db") + "?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)",
		},
		close: func() { os.RemoveAll(dir) },
	}, nil
}

func postgres(ctx context.Context) (*database, error) {
	dsn, stop, err := dsnOf(ctx, "RBAC_TEST_POSTGRES_DSN", server.PostgreSQL)
	return &database{
		version: "SHOW server_version", module: "github.com/jackc/pgx/v5",
		at:    place{Dialect: sqlstore.PostgreSQL, Driver: "pgx", DSN: dsn, Schema: schema},
		close: stop,
	}, err
}

func mariadb(ctx context.Context) (*database, error) {
	dsn, stop, err := dsnOf(ctx, "RBAC_TEST_MYSQL_DSN", server.MariaDB)
	return &database{
		version: "SELECT VERSION()", module: "github.com/go-sql-driver/mysql",
		at:    place{Dialect: sqlstore.MySQL, Driver: "mysql", DSN: dsn, Schema: schema},
		close: stop,
	}, err
}

func dsnOf(ctx context.Context, variable string, k server.Kind) (dsn string, stop func(), err error) {
	if dsn := os.Getenv(variable); dsn != "" {
		return dsn, func() {}, nil
	}
	s, err := k.Start(ctx)
	if err != nil {
		return "", nil, err
	}
	return s.DSN, s.Stop, nil
}

// prepare makes tables, to be gone when d is closed, and finds the version out.
func (d *database) prepare(ctx context.Context) (err error) {
	if d.db, err = d.at.open(4); err != nil {
		return err
	}
	stop := d.close
	d.close = func() { d.db.Close(); stop() }
	if d.at.Schema != "" {
		drop := "DROP SCHEMA IF EXISTS " + schema
		if d.at.Dialect == sqlstore.PostgreSQL {
			drop += " CASCADE"
		}
		for _, text := range []string{drop, "CREATE SCHEMA " + schema} {
			if _, err := d.db.ExecContext(ctx, text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		d.close = func() { _, _ = d.db.Exec(drop); d.db.Close(); stop() }
	}
	if err := sqlstore.Migrate(ctx, d.db, d.at.Dialect, d.at.options()); err != nil {
		return err
	}
	return d.db.QueryRowContext(ctx, d.version).Scan(&d.version)
}
