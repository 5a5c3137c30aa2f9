package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

var _ store.Doctor = (*Store)(nil)

// Finding is something about a database that makes a store unsafe, unreliable
// or slow.
type Finding = store.Finding

// checkup is what a dialect's doctor looks at.
type checkup struct {
	// columns lists a table's columns: name, type, collation.
	columns func(n names, table string) *statement

	// keeps says whether a column of that type and collation keeps apart all
	// texts that differ, and orders them by their bytes.
	keeps  func(kind, collation string) bool
	remedy string // for one that does not

	// indexes lists the columns of a table's indexes, in order: index,
	// column, collation, and whether the index is of use (it is complete, of
	// all rows and of whole values).
	indexes func(n names, table string) *statement

	// table returns one word about a table, which should be right.
	table       func(n names, table string) *statement
	right       string
	tableFault  string
	tableRemedy string

	// settings lists names and values.
	settings string
	checks   []settingCheck
}

// settingCheck is a rule about the database's settings.
type settingCheck struct {
	name    string
	wrong   func(value string, all map[string]string) bool
	problem string
	remedy  string
}

// tableKey is an index that a table needs.
type tableKey struct {
	table   string // without the prefix
	columns []string
}

var tableKeys = []tableKey{
	{"tenant", []string{"id"}},
	{"role", []string{"tenant_id", "id"}},
	{"assignment", []string{"tenant_id", "subject_kind", "subject_id", "role_id"}},
	{"assignment", []string{"tenant_id", "role_id", "subject_kind", "subject_id"}},
	{"membership", []string{"tenant_id", "group_id", "member_kind", "member_id"}},
	{"membership", []string{"tenant_id", "member_kind", "member_id", "group_id"}},
	{"log", []string{"tenant_id", "revision"}},
}

// Doctor looks at the schema, the collations, engines and indexes of the
// tables, and at the settings of the connection it happens to get, and returns
// what is wrong with them. It reads only the database's catalogues. No
// findings is good news; an error is no news.
func (s *Store) Doctor(ctx context.Context) ([]Finding, error) {
	var findings []Finding
	f := func(r runner) error {
		findings = nil
		switch err := s.fits(ctx, r); {
		case errors.Is(err, ErrSchema):
			findings = append(findings, Finding{
				Object: s.names.version, Problem: err.Error(), Remedy: "Run sqlstore.Migrate of the version in use",
			})
		case err != nil:
			return err
		}
		for _, examine := range []func(context.Context, runner) ([]Finding, error){s.examineTables, s.examineSettings} {
			found, err := examine(ctx, r)
			if err != nil {
				return err
			}
			findings = append(findings, found...)
		}
		return nil
	}
	var err error
	if s.host != nil {
		err = s.readHost(ctx, f)
	} else {
		err = s.patiently(ctx, func() error { return f(s.db) })
	}
	if err != nil {
		return nil, s.explain(ctx, "doctor", "", err)
	}
	return findings, nil
}

func (s *Store) examineTables(ctx context.Context, r runner) ([]Finding, error) {
	var findings []Finding
	seen := ""
	for _, key := range tableKeys {
		if key.table != seen {
			seen = key.table
			found, err := s.examineTable(ctx, r, key.table)
			if err != nil {
				return nil, err
			}
			findings = append(findings, found...)
		}
		found, err := s.examineIndexes(ctx, r, key)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

// examineTable looks at a table and those of its columns that identify.
func (s *Store) examineTable(ctx context.Context, r runner, table string) ([]Finding, error) {
	c := &s.dialect.checkup
	full := s.names.qualifier + s.names.prefix + table
	type column struct{ kind, collation string }
	columns := make(map[string]column)
	err := s.dialect.query(ctx, r, c.columns(s.names, table), func(scan func(...any) error) error {
		var name string
		var col column
		err := scan(&name, &col.kind, &col.collation)
		columns[name] = col
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return []Finding{{Object: full, Problem: "the table does not exist", Remedy: "Run sqlstore.Migrate"}}, nil
	}
	var findings []Finding
	err = s.dialect.query(ctx, r, c.table(s.names, table), func(scan func(...any) error) error {
		var word string
		err := scan(&word)
		if err == nil && word != c.right {
			findings = append(findings, Finding{Object: full, Problem: fmt.Sprintf(c.tableFault, word), Remedy: c.tableRemedy})
		}
		return err
	})
	for _, name := range identifying(table) {
		if col := columns[name]; !c.keeps(col.kind, col.collation) {
			findings = append(findings, Finding{
				Object:  full + "." + name,
				Problem: fmt.Sprintf("it is %q with collation %q: identifiers that differ may be taken for the same one, or come in another order", col.kind, col.collation),
				Remedy:  c.remedy,
			})
		}
	}
	return findings, err
}

// identifying returns the table's text columns that are compared.
func identifying(table string) []string {
	var names []string
	for _, key := range tableKeys {
		if key.table == table {
			names = append(names, key.columns...)
		}
	}
	if table == "tenant" {
		names = append(names, "commit_id")
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "revision" })
}

func (s *Store) examineIndexes(ctx context.Context, r runner, key tableKey) ([]Finding, error) {
	columns := make(map[string][]string)
	useless := make(map[string]bool)
	collations := make(map[string]string)
	c := &s.dialect.checkup
	err := s.dialect.query(ctx, r, c.indexes(s.names, key.table), func(scan func(...any) error) error {
		var index, column, collation string
		var useful bool
		err := scan(&index, &column, &collation, &useful)
		columns[index] = append(columns[index], column)
		if collation != "" {
			collations[index] = collation
		}
		useless[index] = useless[index] || !useful
		return err
	})
	if err != nil {
		return nil, err
	}
	for index, have := range columns {
		if len(have) >= len(key.columns) && slices.Equal(have[:len(key.columns)], key.columns) && !useless[index] {
			return nil, nil
		}
	}
	return []Finding{{
		Object:  s.names.qualifier + s.names.prefix + key.table,
		Problem: "it has no index on (" + strings.Join(key.columns, ", ") + "), or none that can be used: what reads by it reads the whole table",
		Remedy:  "Make it as sqlstore.Schema says",
	}}, nil
}

func (s *Store) examineSettings(ctx context.Context, r runner) ([]Finding, error) {
	settings := make(map[string]string)
	err := s.dialect.query(ctx, r, newStatement(s.dialect.checkup.settings), func(scan func(...any) error) error {
		var name, value string
		err := scan(&name, &value)
		settings[name] = value
		return err
	})
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, check := range s.dialect.checkup.checks {
		if value, ok := settings[check.name]; ok && check.wrong(value, settings) {
			findings = append(findings, Finding{
				Object: fmt.Sprintf("%s = %q", check.name, value), Problem: check.problem, Remedy: check.remedy,
			})
		}
	}
	return findings, nil
}

// is returns a rule's condition.
func is(bad ...string) func(string, map[string]string) bool {
	return func(value string, _ map[string]string) bool {
		return slices.ContainsFunc(bad, func(b string) bool { return strings.EqualFold(b, value) })
	}
}

// isNot returns a rule's condition.
func isNot(good ...string) func(string, map[string]string) bool {
	return func(value string, all map[string]string) bool { return !is(good...)(value, all) }
}
