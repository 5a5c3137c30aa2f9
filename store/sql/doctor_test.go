package sqlstore

import "testing"

// TestSettings judges settings that the databases of other tests do not have.
func TestSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		checkup *checkup
		name    string
		all     map[string]string
		wrong   bool
	}{
		{&mysqlCheckup, "wsrep_sync_wait", map[string]string{"wsrep_on": "ON", "wsrep_sync_wait": "0"}, true},
		{&mysqlCheckup, "wsrep_sync_wait", map[string]string{"wsrep_on": "ON", "wsrep_sync_wait": "6"}, true},
		{&mysqlCheckup, "wsrep_sync_wait", map[string]string{"wsrep_on": "ON", "wsrep_sync_wait": "1"}, false},
		{&mysqlCheckup, "wsrep_sync_wait", map[string]string{"wsrep_on": "ON", "wsrep_sync_wait": "7"}, false},
		{&mysqlCheckup, "wsrep_sync_wait", map[string]string{"wsrep_on": "OFF", "wsrep_sync_wait": "0"}, false},
		{&mysqlCheckup, "sql_mode", map[string]string{"sql_mode": "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES"}, false},
		{&mysqlCheckup, "sql_mode", map[string]string{"sql_mode": "STRICT_ALL_TABLES"}, false},
		{&mysqlCheckup, "sql_mode", map[string]string{"sql_mode": "ANSI"}, true},
		{&mysqlCheckup, "character_set_client", map[string]string{"character_set_client": "utf8mb3"}, true},
		{&postgresCheckup, "server_encoding", map[string]string{"server_encoding": "SQL_ASCII"}, true},
		{&postgresCheckup, "server_encoding", map[string]string{"server_encoding": "UTF8"}, false},
		{&postgresCheckup, "synchronous_commit", map[string]string{"synchronous_commit": "off"}, true},
		{&postgresCheckup, "synchronous_commit", map[string]string{"synchronous_commit": "local"}, false},
		{&sqliteCheckup, "journal_mode", map[string]string{"journal_mode": "off"}, true},
		{&sqliteCheckup, "synchronous", map[string]string{"synchronous": "0"}, true},
		{&sqliteCheckup, "synchronous", map[string]string{"synchronous": "1"}, false},
	}
	for _, test := range tests {
		wrong, known := false, false
		for _, check := range test.checkup.checks {
			if check.name == test.name {
				known = true
				wrong = wrong || check.wrong(test.all[test.name], test.all)
			}
		}
		if !known || wrong != test.wrong {
			t.Errorf("%v: wrong: %t, want %t", test.all, wrong, test.wrong)
		}
	}
}
