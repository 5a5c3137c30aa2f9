package storetest

import (
	"context"
	"fmt"

	"github.com/seed80bc5f17/rbac/store"
)

const (
	ruleModel    = "Model asks for all roles, all memberships of groups in groups, and all assignments of groups: what is small in a tenant with many users."
	ruleSubjects = "Subjects asks for these subjects' own assignments, and for their memberships in groups (not the members they have)."
	ruleAllUpTo  = "AllUpTo asks for every assignment and membership if together they are at most so many; State.All then says so. Zero never asks."
	ruleOnce     = "State is what Load brings, all of one revision. No row comes twice."
)

var loadCases = []Case{
	{
		Name: "load/nothing",
		Rule: "State.Head, and State.Time of the head's commit; 0 if never written.",
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			t.loads(store.Selection{})
			c := insert(role("late"))
			c.Time = now + 12_345_678
			t.commit(c)
			t.loads(store.Selection{})
			// Times may go back: the head's counts, not the greatest.
			c, d := insert(role("later")), insert(role("last"))
			c.Time, d.Time = now+9, now-1
			t.commit(c, d)
			t.loads(store.Selection{})
			return t.err
		},
	},
	{
		Name: "load/model",
		Rule: ruleModel,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			t.loads(store.Selection{Model: true})
			return t.err
		},
	},
	{
		Name: "load/subjects",
		Rule: ruleSubjects,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			for _, one := range append(t.subjects(), user("nobody"), group("nobody")) {
				t.loads(store.Selection{Subjects: []store.Subject{one}})
				t.loads(store.Selection{Subjects: []store.Subject{one}, Model: true})
				for _, two := range t.subjects() {
					t.loads(store.Selection{Subjects: []store.Subject{one, two}})
				}
			}
			return t.err
		},
	},
	{
		Name: "load/a subject twice",
		Rule: ruleOnce,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			ann, bob, eng := user("ann"), user("bob"), group("eng")
			t.loads(store.Selection{Subjects: []store.Subject{ann, ann}})
			t.loads(store.Selection{Subjects: []store.Subject{ann, bob, eng, ann, eng, ann}})
			t.loads(store.Selection{Subjects: []store.Subject{ann, bob, ann}, Model: true})
			return t.err
		},
	},
	{
		Name: "load/groups with the model",
		Rule: ruleOnce,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			t.loads(store.Selection{Model: true, Subjects: []store.Subject{group("eng"), group("all"), user("ann")}})
			t.loads(store.Selection{Model: true, Subjects: t.subjects()})
			return t.err
		},
	},
	{
		Name: "load/all up to",
		Rule: ruleAllUpTo,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			rows := len(t.assignments) + len(t.memberships)
			for _, upTo := range []int{0, 1, len(t.assignments), len(t.memberships), rows - 1, rows, rows + 1, 1_000_000} {
				t.loads(store.Selection{AllUpTo: upTo})
				t.loads(store.Selection{AllUpTo: upTo, Model: true})
			}
			// The count follows the rows.
			t.commit(insert(holds(user("new"), "r1")))
			t.loads(store.Selection{AllUpTo: rows})
			t.loads(store.Selection{AllUpTo: rows + 1})
			t.commit(remove(holds(user("new"), "r1")))
			t.loads(store.Selection{AllUpTo: rows})
			return t.err
		},
	},
	{
		Name: "load/all of the one kind",
		Rule: ruleAllUpTo,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			t.commit(insert(role("r1")))
			t.loads(store.Selection{AllUpTo: 1})
			t.commit(insert(holds(user("ann"), "r1"), holds(user("bob"), "r1")))
			t.loads(store.Selection{AllUpTo: 1})
			t.loads(store.Selection{AllUpTo: 2})
			t.commit(both(remove(holds(user("ann"), "r1"), holds(user("bob"), "r1")), insert(belongs(user("ann"), "eng"), belongs(user("bob"), "eng"))))
			t.loads(store.Selection{AllUpTo: 1})
			t.loads(store.Selection{AllUpTo: 2})
			return t.err
		},
	},
	{
		Name: "load/everything asked at once",
		Rule: ruleOnce,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			rows := len(t.assignments) + len(t.memberships)
			for _, upTo := range []int{rows - 1, rows} {
				t.loads(store.Selection{AllUpTo: upTo, Subjects: t.subjects()})
				t.loads(store.Selection{AllUpTo: upTo, Subjects: t.subjects(), Model: true})
			}
			return t.err
		},
	},
	{
		Name: "load/many subjects",
		Rule: ruleSubjects,
		Check: func(ctx context.Context, s store.Store) error {
			t := loaded(ctx, s)
			subjects := make([]store.Subject, 2500)
			for i := range subjects {
				subjects[i] = user(fmt.Sprintf("nobody-%04d", i))
			}
			subjects[0], subjects[1], subjects[1300], subjects[2499] = user("ann"), group("eng"), user("bob"), user("cid")
			t.loads(store.Selection{Subjects: subjects})
			return t.err
		},
	},
}

// loaded returns the tenant acme with users and groups that hold roles, are
// members, and have members, in all combinations; among them a user and a
// group of one id, and holders of a role that is not stored.
func loaded(ctx context.Context, s store.Store) *tenant {
	t := newTenant(ctx, s, "acme")
	t.commit(insert(role("r1"), role("r2"), role("r3")))
	t.commit(insert(
		holds(user("ann"), "r1"), holds(user("ann"), "r2"), holds(user("bob"), "r1"), holds(user("eng"), "admin"),
		holds(group("eng"), "r1"), holds(group("eng"), "r3"), holds(group("all"), "r2"), holds(group("solo"), "admin")))
	t.commit(insert(
		belongs(user("ann"), "eng"), belongs(user("ann"), "ops"), belongs(user("cid"), "eng"), belongs(user("eng"), "ops"),
		belongs(group("eng"), "all"), belongs(group("ops"), "all"), belongs(group("eng"), "ops"), belongs(user("dan"), "all")))
	return t
}
