package rbac

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// reading is a tenant at one head while more and more of it is read.
type reading struct {
	a     *Authority
	store store.Store // to read from
	snap  *snapshot   // the model is in it
	state *state
	now   int64 // max(clock, time of the head's commit)
	clock int64 // the process clock alone
}

// open reads the tenant as of now: the model, and the given users. The cell's
// snapshot serves for the model if the store names its head, or a later one
// that the log leads to.
func (a *Authority) open(ctx context.Context, from store.Store, users map[string]bool) (*reading, error) {
	var st store.State
	var snap *snapshot
	for n := 0; snap == nil; n++ {
		cur := a.cell.snap.Load()
		if cur == nil || n >= maxCatchUps {
			var err error
			if st, snap, err = a.cell.load(ctx, from, slices.Sorted(maps.Keys(users))); err != nil {
				return nil, err
			}
			break
		}
		q := a.cell.ask()
		sel := store.Selection{Subjects: userSubjects(users)}
		var err error
		st, err = patiently(ctx, a.engine, a.tenant, func() (store.State, error) { return from.Load(ctx, a.tenant, sel) })
		if err != nil {
			return nil, unavailable(err)
		}
		if cur.head == st.Head {
			a.cell.mu.Lock()
			if cur == a.cell.snap.Load() {
				a.cell.renew(cur, q)
			}
			a.cell.mu.Unlock()
			snap = cur
		} else if snap, err = a.cell.catchUp(ctx, from, cur, st.Head, q); err != nil && !errors.Is(err, errMoved) {
			return nil, err
		}
	}
	r := &reading{a: a, store: from, snap: snap}
	r.state = snap.base.over()
	r.state.facts = &facts{}
	r.take(st, users)
	r.clock = a.now().UnixMicro()
	r.now = max(r.clock, snap.time)
	return r, nil
}

// maxCatchUps is how often the tenant may be elsewhere than the snapshot
// before everything is read at once.
const maxCatchUps = 2

// fresh refuses a state older than AtLeast asked for, or of another history.
func (a *Authority) fresh(head store.Head) error {
	if !a.want.met(head) {
		return ErrStale
	}
	return nil
}

func userSubjects(users map[string]bool) []store.Subject {
	out := make([]store.Subject, 0, len(users))
	for _, u := range slices.Sorted(maps.Keys(users)) {
		out = append(out, store.Subject{Kind: store.User, ID: u})
	}
	return out
}

// take adds what was loaded of users.
func (r *reading) take(s store.State, users map[string]bool) {
	for i := range s.Assignments {
		if row := &s.Assignments[i]; row.Subject.Kind == store.User && users[row.Subject.ID] {
			r.state.putRow(row.Subject, RoleID(row.Role), row)
		}
	}
	for i := range s.Memberships {
		if row := &s.Memberships[i]; row.Member.Kind == store.User && users[row.Member.ID] {
			r.state.putMember(row.Group, row.Member, row)
		}
	}
	for u := range users {
		note(&r.state.facts.users, u)
	}
}

// more reads what a decision missed, at the same head, or returns errMoved.
func (r *reading) more(ctx context.Context) error {
	f := r.state.facts
	missing := f.missing
	f.missing = needs{}
	if len(missing.users) > 0 {
		s, err := patiently(ctx, r.a.engine, r.a.tenant, func() (store.State, error) {
			return r.store.Load(ctx, r.a.tenant, store.Selection{Subjects: userSubjects(missing.users)})
		})
		if err != nil {
			return unavailable(err)
		}
		if s.Head != r.snap.head {
			return errMoved
		}
		r.take(s, missing.users)
	}
	for role := range missing.counts {
		q := store.Query{List: store.Assignments, Role: string(role), Rows: store.LiveRows, At: r.now, Count: true}
		page, err := r.page(ctx, q)
		if err != nil {
			return err
		}
		if f.counts == nil {
			f.counts = map[RoleID]int{}
		}
		f.counts[role] = page.Count
	}
	for role := range missing.holders {
		if err := r.scan(ctx, store.Query{List: store.Assignments, Role: string(role), Kind: store.User}); err != nil {
			return err
		}
		note(&f.holders, role)
	}
	for group := range missing.members {
		if err := r.scan(ctx, store.Query{List: store.Memberships, Group: group, Kind: store.User}); err != nil {
			return err
		}
		note(&f.members, group)
	}
	if missing.expired {
		if err := r.scan(ctx, store.Query{List: store.Assignments, Rows: store.ExpiredRows, At: r.now}); err != nil {
			return err
		}
		f.expired = true
	}
	return nil
}

func (r *reading) page(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := patiently(ctx, r.a.engine, r.a.tenant, func() (store.Page, error) { return r.store.Scan(ctx, r.a.tenant, q) })
	switch {
	case err != nil:
		return page, unavailable(err)
	case page.Head != r.snap.head:
		return page, errMoved
	}
	return page, nil
}

// scan reads all pages of a list. What it finds of a user is less than all of
// that user's rows, so it does not count as having read the user.
func (r *reading) scan(ctx context.Context, q store.Query) error {
	q.Limit = store.MaxPage
	return r.walk(ctx, q, func(page store.Page) bool {
		for i := range page.Assignments {
			row := &page.Assignments[i]
			r.state.putRow(row.Subject, RoleID(row.Role), row)
		}
		for i := range page.Memberships {
			row := &page.Memberships[i]
			r.state.putMember(row.Group, row.Member, row)
		}
		return true
	})
}

// walk hands over the pages of a list, all at the reading's head, for as long
// as each wants more.
func (r *reading) walk(ctx context.Context, q store.Query, each func(store.Page) bool) error {
	return walk(q, func(q store.Query) (store.Page, error) { return r.page(ctx, q) }, each)
}

// walk reads the pages of a list and hands them over, for as long as there are
// some and each wants more.
func walk(q store.Query, read func(store.Query) (store.Page, error), each func(store.Page) bool) error {
	for {
		page, err := read(q)
		if err != nil {
			return err
		}
		if !each(page) || !page.More {
			return nil
		}
		switch a, m, g := len(page.Assignments), len(page.Memberships), len(page.Groups); {
		case a > 0:
			last := &page.Assignments[a-1]
			q.After = store.Key{Subject: last.Subject, Role: last.Role}
		case m > 0:
			last := &page.Memberships[m-1]
			q.After = store.Key{Subject: last.Member, Group: last.Group}
		case g > 0:
			q.After = store.Key{Group: page.Groups[g-1]}
		default:
			return unavailable(store.ErrCorrupt) // a page that leads nowhere
		}
	}
}

// read runs answer on one revision of the tenant, read after the call began
// (S16), until nothing that it asked for was missing. It starts anew when the
// tenant moves in between.
func (a *Authority) read(ctx context.Context, users map[string]bool, answer func(*reading) error) error {
	if err := a.ready(ctx); err != nil {
		return err
	}
	return a.readFrom(ctx, a.store, users, answer)
}

func (a *Authority) readFrom(ctx context.Context, from store.Store, users map[string]bool, answer func(*reading) error) error {
	for {
		r, err := a.open(ctx, from, users)
		if err == nil {
			err = a.fresh(r.snap.head)
		}
		if err == nil {
			err = r.settle(ctx, users, answer)
		}
		if !errors.Is(err, errMoved) {
			return err
		}
		if ctx.Err() != nil {
			return unavailable(ctx.Err())
		}
	}
}

// settle repeats answer until nothing was missing. The users it needed are
// added to users, so that a new start reads them at once.
func (r *reading) settle(ctx context.Context, users map[string]bool, answer func(*reading) error) error {
	for {
		err := answer(r)
		if r.state.facts.missing.empty() || errors.Is(err, ErrUnavailable) || errors.Is(err, errMoved) {
			return err
		}
		maps.Copy(users, r.state.facts.missing.users)
		if err := r.more(ctx); err != nil {
			return err
		}
	}
}
