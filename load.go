package rbac

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// possessions are what a user was given directly.
type possessions struct {
	user   string
	rows   []store.Assignment
	groups []string
}

// gather sorts by user what was loaded of some, whether they have anything or
// not.
func gather(st *store.State, users []string) []possessions {
	out := make([]possessions, len(users))
	at := make(map[string]*possessions, len(users))
	for i, user := range users {
		out[i].user = user
		at[user] = &out[i]
	}
	for i := range st.Assignments {
		row := &st.Assignments[i]
		if g := at[row.Subject.ID]; g != nil && row.Subject.Kind == store.User {
			g.rows = append(g.rows, grant(row))
		}
	}
	for i := range st.Memberships {
		row := &st.Memberships[i]
		if g := at[row.Member.ID]; g != nil && row.Member.Kind == store.User {
			g.groups = append(g.groups, row.Group)
		}
	}
	return out
}

// grant is what a check needs of an assignment.
func grant(row *store.Assignment) store.Assignment {
	return store.Assignment{Role: row.Role, From: row.From, Until: row.Until}
}

// everybody calls f for each user who has something. The slices are only lent:
// there can be a million users.
func everybody(st *store.State, f func(user string, rows []store.Assignment, groups []string)) {
	rows := ordered(len(st.Assignments), func(i int32) store.Subject { return st.Assignments[i].Subject })
	members := ordered(len(st.Memberships), func(i int32) store.Subject { return st.Memberships[i].Member })
	var mine []store.Assignment
	var groups []string
	for len(rows)+len(members) > 0 {
		var user string
		switch {
		case len(members) == 0:
			user = st.Assignments[rows[0]].Subject.ID
		case len(rows) == 0:
			user = st.Memberships[members[0]].Member.ID
		default:
			user = min(st.Assignments[rows[0]].Subject.ID, st.Memberships[members[0]].Member.ID)
		}
		mine, groups = mine[:0], groups[:0]
		for len(rows) > 0 && st.Assignments[rows[0]].Subject.ID == user {
			mine = append(mine, grant(&st.Assignments[rows[0]]))
			rows = rows[1:]
		}
		for len(members) > 0 && st.Memberships[members[0]].Member.ID == user {
			groups = append(groups, st.Memberships[members[0]].Group)
			members = members[1:]
		}
		f(user, mine, groups)
	}
}

// ordered returns which of n records are about users, by user.
func ordered(n int, subject func(int32) store.Subject) []int32 {
	out := make([]int32, 0, n)
	for i := range int32(n) {
		if subject(i).Kind == store.User {
			out = append(out, i)
		}
	}
	byUser := func(i, j int32) int { return strings.Compare(subject(i).ID, subject(j).ID) }
	if !slices.IsSortedFunc(out, byUser) { // as most stores have them
		slices.SortFunc(out, byUser)
	}
	return out
}

// errMoved says that the tenant changed while parts of it were being read.
var errMoved = errors.New("rbac: the tenant moved on")

// load reads the model, and everybody if they are few, or else the users.
func (c *cell) load(ctx context.Context, from store.Store, users []string) (store.State, *snapshot, error) {
	sel := store.Selection{Model: true, AllUpTo: c.engine.eager}
	for _, user := range users {
		sel.Subjects = append(sel.Subjects, store.Subject{Kind: store.User, ID: user})
	}
	q := c.ask()
	st, err := patiently(ctx, c.engine, c.tenant, func() (store.State, error) { return from.Load(ctx, c.tenant, sel) })
	c.engine.observe(Observation{Event: ObservedLoad, Tenant: c.tenant, Took: c.engine.since(q.sent), Count: len(st.Roles) + len(st.Assignments) + len(st.Memberships), Err: err})
	if err != nil {
		return st, nil, unavailable(err)
	}
	c.mu.Lock()
	s := c.install(st, users, q)
	c.mu.Unlock()
	c.engine.cache.shrink()
	return st, s, nil
}

// catchUp advances the snapshot s to a later head by the log, and returns the
// snapshot at that very head. It is errMoved if the log does not lead there.
func (c *cell) catchUp(ctx context.Context, from store.Store, s *snapshot, head store.Head, q asking) (*snapshot, error) {
	for s.head != head {
		behind := head.Revision - s.head.Revision
		if head.Revision <= s.head.Revision || behind > uint64(max(store.MaxPage, s.users.Len())) {
			return nil, errMoved
		}
		query := store.LogQuery{After: s.head, Limit: int(min(behind, store.MaxPage))}
		commits, err := patiently(ctx, c.engine, c.tenant, func() ([]store.Commit, error) { return from.Log(ctx, c.tenant, query) })
		switch {
		case errors.Is(err, store.ErrCompacted):
			return nil, errMoved
		case err != nil:
			return nil, unavailable(err)
		case len(commits) == 0:
			return nil, errMoved
		}
		for i := range commits { // a hole would be a state that never was
			if commits[i].Revision != s.head.Revision+uint64(i)+1 {
				return nil, unavailable(store.ErrCorrupt)
			}
		}
		c.mu.Lock()
		cur := c.snap.Load()
		if cur != nil && cur.head == s.head {
			c.apply(s.head, commits)
			cur = c.snap.Load()
			if cur.head == head {
				cur = c.renew(cur, q)
			}
		}
		c.mu.Unlock()
		c.engine.cache.shrink()
		if cur == nil || cur.head.Revision <= s.head.Revision || cur.head.Revision > head.Revision {
			return nil, errMoved
		}
		s = cur
	}
	return s, nil
}

// fetch reads one user of a tenant whose model is loaded, and returns a
// snapshot that has them. It is errMoved if the two could not be brought to
// the same revision.
func (c *cell) fetch(ctx context.Context, user string) (*snapshot, error) {
	sel := store.Selection{Subjects: []store.Subject{{Kind: store.User, ID: user}}}
	q := c.ask()
	from := c.engine.store
	st, err := patiently(ctx, c.engine, c.tenant, func() (store.State, error) { return from.Load(ctx, c.tenant, sel) })
	c.engine.observe(Observation{Event: ObservedLoad, Tenant: c.tenant, Took: c.engine.since(q.sent), Count: len(st.Assignments) + len(st.Memberships), Err: err})
	if err != nil {
		return nil, unavailable(err)
	}
	g := gather(&st, []string{user})[0]
	if s := c.place(g, st.Head, q); s != nil {
		c.engine.cache.shrink()
		return s, nil
	}
	s := c.snap.Load()
	if s == nil || s.head.Revision >= st.Head.Revision {
		return nil, errMoved
	}
	if _, err := c.catchUp(ctx, from, s, st.Head, q); err != nil && !errors.Is(err, errMoved) {
		return nil, err
	}
	if s := c.place(g, st.Head, q); s != nil {
		c.engine.cache.shrink()
		return s, nil
	}
	return nil, errMoved
}

// place adds what was read of a user at a head, if the snapshot is at that
// head or at one since when nothing of the user has changed.
func (c *cell) place(g possessions, head store.Head, q asking) *snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.snap.Load()
	switch {
	case s == nil:
		return nil
	case s.head == head:
		return c.add(c.renew(s, q), g)
	case c.untouched(g.user, head, s.head):
		return c.add(s, g)
	}
	return nil
}
