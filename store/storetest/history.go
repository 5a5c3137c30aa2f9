package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/seed80bc5f17/rbac/store"
)

var historyCases = []Case{
	{
		Name: "history/at random",
		Rule: "Whatever was committed, a store answers like the plain model of it.",
		Check: func(ctx context.Context, s store.Store) error {
			for seed := range uint64(4) {
				t := newTenant(ctx, s, fmt.Sprint("tenant-", seed))
				random := rand.New(rand.NewPCG(seed, 0))
				for step := range 40 {
					walkOn(t, random)
					if step%8 == 7 {
						t.audit()
					}
					if t.err != nil {
						return fmt.Errorf("seed %d, step %d: %w", seed, step, t.err)
					}
				}
			}
			return nil
		},
	},
}

// walkOn makes some commits, or tries one that must be refused, and reads.
func walkOn(t *tenant, random *rand.Rand) {
	before := t.model
	switch random.IntN(12) {
	case 0:
		t.refused(store.ErrConflict, store.Head{Revision: t.head.Revision, Commit: "other"}, drawn(before, random))
	case 1:
		if len(t.roles) > 0 {
			t.refused(store.ErrCorrupt, t.head, drawn(before, random), both(erase(), remove(t.roles[0])))
		}
	case 2:
		if random.IntN(3) == 0 {
			t.commit(erase())
		}
	default:
		var cs []store.Commit
		m := before
		for range 1 + random.IntN(3) {
			c := drawn(m, random)
			cs = append(cs, c)
			m = m.after(c)
		}
		t.commit(cs...)
	}
	someone := store.Subject{Kind: kinds[1+random.IntN(2)], ID: fmt.Sprint("s", random.IntN(6))}
	t.loads(store.Selection{Model: random.IntN(2) == 0, Subjects: []store.Subject{someone, user("s0")}, AllUpTo: random.IntN(40)})
	after := store.Key{Subject: someone}
	q := store.Query{
		List: store.List(1 + random.IntN(3)), Kind: kinds[random.IntN(3)], Rows: store.Rows(random.IntN(3)),
		At: now + int64(random.IntN(3)), Limit: 1 + random.IntN(9), Count: random.IntN(4) == 0,
	}
	switch q.List {
	case store.Assignments:
		after.Role = fmt.Sprint("r", random.IntN(4))
		if random.IntN(2) == 0 {
			q.Role = after.Role
		}
	case store.Memberships:
		q.Rows, after.Group = store.AllRows, fmt.Sprint("s", random.IntN(6))
		if random.IntN(2) == 0 {
			q.Group = after.Group
		}
	case store.Groups:
		q.Kind, q.Rows, after = "", store.AllRows, groupKey(someone.ID)
	}
	if random.IntN(3) > 0 {
		q.After = after
	}
	t.scans(q)
	t.logs(store.LogQuery{Backward: true, Before: uint64(random.IntN(40)), Limit: 1 + random.IntN(5)})
	t.logs(store.LogQuery{After: before.head, Limit: 1 + random.IntN(3)})
}

// drawn returns a commit that is possible on m: some records of few possible
// keys, inserted where there are none, else replaced or deleted.
func drawn(m *model, random *rand.Rand) store.Commit {
	var c store.Commit
	seen := make(map[any]bool) // a commit names each record at most once
	for range 1 + random.IntN(6) {
		subject := store.Subject{Kind: kinds[1+random.IntN(2)], ID: fmt.Sprint("s", random.IntN(6))}
		r, a, b := role(fmt.Sprint("r", random.IntN(4))), holds(subject, fmt.Sprint("r", random.IntN(4))), belongs(subject, fmt.Sprint("s", random.IntN(6)))
		r.Version, a.Until, b.Reason = random.Uint64N(9), now*int64(random.IntN(2))+int64(random.IntN(3)), fmt.Sprint(random.IntN(9))
		switch random.IntN(3) {
		case 0:
			draw(&c, seen, random, m.roles, r, compareRoles, r.ID)
		case 1:
			draw(&c, seen, random, m.assignments, a, compareAssignments, assignmentKey(a))
		case 2:
			draw(&c, seen, random, m.memberships, b, compareMemberships, membershipKey(b))
		}
	}
	return c
}

func draw[T any](c *store.Commit, seen map[any]bool, random *rand.Rand, rows []T, row T, compare func(a, b T) int, key any) {
	if seen[key] {
		return
	}
	seen[key] = true
	found := filter(rows, func(r T) bool { return compare(r, row) == 0 })
	switch {
	case len(found) == 0:
		add(c, nil, row)
	case random.IntN(2) == 0:
		add(c, found[0], nil)
	default:
		add(c, found[0], row)
	}
}
