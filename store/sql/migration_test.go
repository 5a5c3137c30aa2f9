package sqlstore

import (
	"strings"
	"testing"
)

func TestSchema(t *testing.T) {
	t.Parallel()
	for dialect := range dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			text, err := Schema(dialect, &Options{Prefix: "x_", Schema: "app"})
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsAny(text, "{}") {
				t.Errorf("something was not replaced:\n%s", text)
			}
			if strings.Contains(text, "rbac_") {
				t.Errorf("a name is without its prefix:\n%s", text)
			}
			for _, key := range tableKeys {
				if !strings.Contains(text, "x_"+key.table+" (") || !strings.Contains(text, "("+strings.Join(key.columns, ", ")+")") && len(key.columns) > 1 {
					t.Errorf("no table %s with key %v", key.table, key.columns)
				}
			}
		})
	}
	if _, err := Schema("oracle", nil); err == nil {
		t.Error("there is a schema for no dialect")
	}
	if _, err := Schema(SQLite, &Options{Prefix: "-"}); err == nil {
		t.Error("there is a schema with a bad prefix")
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	all, err := migrations(SQLite)
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{kind: SQLite, dialect: &sqlite}
	if rest, err := s.missing(nil); err != nil || len(rest) != len(all)-1 || rest[0].version != 1 {
		t.Errorf("of nothing: %v, %v", rest, err)
	}
	applied := make(map[int]string)
	for _, m := range all[1:] {
		applied[m.version] = m.checksum
	}
	if rest, err := s.missing(applied); err != nil || len(rest) != 0 {
		t.Errorf("of all: %v, %v", rest, err)
	}
	applied[len(all)] = "later"
	if _, err := s.missing(applied); err == nil {
		t.Error("a newer schema is taken")
	}
}
