package integration

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

const schemaPage = "../SCHEMA.md"

// asked returns the SELECTs of a section of the page, as they are printed.
func asked(t *testing.T, section string) []string {
	t.Helper()
	page, err := os.ReadFile(schemaPage)
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "\n## "+section+"\n")
	if !found {
		t.Fatalf("%s has no section %q", schemaPage, section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var all []string
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(text, -1) {
		all = append(all, block[1])
	}
	return all
}

// about puts what is asked about in the place of the page's examples.
func about(text string, opts *sqlstore.Options, tenant, user string, now time.Time) string {
	return strings.NewReplacer(
		"rbac_", table(opts, ""), "'acme'", "'"+tenant+"'", "'carl'", "'"+user+"'",
		"1780000000000000", strconv.FormatInt(now.UnixMicro(), 10),
	).Replace(text)
}

// rows runs a SELECT, and returns its rows as texts.
func rows(t *testing.T, db *sql.DB, text string) [][]string {
	t.Helper()
	answer, err := db.Query(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer answer.Close()
	columns, err := answer.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for answer.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := answer.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = v.String
		}
		all = append(all, row)
	}
	if err := answer.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// report is a tenant with all that a report could get wrong, and another one
// with the same names and more rights.
type report struct {
	*rbac.Authority
	catalog *rbac.Catalog
	users   []string
	begin   time.Time
}

var support = rbac.Set("app.x", "app.y")

func newReport(t *testing.T, s store.Store) *report {
	t.Helper()
	w := &report{users: []string{"ann", "adam", "a", "Carl", "carl", "dora", "eve", "finn", "gus"}, begin: founded}
	now := founded.Add(-30 * 24 * time.Hour)
	section := rbac.Section{Name: "App", Permissions: []rbac.PermissionInfo{
		{ID: "app.x"}, {ID: "app.y"}, {ID: "app.z"}, {ID: "app.deep"}, {ID: "app.never"}, {ID: "app.gone"}, {ID: "app.close", OwnerOnly: true},
	}}
	over := func(tenant string) *rbac.Authority {
		c, err := rbac.NewCatalog(section)
		if err != nil {
			t.Fatal(err)
		}
		w.catalog = c
		a, err := rbac.New(s, c, &rbac.Options{
			MultiTenant: true, Now: func() time.Time { return now },
			Prebuilt: []rbac.Prebuilt{{ID: "support", Permissions: support}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return a.Tenant(tenant)
	}
	do := func(a *rbac.Authority, actor rbac.Actor, ops ...rbac.Op) {
		t.Helper()
		if _, err := a.Apply(t.Context(), actor, ops...); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	other := over("acme2")
	do(other, host, rbac.Bootstrap("carl"))
	do(other, rbac.As("carl"), rbac.AddMember("a", rbac.User("dora")), giving("eve", rbac.OwnerRole), rbac.AddMember("trap", rbac.Group("a")),
		rbac.Assign(rbac.NewAssignment{Subject: rbac.Group("b"), Role: rbac.AdminRole}))

	a, ann := over("acme"), rbac.As("ann")
	direct, near, deep := making("Direct", "app.x", "rbac.roles.view"), making("Near", "app.y"), making("Deep", "app.deep", "app.gone")
	asleep, frozen, none := making("Asleep", "app.never"), making("Frozen", "app.never"), making("None")
	late, early, trap := making("Late", "app.never"), making("Early", "app.never"), making("Trap", "app.never")
	do(a, host, rbac.Bootstrap("ann"))
	do(a, ann, direct, near, deep, asleep, frozen, none, late, early, trap)
	do(a, ann, rbac.AddMember("a", rbac.User("carl")), rbac.AddMember("b", rbac.Group("a")), rbac.AddMember("c", rbac.Group("b")), rbac.AddMember("c", rbac.Group("a")),
		rbac.AddMember("trap", rbac.User("a")), rbac.AddMember("c", rbac.User("dora")), rbac.AddMember("empty", rbac.User("finn")), rbac.AddMember("x", rbac.Group("carl")))
	to := func(s rbac.Subject, op rbac.Op, from, until time.Time) rbac.Op {
		return rbac.Assign(rbac.NewAssignment{Subject: s, Role: op.RoleID(), From: from, Until: until, Reason: "it's <because>"})
	}
	forever := time.Time{}
	do(a, ann,
		giving("adam", rbac.AdminRole), giving("dora", rbac.UserRole), giving("eve", "support"),
		to(rbac.User("carl"), direct, forever, forever), to(rbac.Group("b"), near, forever, founded.Add(time.Hour)), to(rbac.Group("c"), deep, now, forever),
		to(rbac.User("carl"), asleep, forever, forever), to(rbac.Group("a"), frozen, forever, forever), to(rbac.User("carl"), none, forever, forever),
		to(rbac.User("carl"), late, forever, founded), to(rbac.Group("c"), early, founded.Add(time.Microsecond), forever),
		to(rbac.Group("carl"), late, forever, forever), to(rbac.User("Carl"), near, forever, forever), to(rbac.Group("x"), early, forever, forever),
		to(rbac.Group("c"), direct, forever, forever), to(rbac.Group("trap"), trap, forever, forever), to(rbac.User("a"), trap, forever, forever))
	suspended, blocked := rbac.Suspended, rbac.Blocked
	do(a, ann, rbac.EditRole(rbac.RoleEdit{ID: asleep.RoleID(), Version: 1, Status: &suspended}),
		rbac.EditRole(rbac.RoleEdit{ID: frozen.RoleID(), Version: 1, Status: &blocked}))
	now = founded.Add(-7*24*time.Hour - time.Microsecond) // a week ago, and not
	do(a, ann, rbac.AddMember("week", rbac.User("gus")))
	now = founded.Add(-7 * 24 * time.Hour)
	do(a, ann, rbac.RemoveMember("week", rbac.User("gus")))
	do(a, host, rbac.Grant(near.RoleID(), "app.z"))
	do(other, rbac.As("carl"), rbac.AddMember("week", rbac.User("gus")))
	same := store.Role{ID: string(direct.RoleID()), Name: "The same", Status: "active", Permissions: []string{"app.never"}, Version: 1}
	cs := commits("same")
	cs[0].Roles = []store.Change[store.Role]{{After: &same}}
	if err := s.Commit(t.Context(), "acme2", head(t, s, "acme2"), cs); err != nil {
		t.Fatal(err)
	}
	now = founded
	// A new version of the host knows one permission less.
	section.Permissions = slices.DeleteFunc(section.Permissions, func(p rbac.PermissionInfo) bool { return p.ID == "app.gone" })
	w.Authority = over("acme")
	return w
}

func items[T any](t *testing.T, page rbac.Page[T], err error) []T {
	t.Helper()
	if err != nil || page.Next != "" {
		t.Fatalf("a page: %v, with a next one: %t", err, page.Next != "")
	}
	return page.Items
}

// groupsOf returns the groups that a subject is in, nested ones included.
func (w *report) groupsOf(t *testing.T, s rbac.Subject) []string {
	t.Helper()
	page, err := w.Memberships(t.Context(), host, s, rbac.PageQuery{Limit: 500})
	var all []string
	for _, m := range items(t, page, err) {
		all = append(append(all, m.Group), w.groupsOf(t, rbac.Group(m.Group))...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestWhoHoldsWhat compares the SELECT with what the Authority lists.
func TestWhoHoldsWhat(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, at, opts := d.migrated(t)
		w := newReport(t, s)
		var want [][]string
		for _, user := range w.users {
			for _, group := range append([]string{""}, w.groupsOf(t, rbac.User(user))...) {
				holder := rbac.User(user)
				if group != "" {
					holder = rbac.Group(group)
				}
				page, err := w.Assignments(t.Context(), host, holder, rbac.PageQuery{Limit: 500})
				for _, a := range items(t, page, err) {
					role, err := w.Role(t.Context(), host, a.Role)
					if err != nil {
						t.Fatal(err)
					}
					name, status := role.Name, role.Status.String()
					if role.Kind != rbac.KindCustom {
						name, status = "", ""
					}
					want = append(want, []string{user, group, string(a.Role), name, status, stored(a.From), stored(a.Until), a.GrantedBy})
				}
			}
		}
		slices.SortFunc(want, func(a, b []string) int { return slices.CompareFunc(a[:3], b[:3], cmp.Compare) })
		texts := asked(t, "Who holds what?")
		if len(texts) != 1 {
			t.Fatalf("%d SELECTs", len(texts))
		}
		got := rows(t, at.DB, about(texts[0], opts, "acme", "", founded))
		if diff := gocmp.Diff(want, got); diff != "" || len(got) < 15 {
			t.Errorf("%d rows (-want +got):\n%s", len(got), diff)
		}
	})
}

func stored(at time.Time) string {
	if at.IsZero() {
		return "0"
	}
	return strconv.FormatInt(at.UnixMicro(), 10)
}

// TestWhatMayThisUserDo compares the SELECT, completed with what only code
// knows, with Permissions.
func TestWhatMayThisUserDo(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, at, opts := d.migrated(t)
		w := newReport(t, s)
		texts := asked(t, "What may this user do?")
		text := texts[slices.Index([]sqlstore.Dialect{sqlstore.SQLite, sqlstore.PostgreSQL, sqlstore.MySQL}, d.dialect)]
		sizes := map[string]int{}
		for _, user := range append(w.users, "stranger") {
			want, err := w.Permissions(t.Context(), host, user)
			if err != nil {
				t.Fatal(err)
			}
			got := rbac.Set()
			for _, row := range rows(t, at.DB, about(text, opts, "acme", user, founded)) {
				permission, role, isStored := row[0], rbac.RoleID(row[1]), row[2] == "1" || row[2] == "true"
				sizes[user]++
				switch {
				case isStored && permission != "":
					got = got.Union(rbac.Set(rbac.Permission(permission)).Intersect(w.catalog.Delegable()))
				case role == rbac.OwnerRole:
					got = got.Union(w.catalog.Permissions())
				case role == rbac.AdminRole:
					got = got.Union(w.catalog.Delegable())
				case role == "support":
					got = got.Union(support)
				case permission != "" || !isStored && role != rbac.UserRole:
					t.Errorf("%s: an odd row %q", user, row)
				}
			}
			if !got.Equal(want) {
				t.Errorf("%s: the SELECT says %s, the Authority %s", user, got, want)
			}
		}
		want := map[string]int{"ann": 1, "adam": 1, "a": 1, "Carl": 2, "carl": 7, "dora": 5, "eve": 1}
		if diff := gocmp.Diff(want, sizes); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// TestWhatChangedLastWeek compares the SELECT with the history.
func TestWhatChangedLastWeek(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, at, opts := d.migrated(t)
		w := newReport(t, s)
		page, err := w.History(t.Context(), host, rbac.PageQuery{Limit: 500})
		var want, got []string
		for _, e := range slices.Backward(items(t, page, err)) {
			if e.Time.Before(founded.Add(-7 * 24 * time.Hour)) {
				continue
			}
			want = append(want, fmt.Sprint(e.Revision, e.Time.UnixMicro(), e.User, e.System, len(e.Operations), len(e.Roles), len(e.Assignments), len(e.Memberships)))
		}
		for _, row := range rows(t, at.DB, about(asked(t, "What changed last week?")[0], opts, "acme", "", founded)) {
			var entry struct {
				Actor      struct{ Reason string }
				Operations []any
			}
			var changes struct{ Roles, Assignments, Memberships []any }
			if err := json.Unmarshal([]byte(row[3]), &entry); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(row[4]), &changes); err != nil {
				t.Fatal(err)
			}
			revision, err := strconv.ParseUint(row[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			committed, err := strconv.ParseInt(row[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(revision, committed, row[2], entry.Actor.Reason, len(entry.Operations),
				len(changes.Roles), len(changes.Assignments), len(changes.Memberships)))
		}
		if diff := gocmp.Diff(want, got); diff != "" || len(got) != 2 {
			t.Errorf("%d rows (-want +got):\n%s", len(got), diff)
		}
	})
}

// TestSchemaPage wants every table and column described, the present time to
// be what is said, and every SELECT to be one that is tested.
func TestSchemaPage(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		text, err := os.ReadFile(schemaPage)
		if err != nil {
			t.Fatal(err)
		}
		page := string(text)
		schema, err := sqlstore.Schema(d.dialect, nil)
		if err != nil {
			t.Fatal(err)
		}
		tables := regexp.MustCompile(`(?s)CREATE TABLE (?:IF NOT EXISTS )?(rbac_\w+) \((.*?)\n\)`).FindAllStringSubmatch(schema, -1)
		if len(tables) != 6 {
			t.Errorf("%d tables", len(tables))
		}
		for _, m := range tables {
			_, about, found := strings.Cut(page, "\n`"+m[1]+"`: ")
			if !found {
				t.Errorf("%s is not described", m[1])
			}
			about, _, _ = strings.Cut(about, "\n`rbac_")
			for _, column := range regexp.MustCompile(`(?m)^  ([a-z_]+) +[A-Z]`).FindAllStringSubmatch(m[2], -1) {
				if !strings.Contains(about, "`"+column[1]+"`") {
					t.Errorf("%s.%s is not described", m[1], column[1])
				}
			}
		}
		name := map[sqlstore.Dialect]string{sqlstore.SQLite: "SQLite", sqlstore.PostgreSQL: "PostgreSQL", sqlstore.MySQL: "MySQL, MariaDB"}[d.dialect]
		now := regexp.MustCompile("(?m)^\\| " + name + " \\| `(.*)` \\|$").FindStringSubmatch(page)
		if now == nil {
			t.Fatalf("no present time for %s", name)
		}
		at, _ := d.fresh(t)
		before := time.Now().Add(-24 * time.Hour).UnixMicro()
		answer, err := strconv.ParseInt(rows(t, at.DB, "SELECT "+now[1])[0][0], 10, 64)
		if after := time.Now().Add(24 * time.Hour).UnixMicro(); err != nil || answer < before || answer > after {
			t.Errorf("%s is %d, %v", now[1], answer, err)
		}
		if n := strings.Count(page, "```sql"); n != 5 {
			t.Errorf("%d SELECTs, of which 5 are tested", n)
		}
	})
}
