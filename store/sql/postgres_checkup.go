package sqlstore

var postgresCheckup = checkup{
	columns: func(n names, table string) *statement {
		return newStatement("SELECT CAST(a.attname AS TEXT), format_type(a.atttypid, NULL), CAST(COALESCE(c.collname, '') AS TEXT) "+
			"FROM pg_attribute AS a LEFT JOIN pg_collation AS c ON c.oid = a.attcollation "+
			"WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped", n.qualifier+n.prefix+table)
	},
	keeps: func(kind, collation string) bool {
		return kind == "text" && (collation == "C" || collation == "POSIX" || collation == "ucs_basic")
	},
	remedy: `ALTER the column to TYPE TEXT COLLATE "C"`,
	indexes: func(n names, table string) *statement {
		return newStatement("SELECT CAST(x.relname AS TEXT), CAST(a.attname AS TEXT), '', i.indisvalid AND i.indpred IS NULL "+
			"FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_attribute AS a ON a.attrelid = i.indexrelid "+
			"WHERE i.indrelid = to_regclass(?) ORDER BY x.relname, a.attnum", n.qualifier+n.prefix+table)
	},
	table: func(n names, table string) *statement {
		return newStatement("SELECT CASE relpersistence WHEN 'p' THEN 'logged' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END "+
			"FROM pg_class WHERE oid = to_regclass(?)", n.qualifier+n.prefix+table)
	},
	right:       "logged",
	tableFault:  "it is %s: its rows are lost when the server stops badly",
	tableRemedy: "ALTER TABLE … SET LOGGED",
	settings: "SELECT name, setting FROM pg_settings WHERE name IN " +
		"('server_encoding', 'client_encoding', 'fsync', 'full_page_writes', 'synchronous_commit', 'default_transaction_read_only')",
	checks: []settingCheck{
		{"server_encoding", isNot("UTF8"), "identifiers of other alphabets are refused or kept as other ones", "Make the database with ENCODING 'UTF8'"},
		{"client_encoding", isNot("UTF8"), "texts are converted on their way", "Leave client_encoding at UTF8"},
		{"fsync", is("off"), "the database may be destroyed when the power fails", "Set fsync to on"},
		{"full_page_writes", is("off"), "the database may be destroyed when the power fails", "Set full_page_writes to on"},
		{"synchronous_commit", is("off"), "a commit that succeeded may be lost, and its revision be used again, when the server stops badly", "Set synchronous_commit to on"},
		{"default_transaction_read_only", is("on"), "every commit fails", "Connect to the primary"},
	},
}
