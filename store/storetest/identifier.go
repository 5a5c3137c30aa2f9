package storetest

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

const ruleIdentifier = "Every identifier reaching a store has been validated; a store keeps it byte for byte, and keeps apart what differs in any byte."

// identifiers are valid ones that collations, trimming, normalization,
// escapes or careless statements take for each other or for something else.
var identifiers = []string{
	"admin", "Admin", "ADMIN", "ádmin", "a\u0301dmin", "admın", "admin\u00a0", "admin\u200b", "admin\u00ad", "аdmin", // the last with a Cyrillic а
	"a", "a\u00a0", "A", "ａ", "ª", "ä", "a\u0308", "ae", "æ", "ß", "ss", "SS", "ſ", "s", "K", "\u212a", "k",
	"a b", "a  b", "a\u00a0b", "a\u2003b", "ab", "a-b", "a_b", "a.b",
	"1", "01", "1.0", "1e0", "0", "-0", "null", "NULL", "true", "nil",
	"%", "_", "%%", "a%", "a_", "*", "?", "[a]", "a\\", "a\\\\", "\\0", "a\\0", "a\\0b", "\\x00", "%00", "\u2400",
	"'", "''", "\"", "`", "' OR '1'='1", "'; DROP TABLE rbac_role; --", "\" OR \"\"=\"", "/*", "--", "#", ";", "$1", ":a", "@a", "?1", "%s", "{}",
	"a/b", "a:b", "a|b", "a,b", "a\\b", "/", ":", "..", "../a", "a/../b", "a/",
	"😀", "😁", "\U0010fffd", "\ufffd", "\ufeffa", "日本", "日本語", "İ", "i", "I", "ı", "i\u0307",
}

// long are identifiers of 255 bytes that differ only in the last one, and
// their common prefix.
var long = []string{
	strings.Repeat("x", 254) + "a", strings.Repeat("x", 254) + "b", strings.Repeat("x", 254) + "A", strings.Repeat("x", 254),
	strings.Repeat("é", 127) + "a", strings.Repeat("é", 127) + "b", strings.Repeat("😀", 63) + "aaa", strings.Repeat("😀", 63) + "aab",
	strings.Repeat("x", 128), strings.Repeat("x", 127), strings.Repeat("x", 64), strings.Repeat("x", 63),
}

var identifierCases = []Case{
	{
		Name: "identifier/users",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			return subjectsApart(ctx, s, store.User, identifiers)
		},
	},
	{
		Name: "identifier/groups",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			return subjectsApart(ctx, s, store.Group, identifiers)
		},
	},
	{
		Name: "identifier/long users",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			return subjectsApart(ctx, s, store.User, long)
		},
	},
	{
		Name: "identifier/long groups",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			return subjectsApart(ctx, s, store.Group, long)
		},
	},
	{
		Name: "identifier/roles",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			var rows []any
			for i, id := range identifiers {
				r, a := role(id), holds(user("ann"), id)
				r.Name, a.GrantedAt = "Role", now+int64(i)
				rows = append(rows, r, a)
			}
			t.commit(insert(rows...))
			t.audit()
			for i, id := range identifiers {
				t.scans(store.Query{List: store.Assignments, Role: id, Limit: 10})
				if i%7 == 0 {
					t.commit(remove(rows[2*i], rows[2*i+1]))
					t.loads(store.Selection{Model: true, AllUpTo: 1000})
				}
			}
			return t.err
		},
	},
	{
		Name: "identifier/tenants",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			return tenantsApart(ctx, s, identifiers)
		},
	},
	{
		Name: "identifier/long tenants",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			x, e := strings.Repeat("x", 127), strings.Repeat("é", 63)
			return tenantsApart(ctx, s, []string{x + "a", x + "b", x + "A", x, e + "aa", e + "ab", x[:64], x[:63]})
		},
	},
	{
		Name: "identifier/user and group of one id",
		Rule: `User "eng" and group "eng" are different subjects.`,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			u, g := user("eng"), group("eng")
			t.commit(insert(holds(u, "r1"), belongs(u, "all")))
			t.audit()
			t.loads(store.Selection{Subjects: []store.Subject{g}})
			t.commit(insert(holds(g, "r1"), belongs(g, "all"), holds(g, "r2"), belongs(user("ann"), "eng")))
			t.audit()
			for _, subject := range []store.Subject{u, g} {
				t.loads(store.Selection{Subjects: []store.Subject{subject}})
			}
			t.commit(remove(holds(u, "r1"), belongs(g, "all")))
			t.audit()
			return t.err
		},
	},
	{
		Name: "identifier/separators",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			for _, sep := range []string{"/", ":", "|", ",", " ", "-", ".", "\\", "'", "\u00a0"} {
				left, right := "a"+sep+"b", "b"+sep+"c"
				t.commit(insert(
					holds(user(left), "c"), holds(user("a"), right), holds(group(left), "c"), holds(group("a"), right),
					belongs(user(left), "c"), belongs(user("c"), left), belongs(user(right), "a"), belongs(user("a"), right),
					belongs(group(left), "c"), belongs(group("c"), left), belongs(group(right), "a"), belongs(group("a"), right)))
				t.loads(store.Selection{Subjects: []store.Subject{user("a"), user(left), group("a")}})
				t.scans(store.Query{List: store.Assignments, Role: "c", Limit: 100})
				t.scans(store.Query{List: store.Memberships, Group: "a", Limit: 100})
				t.commit(remove(
					holds(user(left), "c"), belongs(user(left), "c"), belongs(user(right), "a"),
					holds(group(left), "c"), holds(user("a"), right), holds(group("a"), right),
					belongs(user("c"), left), belongs(user("a"), right), belongs(group("c"), left), belongs(group(right), "a"), belongs(group("a"), right)))
				t.audit()
			}
			return t.err
		},
	},
	{
		Name: "identifier/as text of records",
		Rule: ruleIdentifier,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			var rows []any
			for _, id := range slices.Concat(identifiers, long) {
				a, m := holds(user(id), "r1"), belongs(user(id), "eng")
				a.GrantedBy, m.AddedBy = id, id
				rows = append(rows, a, m)
			}
			r := role("r1")
			r.CreatedBy, r.SetBy = long[0], long[1]
			c := insert(append(rows, r)...)
			c.Actor = long[2]
			t.commit(c)
			t.audit()
			return t.err
		},
	},
}

// subjectsApart gives each id a row of each sort, which differ, and sees that
// they stay apart in every answer and when rows go again.
func subjectsApart(ctx context.Context, s store.Store, kind store.Kind, ids []string) error {
	t := newTenant(ctx, s, "acme")
	rows := make(map[string][]any, len(ids))
	var all []any
	for i, id := range ids {
		a, m := holds(store.Subject{Kind: kind, ID: id}, "r1"), belongs(store.Subject{Kind: kind, ID: id}, "eng")
		a.GrantedAt, m.AddedAt = now+int64(i), now+int64(i)
		rows[id] = []any{a, m}
		if kind == store.Group {
			rows[id] = append(rows[id], belongs(user("ann"), id))
		}
		all = append(all, rows[id]...)
	}
	t.commit(insert(all...))
	t.audit()
	for i, id := range ids {
		t.loads(store.Selection{Subjects: []store.Subject{{Kind: kind, ID: id}}})
		if kind == store.Group {
			t.scans(store.Query{List: store.Memberships, Group: id, Limit: 10})
		}
		if i%7 == 0 {
			t.commit(remove(rows[id]...))
			t.loads(store.Selection{AllUpTo: 1000})
		}
	}
	t.audit()
	return t.err
}

// tenantsApart writes to a tenant of each name and sees that they stay apart.
func tenantsApart(ctx context.Context, s store.Store, names []string) error {
	var tenants []*tenant
	for _, name := range names {
		t := newTenant(ctx, s, name)
		t.hasHead() // never written, whatever the others are
		t.commit(insert(role("r"+strconv.Itoa(len(tenants))), holds(user("ann"), "r1"), belongs(user("ann"), "eng")))
		tenants = append(tenants, t)
	}
	for i, t := range tenants {
		t.audit()
		if i%7 == 0 {
			t.commit(erase())
		}
	}
	for _, t := range tenants {
		t.hasHead()
		t.loads(store.Selection{Model: true, AllUpTo: 10})
	}
	return firstError(tenants...)
}
