// Package sqlstore keeps tenants in SQLite, PostgreSQL, or MySQL and MariaDB.
//
//	db, err := sql.Open("sqlite", "rbac.db") // the host's driver and pool
//	…
//	err = sqlstore.Migrate(ctx, db, sqlstore.SQLite, nil) // when deploying
//	…
//	st, err := sqlstore.New(db, sqlstore.SQLite, nil)
//
// The package imports no driver: the host brings its *sql.DB, and keeps it.
// Any driver serves that speaks the database's own SQL; the tests run on
// modernc.org/sqlite, mattn/go-sqlite3, jackc/pgx, lib/pq and
// go-sql-driver/mysql.
//
// # Tables
//
// Six tables, named with [Options].Prefix: tenant (one row a tenant, its
// head), role, assignment, membership, log (one row a commit) and schema (what
// was migrated). Every primary key of the first five begins with the tenant,
// so they shard by tenant. They are meant to be read by people: kinds and
// states are words, permissions are JSON arrays of names, times are
// microseconds since 1970, UTC, and 0 is an open end. SCHEMA.md, beside this
// file, describes every column, and has SELECTs for who holds what, for what a
// user may do and for what changed.
//
// The log grows with each commit until [Store.Compact] shortens it.
//
// A change made by hand is safe if the same transaction also moves the head:
//
//	UPDATE rbac_tenant SET revision = revision + 1, commit_id = '' WHERE id = 'acme'
//
// # How it stays correct
//
// A commit writes the head row first, on condition that it is the expected
// one. That is one lock, taken first, and the only thing relied on; no
// isolation level is. Each reading statement brings the head it belongs to, in
// the same statement, so that a page is never torn, and answers of several
// statements are known to belong together when their heads are the same.
//
// # Settings of the database that matter
//
// SQLite: use journal_mode WAL and a busy_timeout; without them it works, and
// waits more. A database in memory needs a pool of one connection. MySQL and
// MariaDB: sql_mode must be strict, which is the default; interpolateParams in
// the DSN saves a round trip a statement. Clients that show binary columns in
// hexadecimal are told otherwise with --skip-binary-as-hex. Galera: a node
// sees the commits of another only with wsrep_sync_wait. PostgreSQL: the
// database's encoding must be UTF8. [Store.Doctor] checks all this.
//
// No state of a session is used, so that poolers in transaction mode serve.
// Behind one, the driver must not keep prepared statements of its own, unless
// the pooler knows about them: jackc/pgx takes default_query_exec_mode=exec in
// the DSN for that.
package sqlstore
