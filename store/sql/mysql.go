package sqlstore

import "database/sql"

var mysql = dialect{
	quote: "`",
	// The range optimizer does not look into row comparisons.
	rowValues: false,
	// Parentheses, since a derived table would be written out first.
	paged: "(%s)",
	// MariaDB looks the role up and walks over all its rows up to the page's
	// first, though the same index would lead it there.
	force: " FORCE INDEX (%s)",
	// INSERT IGNORE would also ignore that a value is too long, and ON
	// DUPLICATE KEY UPDATE counts rows by a flag of the connection.
	ignoreTaken: "",
	// Set although it is the default: a server can be set to less.
	snapshot: sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	// DDL commits by itself here. The lock is that of one server: on two nodes
	// of a cluster two migrators are safe because all they do is repeatable.
	acquire: "SELECT GET_LOCK(SHA1(?), 3600) = 1",
	release: "DO RELEASE_LOCK(SHA1(?))",
	exists: func(n names) *statement {
		return newStatement("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ?",
			n.schema, n.prefix+"schema")
	},
	classify: classifyMySQL,
	checkup:  mysqlCheckup,
}

func classifyMySQL(err error) Class {
	number, ok := numberField(err, "Number")
	if !ok {
		return Unclassified
	}
	switch number {
	case 1020: // ER_CHECKREAD: MariaDB with innodb_snapshot_isolation
		return Stale
	case 1213, 1205, 3572, 3101: // deadlock, lock wait, NOWAIT, group replication
		return Transient
	case 9007, 8002, 8022: // TiDB: write conflict, its retries are used up
		return Transient
	case 1062: // ER_DUP_ENTRY
		return Duplicate
	}
	return Unclassified
}
