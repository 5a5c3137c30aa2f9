package sqlstore

import (
	"database/sql"
	"fmt"
)

// Dialect is the kind of a database.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "sqlite"   // 3.37 or newer
	PostgreSQL Dialect = "postgres" // 12 or newer
	MySQL      Dialect = "mysql"    // MySQL 8.0 or newer, MariaDB 10.5 or newer
)

// dialect is all that one database does differently. It is data: what happens
// when is decided elsewhere, once.
type dialect struct {
	numbered  bool   // parameters are $1, $2 … instead of ?
	quote     string // around a schema's name
	rowValues bool   // (a, b) > (?, ?) is answered from an index
	skipScan  bool   // DISTINCT reads all rows of an index unless helped
	paged     string // wraps a SELECT with ORDER BY and LIMIT for a UNION ALL

	// force follows a table's name to have an index used, or is "".
	force string

	// ignoreTaken ends the INSERT of a head. Where it is empty a head that is
	// already there is a duplicate key, which does no harm to a transaction.
	ignoreTaken string

	// patient stores wait and repeat what the database is too busy for. For
	// databases that do not queue.
	patient bool

	// snapshot makes a transaction in which all reads see the same.
	snapshot sql.TxOptions

	// A migration runs on one connection: begin, acquire, what is to be done,
	// then release, and commit or rollback; "" is left out. acquire and
	// release take the tables' name; acquire returns whether it has the lock.
	// Without begin, whatever a migration does must be repeatable.
	begin, acquire, release, commit, rollback string

	exists func(names) *statement // whether, or how many, tables are there by the name of names.version

	classify func(error) Class

	// undone, if not nil, reports whether an error of COMMIT that has no class
	// says for certain that nothing was written.
	undone func(error) bool

	checkup checkup
}

var dialects = map[Dialect]*dialect{
	SQLite:     &sqlite,
	PostgreSQL: &postgres,
	MySQL:      &mysql,
}

func (d Dialect) data() (*dialect, error) {
	if data := dialects[d]; data != nil {
		return data, nil
	}
	return nil, fmt.Errorf("sqlstore: there is no dialect %q", string(d))
}
