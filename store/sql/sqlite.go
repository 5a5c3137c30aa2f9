package sqlstore

import "database/sql"

var sqlite = dialect{
	quote:     `"`,
	rowValues: true,
	skipScan:  true,
	// SQLite takes no parentheses around a part of a UNION.
	paged:       "SELECT * FROM (%s) AS page",
	ignoreTaken: " ON CONFLICT DO NOTHING",
	patient:     true,
	// ReadOnly keeps a driver from BEGIN IMMEDIATE, if the DSN asks for that.
	snapshot: sql.TxOptions{ReadOnly: true},
	// Not BEGIN: one that reads first may not write in the end.
	begin:    "BEGIN IMMEDIATE",
	commit:   "COMMIT",
	rollback: "ROLLBACK",
	exists: func(n names) *statement {
		return newStatement("SELECT COUNT(*) FROM "+n.qualifier+"sqlite_schema WHERE type = 'table' AND name = ?", n.prefix+"schema")
	},
	classify: classifySQLite,
	undone:   undoneSQLite,
	checkup:  sqliteCheckup,
}

func classifySQLite(err error) Class {
	code, ok := resultCode(err)
	if !ok {
		return Unclassified
	}
	switch code {
	case 517: // BUSY_SNAPSHOT
		return Stale
	case 1555, 2067: // CONSTRAINT_PRIMARYKEY, CONSTRAINT_UNIQUE
		return Duplicate
	}
	switch code & 0xff {
	case 5, 6: // BUSY, LOCKED
		return Transient
	}
	return Unclassified
}

// undoneSQLite knows that a COMMIT for which there is no room was rolled back:
// said to be of unknown outcome it would be sent again, as long as the disk is
// full. Of an error of input or output nothing is certain.
func undoneSQLite(err error) bool {
	code, ok := resultCode(err)
	return ok && code&0xff == 13 // FULL
}
