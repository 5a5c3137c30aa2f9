package sqlstore

import (
	"database/sql"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		opts    *Options
		dialect Dialect
		want    string // the role table, or what the error says
	}{
		{"nil", nil, SQLite, "rbac_role"},
		{"zero", &Options{}, PostgreSQL, "rbac_role"},
		{"prefix", &Options{Prefix: "a1_"}, MySQL, "a1_role"},
		{"schema", &Options{Schema: "app"}, PostgreSQL, `"app".rbac_role`},
		{"schema that is a word of SQL", &Options{Schema: "user"}, MySQL, "`user`.rbac_role"},
		{"injection by prefix", &Options{Prefix: "x; DROP TABLE y; --"}, SQLite, "table prefix"},
		{"injection by schema", &Options{Schema: `a"."b`}, PostgreSQL, "schema"},
		{"a line after it", &Options{Prefix: "rbac_\n"}, SQLite, "table prefix"},
		{"upper case", &Options{Prefix: "RBAC_"}, PostgreSQL, "table prefix"},
		{"digit first", &Options{Prefix: "1_"}, SQLite, "table prefix"},
		{"long prefix", &Options{Prefix: strings.Repeat("x", 25)}, SQLite, "table prefix"},
		{"long schema", &Options{Schema: strings.Repeat("x", 64)}, SQLite, "schema"},
		{"another dialect", nil, "oracle", "no dialect"},
		{"no dialect", nil, "", "no dialect"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := New(new(sql.DB), test.dialect, test.opts)
			if err != nil {
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("New: %v, want %q", err, test.want)
				}
				return
			}
			if s.names.role != test.want {
				t.Errorf("the role table is %q, want %q", s.names.role, test.want)
			}
		})
	}
	if _, err := New(nil, SQLite, nil); err == nil {
		t.Error("New takes a nil database")
	}
}
