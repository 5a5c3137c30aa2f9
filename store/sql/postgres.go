package sqlstore

import "database/sql"

var postgres = dialect{
	numbered:    true,
	quote:       `"`,
	rowValues:   true,
	skipScan:    true,
	paged:       "(%s)",
	ignoreTaken: " ON CONFLICT DO NOTHING",
	// READ COMMITTED, the default, takes a new snapshot for each statement.
	snapshot: sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	// The lock ends with the transaction, so it is safe behind a pooler. It
	// comes first: CREATE TABLE IF NOT EXISTS fails when two run at once.
	begin:    "BEGIN",
	acquire:  "SELECT pg_advisory_xact_lock(hashtextextended(?, 0)) IS NOT NULL",
	commit:   "COMMIT",
	rollback: "ROLLBACK",
	exists: func(n names) *statement {
		return newStatement("SELECT to_regclass(?) IS NOT NULL", n.version)
	},
	classify: classifyPostgres,
	checkup:  postgresCheckup,
}

func classifyPostgres(err error) Class {
	switch sqlState(err) {
	case "40001": // serialization_failure
		return Stale
	case "40P01", "55P03": // deadlock_detected, lock_not_available
		return Transient
	case "23505": // unique_violation
		return Duplicate
	}
	return Unclassified
}
