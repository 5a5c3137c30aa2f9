package rbac

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/seed80bc5f17/rbac/store"
)

// model is the small part of a tenant at one head: roles, groups in groups and
// groups' own assignments. It is immutable, and used only together with facts
// that the store names the same head for, so a cached one is never stale.
type model struct {
	head store.Head
	time int64
	base *state
}

// models keeps the last model of some tenants.
type models struct {
	mu sync.Mutex
	of map[string]*model
}

// maxModels bounds how many tenants' models are kept.
const maxModels = 1024

func (c *models) get(tenant string) *model {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[tenant]
}

// put keeps m, beyond the bound instead of an arbitrary other tenant's. That m
// may be older than what another call has just put costs a reload and no more;
// to compare revisions would keep a model that a restored database never had.
func (c *models) put(tenant string, m *model) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]*model{}
	}
	if _, ok := c.of[tenant]; !ok && len(c.of) >= maxModels {
		for other := range c.of {
			delete(c.of, other)
			break
		}
	}
	c.of[tenant] = m
}

func newModel(s store.State) *model {
	m := &model{head: s.Head, time: s.Time, base: &state{}}
	for i := range s.Roles {
		r := newRoleRecord(&s.Roles[i])
		m.base.putRole(r.ID, r)
	}
	for i := range s.Assignments {
		if row := &s.Assignments[i]; row.Subject.Kind == store.Group {
			m.base.putRow(row.Subject, RoleID(row.Role), row)
		}
	}
	for i := range s.Memberships {
		if row := &s.Memberships[i]; row.Member.Kind == store.Group {
			m.base.putMember(row.Group, row.Member, row)
		}
	}
	return m
}

// advance returns the model after a commit on m. Maps are copied where the
// commit touches them and shared where it does not: an assignment to a user
// costs nothing here.
func (m *model) advance(c *store.Commit) *model {
	next := &model{head: store.Head{Revision: m.head.Revision + 1, Commit: c.ID}, time: c.Time, base: m.base}
	old := m.base
	if c.Erase {
		old = &state{}
		next.base = old
	}
	fresh := *old
	if len(c.Roles) > 0 {
		fresh.roles = maps.Clone(old.roles)
	}
	for _, ch := range c.Roles {
		if ch.After == nil {
			delete(fresh.roles, RoleID(ch.Before.ID))
		} else {
			fresh.putRole(RoleID(ch.After.ID), newRoleRecord(ch.After))
		}
	}
	rows, holders := rewrite(&fresh.rows), rewrite(&fresh.holders)
	for _, ch := range c.Assignments {
		if row := cmpOr(ch.After, ch.Before); row.Subject.Kind == store.Group {
			rows.write(row.Subject, RoleID(row.Role), ch.After)
			holders.write(RoleID(row.Role), row.Subject, ch.After)
		}
	}
	groups, members := rewrite(&fresh.groups), rewrite(&fresh.members)
	for _, ch := range c.Memberships {
		if row := cmpOr(ch.After, ch.Before); row.Member.Kind == store.Group {
			groups.write(row.Member, row.Group, ch.After)
			members.write(row.Group, row.Member, ch.After)
		}
	}
	next.base = &fresh
	return next
}

func cmpOr[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// rewriting is an index that is copied when it is first written, and each part
// of it when that is.
type rewriting[A, B comparable, V any] struct {
	index *index[A, B, V]
	mine  map[A]bool // nil: nothing is copied yet
}

func rewrite[A, B comparable, V any](x *index[A, B, V]) *rewriting[A, B, V] {
	return &rewriting[A, B, V]{index: x}
}

// write puts one record into the copy, or deletes it if v is nil.
func (w *rewriting[A, B, V]) write(a A, b B, v *V) {
	if w.mine == nil {
		w.mine = map[A]bool{}
		if *w.index = maps.Clone(*w.index); *w.index == nil {
			*w.index = index[A, B, V]{}
		}
	}
	x := *w.index
	if !w.mine[a] {
		w.mine[a] = true
		if x[a] = maps.Clone(x[a]); x[a] == nil {
			x[a] = map[B]*V{}
		}
	}
	if v != nil {
		x[a][b] = v
		return
	}
	if delete(x[a], b); len(x[a]) == 0 {
		delete(x, a)
		delete(w.mine, a)
	}
}

// errMoved says that the tenant changed while parts of it were being read.
var errMoved = errors.New("rbac: the tenant moved on")

// reading is a tenant at one head while more and more of it is read.
type reading struct {
	a     *Authority
	store store.Store // to read from
	model *model
	state *state
	now   int64 // max(clock, time of the head's commit)
	clock int64 // the process clock alone
}

// open reads the tenant as of now: the model, and the given users.
func (a *Authority) open(ctx context.Context, from store.Store, users map[string]bool) (*reading, error) {
	cached := a.models.get(a.tenant)
	sel := store.Selection{Model: cached == nil, Subjects: userSubjects(users)}
	load := func() (store.State, error) { return from.Load(ctx, a.tenant, sel) }
	s, err := patiently(ctx, load)
	if err == nil && cached != nil && cached.head != s.Head {
		cached, sel.Model = nil, true
		s, err = patiently(ctx, load)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	if cached == nil {
		cached = newModel(s)
		a.models.put(a.tenant, cached)
	}
	r := &reading{a: a, store: from, model: cached}
	r.state = cached.base.over()
	r.state.facts = &facts{}
	r.take(s, users)
	r.clock = a.now().UnixMicro()
	r.now = max(r.clock, cached.time)
	return r, nil
}

// fresh refuses a state older than AtLeast asked for, or of another history.
func (a *Authority) fresh(head store.Head) error {
	if head.Revision < a.least.Revision || head.Revision == a.least.Revision && a.least.Revision > 0 && head != a.least {
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
		if row := &s.Assignments[i]; row.Subject.Kind == store.User {
			r.state.putRow(row.Subject, RoleID(row.Role), row)
		}
	}
	for i := range s.Memberships {
		if row := &s.Memberships[i]; row.Member.Kind == store.User {
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
		s, err := patiently(ctx, func() (store.State, error) {
			return r.store.Load(ctx, r.a.tenant, store.Selection{Subjects: userSubjects(missing.users)})
		})
		if err != nil {
			return unavailable(err)
		}
		if s.Head != r.model.head {
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
	page, err := patiently(ctx, func() (store.Page, error) { return r.store.Scan(ctx, r.a.tenant, q) })
	switch {
	case err != nil:
		return page, unavailable(err)
	case page.Head != r.model.head:
		return page, errMoved
	}
	return page, nil
}

// scan reads all pages of a list. What it finds of a user is less than all of
// that user's rows, so it does not count as having read the user.
func (r *reading) scan(ctx context.Context, q store.Query) error {
	q.Limit = store.MaxPage
	for {
		page, err := r.page(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Assignments {
			row := &page.Assignments[i]
			r.state.putRow(row.Subject, RoleID(row.Role), row)
			q.After = store.Key{Subject: row.Subject, Role: row.Role}
		}
		for i := range page.Memberships {
			row := &page.Memberships[i]
			r.state.putMember(row.Group, row.Member, row)
			q.After = store.Key{Subject: row.Member, Group: row.Group}
		}
		if !page.More {
			return nil
		}
		if len(page.Assignments)+len(page.Memberships) == 0 {
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
			err = a.fresh(r.model.head)
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
