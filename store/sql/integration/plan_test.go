package integration

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// walks matches the lines of a plan that say that a table of ours is read from
// one end to the other, or that a page is found by leaving rows out.
var walks = map[sqlstore.Dialect]*regexp.Regexp{
	sqlstore.SQLite: regexp.MustCompile(`SCAN rbac_|SEARCH rbac_\S* USING .*AUTOMATIC`),
	// Sequential scans are switched off where there is an index to use.
	sqlstore.PostgreSQL: regexp.MustCompile(`Seq Scan on rbac_|Filter: .*(ROW|_id >)`),
	sqlstore.MySQL:      regexp.MustCompile(` rbac_\S* (ALL|index) `),
}

// TestPlans looks at how each database means to carry out what is read: by an
// index, and never by walking over a table.
func TestPlans(t *testing.T) {
	ds := oneEach()
	on(t, ds, func(t *testing.T, d database) {
		at, opts := d.fresh(t)
		db, recorder := record(t, at)
		s := d.store(t, db, opts)
		fill(t, s, "acme", 3000)
		fill(t, s, "globex", 500)
		for i := range 100 {
			if err := s.Commit(t.Context(), fmt.Sprint("tenant-", i), store.Head{}, []store.Commit{{ID: "c", Entry: []byte("{}")}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"tenant", "role", "assignment", "membership", "log"} {
			switch d.dialect {
			case sqlstore.MySQL:
				execute(t, at.DB, "ANALYZE TABLE "+table(opts, name))
			default:
				execute(t, at.DB, "ANALYZE "+table(opts, name))
			}
		}
		for _, r := range reads(s) {
			recorder.take()
			if err := r.read(t); err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
			for _, q := range recorder.take() {
				if !strings.Contains(q.text, "FROM") || q.args == nil {
					continue
				}
				plan := explain(t, d, at, q)
				for _, line := range strings.Split(plan, "\n") {
					if walks[d.dialect].MatchString(line) {
						t.Errorf("%s: the plan has %q:\n%s\n%s", r.name, line, q.text, plan)
					}
				}
			}
		}
	})
}

// read is one way of reading.
type read struct {
	name string
	read func(t *testing.T) error
}

func reads(s *sqlstore.Store) []read {
	load := func(name string, sel store.Selection) read {
		return read{"load " + name, func(t *testing.T) error {
			_, err := s.Load(t.Context(), "acme", sel)
			return err
		}}
	}
	scan := func(name string, q store.Query) read {
		q.Limit = 10
		return read{"scan " + name, func(t *testing.T) error {
			_, err := s.Scan(t.Context(), "acme", q)
			return err
		}}
	}
	ann := store.Subject{Kind: store.User, ID: "user-1500"}
	return []read{
		{"heads", func(t *testing.T) error {
			_, err := s.Heads(t.Context(), []string{"acme", "globex", "never"})
			return err
		}},
		load("model", store.Selection{Model: true}),
		load("subjects", store.Selection{Subjects: []store.Subject{ann, {Kind: store.User, ID: "user-0001"}, {Kind: store.Group, ID: "g-01"}}}),
		load("all up to", store.Selection{AllUpTo: 100}),
		scan("assignments", store.Query{List: store.Assignments}),
		scan("assignments, next", store.Query{List: store.Assignments, After: store.Key{Subject: ann, Role: "r1"}}),
		scan("assignments of users, next", store.Query{List: store.Assignments, Kind: store.User, After: store.Key{Subject: ann, Role: "r1"}}),
		scan("assignments of a role, next", store.Query{List: store.Assignments, Role: "r1", After: store.Key{Subject: ann, Role: "r1"}}),
		scan("expired assignments, next", store.Query{List: store.Assignments, Rows: store.ExpiredRows, At: 5, After: store.Key{Subject: ann}}),
		scan("memberships, next", store.Query{List: store.Memberships, After: store.Key{Group: "g-00", Subject: ann}}),
		scan("members, next", store.Query{List: store.Memberships, Group: "g-00", Kind: store.User, After: store.Key{Group: "g-00", Subject: ann}}),
		scan("groups, next", store.Query{List: store.Groups, After: store.Key{Group: "g-00"}}),
		scan("number of groups", store.Query{List: store.Groups, Count: true}),
		scan("number of members", store.Query{List: store.Memberships, Group: "g-01", Count: true}),
		{"log", func(t *testing.T) error {
			log, err := s.Log(t.Context(), "acme", store.LogQuery{Backward: true, Before: 20, Limit: 1})
			if err == nil {
				_, err = s.Log(t.Context(), "acme", store.LogQuery{After: store.Head{Revision: log[0].Revision, Commit: log[0].ID}, Limit: 2})
			}
			return err
		}},
		{"tenants, next", func(t *testing.T) error {
			_, err := s.Tenants(t.Context(), "acme", 10)
			return err
		}},
		// The last one: it makes the log short.
		{"compact", func(t *testing.T) error {
			_, err := s.Compact(t.Context(), "acme", 1, func([]store.Commit) error { return nil })
			return err
		}},
	}
}

func explain(t *testing.T, d database, at place, q sent) string {
	t.Helper()
	keyword := map[sqlstore.Dialect]string{
		sqlstore.SQLite: "EXPLAIN QUERY PLAN ", sqlstore.PostgreSQL: "EXPLAIN (COSTS OFF) ", sqlstore.MySQL: "EXPLAIN ",
	}[d.dialect]
	args := make([]any, len(q.args))
	for i, a := range q.args {
		args[i] = a.Value
	}
	tx, err := at.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if d.dialect == sqlstore.PostgreSQL {
		// Tables as small as these would else be read whole.
		if _, err := tx.Exec("SET LOCAL enable_seqscan = off"); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := tx.Query(keyword+q.text, args...)
	if err != nil {
		t.Fatalf("%s: %v", q.text, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			fmt.Fprint(&plan, v, " ")
		}
		plan.WriteString("\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// fill writes a tenant with so many users: each holds a role and is a member
// of a group, and there are 20 groups in groups.
func fill(t *testing.T, s *sqlstore.Store, tenant string, users int) {
	t.Helper()
	var c store.Commit
	for i := range users {
		u := store.Subject{Kind: store.User, ID: fmt.Sprintf("user-%04d", i)}
		c.Assignments = append(c.Assignments, store.Change[store.Assignment]{After: &store.Assignment{Subject: u, Role: fmt.Sprint("r", i%3)}})
		c.Memberships = append(c.Memberships, store.Change[store.Membership]{After: &store.Membership{Group: fmt.Sprintf("g-%02d", i%2), Member: u}})
	}
	for i := range 20 {
		g := store.Subject{Kind: store.Group, ID: fmt.Sprintf("g-%02d", i)}
		c.Assignments = append(c.Assignments, store.Change[store.Assignment]{After: &store.Assignment{Subject: g, Role: "r1", Until: 4}})
		c.Memberships = append(c.Memberships, store.Change[store.Membership]{After: &store.Membership{Group: "g-99", Member: g}})
		c.Roles = append(c.Roles, store.Change[store.Role]{After: &store.Role{ID: fmt.Sprint("r", i)}})
	}
	cs := []store.Commit{c}
	for i := range 40 {
		cs = append(cs, store.Commit{ID: fmt.Sprint("c", i)})
	}
	for i := range cs {
		cs[i].ID, cs[i].Entry = fmt.Sprint("c", i), []byte("{}")
	}
	if err := s.Commit(t.Context(), tenant, store.Head{}, cs); err != nil {
		t.Fatal(err)
	}
}

// TestPagesReadLittle counts the rows that MariaDB touches for a page in the
// middle of many, since its plans do not tell.
func TestPagesReadLittle(t *testing.T) {
	for _, d := range databases {
		if d.name != "mariadb/interpolated" {
			continue
		}
		at, opts := d.fresh(t)
		db := sql.OpenDB(connector(t, at))
		defer db.Close()
		db.SetMaxOpenConns(1)
		s := d.store(t, db, opts)
		fill(t, s, "acme", 3000)
		execute(t, db, "ANALYZE TABLE "+table(opts, "assignment"), "ANALYZE TABLE "+table(opts, "membership"))
		for _, r := range reads(s) {
			if !strings.Contains(r.name, "next") || strings.Contains(r.name, "expired") {
				continue
			}
			execute(t, db, "FLUSH STATUS")
			if err := r.read(t); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := db.QueryRow("SELECT SUM(variable_value) FROM information_schema.session_status " +
				"WHERE variable_name LIKE 'HANDLER_READ%' OR variable_name = 'HANDLER_ICP_ATTEMPTS'").Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 200 {
				t.Errorf("%s, a page of 10, took %d steps in the indexes", r.name, n)
			}
		}
	}
}
