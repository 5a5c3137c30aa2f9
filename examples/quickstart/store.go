package main

import (
	"context"
	"database/sql"
	"net/url"

	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go

	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// openStore returns the store in a SQLite file, made if it does not exist, and
// what closes it.
func openStore(ctx context.Context, path string) (*sqlstore.Store, func() error, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, nil, err
	}
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite, nil); err != nil {
		db.Close()
		return nil, nil, err
	}
	st, err := sqlstore.New(db, sqlstore.SQLite, nil)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return st, db.Close, nil
}
