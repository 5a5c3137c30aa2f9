package sqlstore

import (
	"strconv"
	"strings"
)

const mysqlTable = " WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ?"

var mysqlCheckup = checkup{
	columns: func(n names, table string) *statement {
		return newStatement("SELECT column_name, data_type, COALESCE(collation_name, '') FROM information_schema.columns"+mysqlTable, n.schema, n.prefix+table)
	},
	// Of the collations ascii_bin is used for words that are constants.
	keeps: func(kind, collation string) bool {
		return strings.EqualFold(kind, "varbinary") || collation == "ascii_bin"
	},
	remedy: "MODIFY the column as sqlstore.Schema says",
	indexes: func(n names, table string) *statement {
		return newStatement("SELECT index_name, column_name, '', sub_part IS NULL FROM information_schema.statistics"+
			mysqlTable+" ORDER BY index_name, seq_in_index", n.schema, n.prefix+table)
	},
	table: func(n names, table string) *statement {
		return newStatement("SELECT COALESCE(engine, '') FROM information_schema.tables"+mysqlTable, n.schema, n.prefix+table)
	},
	right:       "InnoDB",
	tableFault:  "its engine is %s: commits are not atomic, and two can both succeed",
	tableRemedy: "ALTER TABLE … ENGINE = InnoDB",
	settings: "SHOW VARIABLES WHERE Variable_name IN ('sql_mode', 'wsrep_on', 'wsrep_sync_wait', 'transaction_isolation', 'tx_isolation', " +
		"'character_set_client', 'innodb_flush_log_at_trx_commit', 'read_only')",
	checks: []settingCheck{
		{"sql_mode", notStrict, "values that do not fit are cut instead of refused", "Add STRICT_TRANS_TABLES to sql_mode"},
		{"wsrep_sync_wait", readsBehind, "on this Galera node a read may miss a commit that another node has acknowledged", "Set wsrep_sync_wait to 1 or more for the program's connections"},
		{"transaction_isolation", is("READ-UNCOMMITTED"), "a read may see what is then rolled back", "Set transaction_isolation to READ-COMMITTED or above"},
		{"tx_isolation", is("READ-UNCOMMITTED"), "a read may see what is then rolled back", "Set tx_isolation to READ-COMMITTED or above"},
		{"character_set_client", isNot("utf8mb4"), "names and reasons cannot have all characters", "Connect with utf8mb4, the drivers' default"},
		{"innodb_flush_log_at_trx_commit", isNot("1", "3"), "a commit that succeeded may be lost, and its revision be used again, when the server stops badly", "Set innodb_flush_log_at_trx_commit to 1"},
		{"read_only", is("ON", "1"), "every commit fails", "Connect to the primary"},
	},
}

func notStrict(value string, _ map[string]string) bool {
	return !strings.Contains(value, "STRICT_TRANS_TABLES") && !strings.Contains(value, "STRICT_ALL_TABLES")
}

func readsBehind(value string, all map[string]string) bool {
	wait, err := strconv.Atoi(value)
	return strings.EqualFold(all["wsrep_on"], "ON") && err == nil && wait&1 == 0
}
