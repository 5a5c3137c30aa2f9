//go:build cgo

package integration

import (
	_ "github.com/mattn/go-sqlite3"

	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// The SQLite of C is the one that most programs have.
func init() {
	databases = append(databases,
		database{"sqlite3/file", sqlstore.SQLite, sqliteFile("sqlite3", "")},
		database{"sqlite3/wal", sqlstore.SQLite, sqliteFile("sqlite3", "?_journal_mode=WAL")},
		database{"sqlite3/memory", sqlstore.SQLite, sqliteMemory("sqlite3")},
	)
}
