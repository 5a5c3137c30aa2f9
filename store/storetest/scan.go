package storetest

import (
	"context"
	"fmt"

	"github.com/seed80bc5f17/rbac/store"
)

const (
	ruleLists = "Assignments: by (Subject, Role); with Query.Role, that role's only. Memberships: by (Group, Member); with Query.Group, that group's only. Groups: ids of all groups that any row names, by id."
	ruleKind  = "Kind: only subjects, or members, of this kind; \"\" = both."
	ruleRows  = "A row is expired at t if Until is not 0 and Until <= t; otherwise it is live, even if From lies in the future."
	ruleCount = "Count asks for the number of rows that match, from the first one on, and for no rows: After and Limit are ignored."
)

var kinds = []store.Kind{"", store.User, store.Group}

var scanCases = []Case{
	{
		Name: "scan/assignments",
		Rule: ruleLists,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			for _, r := range []string{"", "r1", "r2", "r3", "admin", "none", "r"} {
				t.scans(store.Query{List: store.Assignments, Role: r, Limit: 100})
			}
			return t.err
		},
	},
	{
		Name: "scan/memberships",
		Rule: ruleLists,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			for _, g := range []string{"", "all", "eng", "ops", "solo", "none", "al"} {
				t.scans(store.Query{List: store.Memberships, Group: g, Limit: 100})
			}
			return t.err
		},
	},
	{
		Name: "scan/groups",
		Rule: ruleLists,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			// Each row names a group that no other names, in one of the ways.
			rows := []any{
				holds(group("holder"), "r1"),
				belongs(user("ann"), "joined"),
				belongs(group("member"), "joined"),
				belongs(group("a"), "b"), belongs(group("b"), "c"),
				holds(user("no-group"), "r1"), role("no-group-either"),
			}
			list := store.Query{List: store.Groups, Limit: 100}
			for _, row := range rows {
				t.commit(insert(row))
				t.scans(list)
			}
			t.commit(insert(holds(group("holder"), "r2")))
			// A group leaves the list with the last row that names it.
			for _, row := range append(rows, holds(group("holder"), "r2")) {
				t.commit(remove(row))
				t.scans(list)
			}
			return t.err
		},
	},
	{
		Name: "scan/kind",
		Rule: ruleKind,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			for _, kind := range kinds {
				for _, r := range []string{"", "r1", "admin"} {
					t.pages(store.Query{List: store.Assignments, Kind: kind, Role: r})
				}
				for _, g := range []string{"", "all", "ops", "eng"} {
					t.pages(store.Query{List: store.Memberships, Kind: kind, Group: g})
				}
			}
			return t.err
		},
	},
	{
		Name: "scan/live and expired",
		Rule: ruleRows,
		Check: func(ctx context.Context, s store.Store) error {
			t := windows(ctx, s)
			for _, rows := range []store.Rows{store.AllRows, store.LiveRows, store.ExpiredRows} {
				for _, at := range []int64{now - 1, now, now + 1, now + 9, now + 10, now + 11, 0, 1} {
					t.scans(store.Query{List: store.Assignments, Rows: rows, At: at, Limit: 100})
				}
			}
			return t.err
		},
	},
	{
		Name: "scan/all filters together",
		Rule: ruleLists + " " + ruleKind + " " + ruleRows,
		Check: func(ctx context.Context, s store.Store) error {
			t := windows(ctx, s)
			for _, kind := range kinds {
				for _, rows := range []store.Rows{store.LiveRows, store.ExpiredRows} {
					for _, r := range []string{"", "r0", "r1"} {
						t.pages(store.Query{List: store.Assignments, Role: r, Kind: kind, Rows: rows, At: now + 1})
					}
				}
			}
			return t.err
		},
	},
	{
		Name: "scan/count",
		Rule: ruleCount,
		Check: func(ctx context.Context, s store.Store) error {
			t := windows(ctx, s)
			t.commit(insert(belongs(user("ann"), "eng"), belongs(group("eng"), "all"), belongs(user("bob"), "all")))
			last := store.Key{Subject: user("zzz"), Role: "zzz", Group: "zzz"}
			for _, limit := range []int{0, 1, store.MaxPage} {
				for _, kind := range kinds {
					for _, rows := range []store.Rows{store.AllRows, store.LiveRows, store.ExpiredRows} {
						for _, r := range []string{"", "r1", "none"} {
							after := last
							after.Group = ""
							t.scans(store.Query{List: store.Assignments, Role: r, Kind: kind, Rows: rows, At: now + 1, Limit: limit, After: after, Count: true})
						}
					}
					for _, g := range []string{"", "all", "none"} {
						after := last
						after.Role = ""
						t.scans(store.Query{List: store.Memberships, Group: g, Kind: kind, Limit: limit, After: after, Count: true})
					}
				}
				t.scans(store.Query{List: store.Groups, Limit: limit, After: store.Key{Group: "zzz"}, Count: true})
			}
			return t.err
		},
	},
	{
		Name: "scan/order of bytes",
		Rule: "Subjects are ordered by kind and then by id, bytewise.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			// Orders that languages, UTF-16 and numbers give are others.
			ids := []string{"a", "B", "b", "A", "Z", "z", "ä", "é", "e\u0301", "10", "9", "_", "-", "a b", "a-b", "a.b", "ab", "\uff5e", "\U0001f600", "ß", "ss", "~"}
			var rows []any
			for _, id := range ids {
				rows = append(rows,
					holds(user(id), "r1"), holds(group(id), "r1"), holds(user("a"), "role-"+id),
					belongs(user(id), "eng"), belongs(group(id), "eng"), belongs(user("a"), "group-"+id))
			}
			t.commit(insert(rows...))
			t.scans(store.Query{List: store.Assignments, Limit: 500})
			t.scans(store.Query{List: store.Assignments, Role: "r1", Limit: 500})
			t.scans(store.Query{List: store.Memberships, Limit: 500})
			t.scans(store.Query{List: store.Memberships, Group: "eng", Limit: 500})
			t.scans(store.Query{List: store.Groups, Limit: 500})
			t.walk(store.Query{List: store.Assignments, Limit: 7})
			t.walk(store.Query{List: store.Assignments, Role: "r1", Limit: 3})
			t.walk(store.Query{List: store.Memberships, Limit: 7})
			t.walk(store.Query{List: store.Groups, Limit: 3})
			return t.err
		},
	},
}

// windows returns the tenant acme with assignments whose windows end before,
// at and after now and never, and begin before and after.
func windows(ctx context.Context, s store.Store) *tenant {
	t := newTenant(ctx, s, "acme")
	var rows []any
	for i, until := range []int64{0, now - 1, now, now + 1, now + 10, 1} {
		for j, from := range []int64{0, until - 100, now + 100} {
			if until != 0 && from > until {
				continue
			}
			for _, subject := range []store.Subject{user(fmt.Sprint("u", i, j)), group(fmt.Sprint("g", i, j))} {
				a := holds(subject, fmt.Sprint("r", (i+j)%2))
				a.From, a.Until = max(0, from), until
				rows = append(rows, a)
			}
		}
	}
	t.commit(insert(rows...))
	return t
}

// pages compares the pages of every size, and the count.
func (t *tenant) pages(q store.Query) {
	q.Count = true
	rows := t.scan(q).Count
	t.scans(q)
	q.Count = false
	for q.Limit = 1; q.Limit <= rows+2; q.Limit++ {
		t.walk(q)
	}
}

// walk compares one page after the other until there are no more.
func (t *tenant) walk(q store.Query) {
	for more := true; more && t.err == nil; {
		t.scans(q)
		page := t.scan(q)
		if keys := keysOf(page); len(keys) > 0 {
			q.After = keys[len(keys)-1]
		}
		more = page.More
	}
}

// keysOf returns the keys of the page's rows, in order.
func keysOf(page store.Page) []store.Key {
	var keys []store.Key
	for _, a := range page.Assignments {
		keys = append(keys, assignmentKey(a))
	}
	for _, m := range page.Memberships {
		keys = append(keys, membershipKey(m))
	}
	for _, g := range page.Groups {
		keys = append(keys, groupKey(g))
	}
	return keys
}
