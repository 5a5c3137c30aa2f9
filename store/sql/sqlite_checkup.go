package sqlstore

import "strings"

var sqliteCheckup = checkup{
	columns: func(n names, table string) *statement {
		// A column's collation shows in its indexes, which are looked at.
		return newStatement("SELECT name, type, '' FROM pragma_table_info(?, ?)", n.prefix+table, sqliteSchema(n))
	},
	keeps:  func(kind, _ string) bool { return strings.EqualFold(kind, "TEXT") },
	remedy: "Make the table anew as sqlstore.Schema says",
	indexes: func(n names, table string) *statement {
		return newStatement("SELECT i.name, x.name, x.coll, i.partial = 0 AND x.coll = 'BINARY' AND x.desc = 0 "+
			"FROM pragma_index_list(?, ?) AS i, pragma_index_xinfo(i.name, ?) AS x WHERE x.key = 1 ORDER BY i.name, x.seqno",
			n.prefix+table, sqliteSchema(n), sqliteSchema(n))
	},
	table: func(n names, table string) *statement {
		return newStatement("SELECT CASE WHEN strict AND wr THEN 'strict, without rowid' WHEN strict THEN 'strict' ELSE 'not strict' END "+
			"FROM pragma_table_list WHERE schema = ? AND name = ?", sqliteSchema(n), n.prefix+table)
	},
	right:       "strict, without rowid",
	tableFault:  "it is %s: it may keep a value as another type, and another order of rows",
	tableRemedy: "Make the table anew as sqlstore.Schema says",
	settings: "SELECT 'journal_mode', journal_mode FROM pragma_journal_mode " +
		"UNION ALL SELECT 'synchronous', CAST(synchronous AS TEXT) FROM pragma_synchronous " +
		"UNION ALL SELECT 'busy_timeout', CAST(timeout AS TEXT) FROM pragma_busy_timeout " +
		"UNION ALL SELECT 'read_uncommitted', CAST(read_uncommitted AS TEXT) FROM pragma_read_uncommitted",
	checks: []settingCheck{
		{"journal_mode", is("off"), "nothing can be rolled back, and a failed commit stays half done", "Set journal_mode to WAL"},
		{"journal_mode", is("delete", "truncate", "persist"), "readers and writers wait for each other", "Set journal_mode to WAL"},
		{"synchronous", is("0"), "a commit that succeeded may be lost, or the file destroyed, when the power fails", "Set synchronous to NORMAL or FULL"},
		{"busy_timeout", is("0"), "a connection does not wait for other processes", "Set busy_timeout, say to 5000"},
		{"read_uncommitted", is("1"), "a read may see what is then rolled back", "Leave read_uncommitted off"},
	},
}

func sqliteSchema(n names) string {
	if n.schema == "" {
		return "main"
	}
	return n.schema
}
