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

// released are the checksums of the migrations in released versions. One that
// has been released is never changed: databases know its checksum, and refuse
// another. What is to change is a new migration, added here when it is
// released.
var released = map[Dialect][]string{
	SQLite: {
		"6485bfdcaf125490e87abdb2e38be596f8bddbe39374a35c95c9e5b7353a98d9",
		"28ec28e47665bb86e966be18201367d4ed722b1195ed244c44b2fe72c2bee59c",
	},
	PostgreSQL: {
		"c68463c9eb1f2ace4e1825c59b465c78d1c587e598e0e5e52291d17ffda62931",
		"ec0799bcac8754d31c064ff490de95ea3499becfc1fb1460d13ce3f984014624",
	},
	MySQL: {
		"eecba56e0addedcffc3ab358566566aa960d028182b39c6f400f12355eb548fb",
		"c969535393458dd23133fdd09e88231f47659c1af94635439ef946ee2b3c95ce",
	},
}

func TestReleasedMigrations(t *testing.T) {
	t.Parallel()
	for dialect := range dialects {
		all, err := migrations(dialect)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) < len(released[dialect]) || len(released[dialect]) == 0 {
			t.Errorf("%s has %d migrations, of which %d were released", dialect, len(all), len(released[dialect]))
			continue
		}
		for version, want := range released[dialect] {
			if m := all[version]; m.checksum != want {
				t.Errorf("%s: the released migration %d (%s) was changed: its checksum is %s, want %s", dialect, version, m.name, m.checksum, want)
			}
		}
	}
}
