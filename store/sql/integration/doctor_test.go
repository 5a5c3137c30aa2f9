package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// sound are the ways to a database with which the doctor has nothing to find.
func sound() []database {
	var ds []database
	for _, d := range databases {
		if d.name != "sqlite/file" && d.name != "sqlite3/file" && !strings.HasSuffix(d.name, "/memory") {
			ds = append(ds, d)
		}
	}
	return ds
}

func TestDoctorFindsNothing(t *testing.T) {
	on(t, sound(), func(t *testing.T, d database) {
		s, _, _ := d.migrated(t)
		findings, err := s.Doctor(t.Context())
		// The server of these tests is in a hurry, and the doctor is right.
		findings = slices.DeleteFunc(findings, func(f sqlstore.Finding) bool { return f.Object == `fsync = "off"` })
		if err != nil || len(findings) != 0 {
			t.Errorf("Doctor = %v, %v, want nothing", findings, err)
		}
	})
}

func TestDoctorFinds(t *testing.T) {
	tests := []struct {
		database string
		name     string
		sql      []string // {rbac_} is where the tables' names begin
		object   string   // ends with
		problem  string
	}{
		{"sqlite/wal", "no table", []string{"DROP TABLE {rbac_}membership"}, "membership", "does not exist"},
		{"sqlite/wal", "no index", []string{"DROP INDEX rbac_assignment_by_role"}, "assignment", "no index on (tenant_id, role_id, subject_kind, subject_id)"},
		{
			"sqlite/wal", "folding, loose and with rowid",
			[]string{
				"DROP TABLE {rbac_}tenant",
				"CREATE TABLE {rbac_}tenant (id TEXT COLLATE NOCASE PRIMARY KEY, revision INTEGER, commit_id TEXT, committed_at INTEGER)",
			},
			"tenant", "it is not strict",
		},
		{
			"sqlite/wal", "folding",
			[]string{"DROP TABLE {rbac_}tenant", "CREATE TABLE {rbac_}tenant (id TEXT COLLATE NOCASE PRIMARY KEY, revision INTEGER, commit_id TEXT, committed_at INTEGER) STRICT, WITHOUT ROWID"},
			"tenant", "no index on (id)",
		},
		{"sqlite/wal", "unversioned", []string{"DELETE FROM {rbac_}schema"}, "schema", "was not applied"},
		{"sqlite/file", "rollback journal", nil, `journal_mode = "delete"`, "wait for each other"},
		{"sqlite/file", "no timeout", nil, `busy_timeout = "0"`, "does not wait"},

		{"postgres/pgx", "no table", []string{"DROP TABLE {rbac_}log"}, "log", "does not exist"},
		{"postgres/pgx", "no index", []string{"DROP INDEX {rbac_}membership_by_member"}, "membership", "no index on (tenant_id, member_kind, member_id, group_id)"},
		{"postgres/pgx", "linguistic", []string{`ALTER TABLE {rbac_}assignment ALTER subject_id TYPE TEXT COLLATE "default"`}, "assignment.subject_id", `collation "default"`},
		{"postgres/pgx", "padded", []string{`ALTER TABLE {rbac_}role ALTER id TYPE CHAR(64) COLLATE "C"`}, "role.id", "character"},
		{"postgres/pgx", "unlogged", []string{"ALTER TABLE {rbac_}role SET UNLOGGED"}, "role", "it is unlogged"},

		{"mariadb/prepared", "no table", []string{"DROP TABLE {rbac_}role"}, "role", "does not exist"},
		{"mariadb/prepared", "no index", []string{"DROP INDEX rbac_assignment_by_role ON {rbac_}assignment"}, "assignment", "no index on (tenant_id, role_id"},
		{"mariadb/prepared", "folding", []string{"ALTER TABLE {rbac_}role MODIFY id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL"}, "role.id", "utf8mb4_general_ci"},
		{"mariadb/prepared", "padding", []string{"ALTER TABLE {rbac_}membership MODIFY member_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL"}, "membership.member_id", "utf8mb4_bin"},
		{"mariadb/prepared", "engine", []string{"ALTER TABLE {rbac_}tenant ENGINE = MyISAM"}, "tenant", "its engine is MyISAM"},
		{"mariadb/prepared", "cut index", []string{
			"DROP INDEX rbac_membership_by_member ON {rbac_}membership",
			"CREATE INDEX rbac_membership_by_member ON {rbac_}membership (tenant_id, member_kind, member_id(10), group_id)",
		}, "membership", "no index on (tenant_id, member_kind"},
		{"mariadb/prepared", "lax", []string{"SET SESSION sql_mode = ''"}, `sql_mode = ""`, "cut instead of refused"},
		{"mariadb/prepared", "dirty reads", []string{"SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"}, `_isolation = "READ-UNCOMMITTED"`, "rolled back"},
	}
	for _, test := range tests {
		t.Run(test.database+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			d := named(t, test.database)
			db, opts := d.single(t)
			s := d.store(t, db, opts)
			for _, text := range test.sql {
				execute(t, db, strings.ReplaceAll(text, "{rbac_}", table(opts, "")))
			}
			findings, err := s.Doctor(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				if strings.HasSuffix(f.Object, test.object) && strings.Contains(f.Problem, test.problem) && f.Remedy != "" {
					return
				}
			}
			t.Errorf("Doctor = %s\nwant a finding about %s that says %q", fmt.Sprintln(findings), test.object, test.problem)
		})
	}
}

func TestDoctorOnAnEmptyDatabase(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		at, opts := d.fresh(t)
		s, err := sqlstore.New(at.DB, d.dialect, opts)
		if err != nil {
			t.Fatal(err)
		}
		findings, err := s.Doctor(t.Context())
		if err != nil || len(findings) == 0 || !strings.HasPrefix(findings[0].Remedy, "Run sqlstore.Migrate") {
			t.Errorf("Doctor = %v, %v, want the advice to migrate first", findings, err)
		}
	})
}
