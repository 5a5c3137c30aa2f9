package storetest

import (
	"context"
	"fmt"

	"github.com/seed80bc5f17/rbac/store"
)

const (
	ruleAfter = "After: only rows after this key, which need not exist; the zero Key is before all."
	ruleMore  = "A store never shortens a page without setting More: there are rows after the last one here."
	rulePage  = "The page is of one revision, which it names; the next page may be of a later one."
)

// lists are the queries in the order of whose answers pages are cut.
var lists = []store.Query{
	{List: store.Assignments},
	{List: store.Assignments, Role: "r1"},
	{List: store.Memberships},
	{List: store.Memberships, Group: "eng"},
	{List: store.Groups},
}

var pageCases = []Case{
	{
		Name: "page/every size",
		Rule: ruleAfter + " " + ruleMore,
		Check: func(ctx context.Context, s store.Store) error {
			t := paged(ctx, s)
			for _, q := range lists {
				t.pages(q)
			}
			return t.err
		},
	},
	{
		Name: "page/more, exactly",
		Rule: ruleMore,
		Check: func(ctx context.Context, s store.Store) error {
			t := paged(ctx, s)
			for _, q := range lists {
				q.Count = true
				rows := t.scan(q).Count
				q.Count = false
				for _, q.Limit = range []int{rows - 1, rows, rows + 1} {
					t.scans(q)
				}
			}
			// Rows that the filter leaves out are not more.
			old, early := holds(user("zz-expired"), "r1"), holds(user("a-live"), "r9")
			old.Until = now - 1
			t.commit(insert(old, early, holds(user("b-live"), "r9"), belongs(user("zz"), "zz"), belongs(group("aa"), "zz")))
			for limit := 1; limit <= 3; limit++ {
				t.scans(store.Query{List: store.Assignments, Role: "r9", Limit: limit})
				t.scans(store.Query{List: store.Assignments, Kind: store.Group, Limit: limit})
				t.scans(store.Query{List: store.Memberships, Group: "zz", Kind: store.Group, Limit: limit})
				t.scans(store.Query{List: store.Memberships, Group: "zz", Kind: store.User, Limit: limit})
				t.scans(store.Query{List: store.Memberships, Kind: store.Group, Limit: limit})
			}
			all := t.scan(store.Query{List: store.Assignments, Rows: store.LiveRows, At: now, Count: true}).Count
			t.scans(store.Query{List: store.Assignments, Rows: store.LiveRows, At: now, Limit: all})
			return t.err
		},
	},
	{
		Name: "page/after a key that is not there",
		Rule: ruleAfter,
		Check: func(ctx context.Context, s store.Store) error {
			t := paged(ctx, s)
			var keys []store.Key
			for _, id := range []string{"", "a", "u3", "u3+", "u03", "zzz", "\U0010fffd"} {
				for _, other := range []string{"", "a", "g3", "r1", "r1+", "zzz"} {
					keys = append(keys, store.Key{Subject: user(id), Role: other, Group: other}, store.Key{Subject: group(id), Role: other, Group: other})
				}
			}
			for _, q := range lists {
				for _, q.After = range keys {
					q.Limit = 4
					switch q.List {
					case store.Assignments:
						q.After.Group = ""
						if q.Role != "" {
							q.After.Role = q.Role
						}
					case store.Memberships:
						q.After.Role = ""
						if q.Group != "" {
							q.After.Group = q.Group
						}
					case store.Groups:
						q.After.Subject, q.After.Role = store.Subject{}, ""
					}
					t.scans(q)
				}
			}
			return t.err
		},
	},
	{
		Name: "page/the last key was deleted meanwhile",
		Rule: ruleAfter,
		Check: func(ctx context.Context, s store.Store) error {
			t := paged(ctx, s)
			for i := 0; len(t.assignments) > 0 && len(t.memberships) > 0 && t.err == nil; i++ {
				a, m := t.assignments[i*5%len(t.assignments)], t.memberships[i*3%len(t.memberships)]
				t.commit(remove(a, m))
				t.scans(store.Query{List: store.Assignments, After: assignmentKey(a), Limit: 3})
				t.scans(store.Query{List: store.Assignments, Role: a.Role, After: assignmentKey(a), Limit: 3})
				t.scans(store.Query{List: store.Memberships, After: membershipKey(m), Limit: 3})
				t.scans(store.Query{List: store.Memberships, Group: m.Group, After: membershipKey(m), Limit: 3})
				t.scans(store.Query{List: store.Groups, After: groupKey(m.Group), Limit: 3})
			}
			return t.err
		},
	},
	{
		Name: "page/names its head",
		Rule: rulePage,
		Check: func(ctx context.Context, s store.Store) error {
			t := paged(ctx, s)
			for i, q := range lists {
				q.Limit = 2
				t.scans(q)
				if keys := keysOf(t.scan(q)); len(keys) > 0 {
					q.After = keys[len(keys)-1]
				}
				t.commit(insert(holds(user(fmt.Sprint("u9", i)), "r1"), belongs(user(fmt.Sprint("u9", i)), "eng"), holds(user(fmt.Sprint("a", i)), "r1")))
				t.walk(q)
			}
			return t.err
		},
	},
	{
		Name: "page/of the largest size",
		Rule: "MaxPage is the largest Limit of a Query or LogQuery.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			var rows []any
			for i := range store.MaxPage + 1 {
				rows = append(rows, holds(user(fmt.Sprint("u", i)), "r1"), belongs(user("ann"), fmt.Sprint("g", i)))
			}
			t.commit(insert(rows...))
			for _, list := range []store.List{store.Assignments, store.Memberships, store.Groups} {
				t.walk(store.Query{List: list, Limit: store.MaxPage})
			}
			return t.err
		},
	},
}

// paged returns the tenant acme with more rows than fit on small pages, whose
// keys share their parts in every way.
func paged(ctx context.Context, s store.Store) *tenant {
	t := newTenant(ctx, s, "acme")
	var rows []any
	for _, id := range []string{"u1", "u2", "u3"} {
		for _, other := range []string{"1", "2", "3"} {
			rows = append(rows, holds(user(id), "r"+other), belongs(user(id), "g"+other))
		}
		rows = append(rows, holds(group(id), "r1"), holds(group(id), "r2"), belongs(group(id), "g1"), belongs(user(id), "eng"), belongs(group(id), "eng"))
	}
	t.commit(insert(rows...))
	return t
}
