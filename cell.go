package rbac

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/seed80bc5f17/rbac/internal/persistent"
	"github.com/seed80bc5f17/rbac/store"
)

// cell is where one tenant's snapshot is published. There is never more than
// one of a tenant in an engine, so that whoever holds it sees what others
// publish; what is in it can be evicted at any time.
type cell struct {
	engine *engine
	tenant string
	bound  Authority // what Tenant returns
	ref    *cellRef  // by which it is found

	snap  atomic.Pointer[snapshot] // nil: nothing is loaded
	marks atomic.Uint32            // since somebody last looked: see mark

	mu       sync.Mutex // held while publishing; never while a store is asked
	moves    uint64     // how often the state in snap became another one
	asked    uint64     // questions to the store
	floor    uint64     // the last one that may have missed what this process knew later, and has forgotten
	none     profile    // of users without any assignment or membership
	profiles map[string]*profile
	trail    []move // the last commits that led to snap, oldest first
	bytes    int64  // that the whole is charged with, units of subjects included
	mapped   int64  // of them, those of the snapshot's map
	unit     *unit  // while something is loaded

	flying sync.Mutex
	flight *flight
}

func newCell(e *engine, tenant string) *cell {
	c := &cell{engine: e, tenant: tenant, ref: &cellRef{}}
	c.ref.cell = weak.Make(c)
	c.none.shared.profile = &c.none
	c.bound = Authority{engine: e, tenant: tenant, cell: c}
	return c
}

// move is a commit that a snapshot was advanced by.
type move struct {
	head  store.Head // after it
	users []string
	erase bool
}

// maxRecent bounds how many moves a cell remembers.
const maxRecent = 256

// asking is a question to the store, noted before it is sent: the answer is
// about that moment or a later one.
type asking struct {
	number uint64 // later questions have larger ones, whatever the clocks do
	moves  uint64
	sent   time.Time
}

func (c *cell) ask() asking {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return asking{c.asked, c.moves, c.engine.now()}
}

// publish makes s the tenant's snapshot. The lock is held.
func (c *cell) publish(s *snapshot) {
	mapped := int64(s.users.Bytes())
	c.charge(mapped - c.mapped)
	c.mapped = mapped
	c.snap.Store(s)
}

// renew lets the snapshot be used for longer, if the store named its head.
// The lock is held.
func (c *cell) renew(s *snapshot, q asking) *snapshot {
	if s.lease.number >= q.number || c.floor >= q.number {
		return s
	}
	next := *s
	next.lease = c.engine.leaseFrom(q)
	c.publish(&next)
	return &next
}

// expire ends the lease: the next check asks the store, and answers that are on
// their way come too late to be the present. The lock is held.
func (c *cell) expire() {
	c.floor = c.asked
	if s := c.snap.Load(); s != nil {
		next := *s
		next.lease = ended
		c.publish(&next)
	}
}

// apply advances the snapshot by commits on the head before, and reports
// whether it is now at or past their last one. The lock is held.
func (c *cell) apply(before store.Head, commits []store.Commit) bool {
	s := c.snap.Load()
	if s == nil {
		return false
	}
	for i := range commits {
		after := store.Head{Revision: before.Revision + 1, Commit: commits[i].ID}
		if s.head == before {
			s = c.next(s, &commits[i], after)
		}
		before = after
	}
	if s != c.snap.Load() {
		c.moves++
		c.publish(s)
	}
	return s.head == before || s.head.Revision > before.Revision
}

// next returns the snapshot after one commit on s, under the lease of s.
func (c *cell) next(s *snapshot, commit *store.Commit, head store.Head) *snapshot {
	out := *s
	out.head, out.time = head, commit.Time
	if out.base = advance(s.base, commit); out.base != s.base {
		c.charge(modelCost(out.base) - modelCost(s.base))
	}
	if commit.Erase {
		c.forgetUsers(s)
		out.users = persistent.Map[subject]{}
	}
	edits := editsOf(commit)
	for user, e := range edits {
		old := out.users.Get(user)
		if old == nil {
			if !out.all {
				continue // not read yet; nothing is known of them
			}
			old = &c.none.shared
		}
		rows, groups := old.profile.with(e)
		p := c.profile(rows, groups)
		switch {
		case old.unit != nil:
			out.users = out.users.With(user, &subject{profile: p, unit: old.unit})
		case p == &c.none && old == &c.none.shared:
		case p == &c.none:
			out.users = out.users.Without(user)
			c.charge(-userCost(user))
		default:
			if old == &c.none.shared {
				c.charge(userCost(user))
			}
			out.users = out.users.With(user, &p.shared)
		}
		c.release(old.profile)
	}
	if !out.all {
		if len(c.trail) >= maxRecent {
			for _, m := range c.trail[:maxRecent/4] {
				c.charge(-m.cost())
			}
			c.trail = slices.Delete(c.trail, 0, maxRecent/4)
		}
		m := move{head, slices.Collect(maps.Keys(edits)), commit.Erase}
		c.charge(m.cost())
		c.trail = append(c.trail, m)
	}
	return &out
}

// untouched reports whether no commit between two heads was about a user, as
// far as the cell remembers. The lock is held.
func (c *cell) untouched(user string, from, to store.Head) bool {
	i := slices.IndexFunc(c.trail, func(m move) bool { return m.head == from })
	if i < 0 || len(c.trail) == 0 || c.trail[len(c.trail)-1].head != to {
		return false
	}
	for _, m := range c.trail[i+1:] {
		if m.erase || slices.Contains(m.users, user) {
			return false
		}
	}
	return true
}

// profile returns the one of the given content, which then has one user more.
// The lock is held.
func (c *cell) profile(rows []store.Assignment, groups []string) *profile {
	if len(rows) == 0 && len(groups) == 0 {
		return &c.none
	}
	var room [256]byte
	key := profileKey(room[:0], rows, groups)
	p := c.profiles[string(key)]
	if p == nil {
		p = &profile{key: string(key), rows: slices.Clone(rows), groups: slices.Clone(groups)}
		for i := range p.rows { // what checks need, and no more
			p.rows[i] = grant(&p.rows[i])
		}
		p.shared.profile = p
		if c.profiles == nil {
			c.profiles = map[string]*profile{}
		}
		c.profiles[p.key] = p
		c.charge(p.cost(c.engine.rules))
	}
	p.users++
	return p
}

// release takes one user from a profile. The lock is held.
func (c *cell) release(p *profile) {
	if p == &c.none {
		return
	}
	if p.users--; p.users == 0 {
		delete(c.profiles, p.key)
		c.charge(-p.cost(c.engine.rules))
	}
}

// install makes a snapshot of what was loaded with the model, in place of all
// that the cell holds, unless that is newer than the question. The answer can
// be used either way. The lock is held.
func (c *cell) install(st store.State, users []string, q asking) *snapshot {
	e := c.engine
	s := &snapshot{head: st.Head, time: st.Time, base: newBase(st), all: st.All, none: &c.none.shared, lease: e.leaseFrom(q)}
	found := gather(&st, users)
	cur := c.snap.Load()
	if cur != nil && cur.head == st.Head && (cur.all || !st.All) {
		cur = c.renew(cur, q)
		for _, g := range found {
			cur = c.add(cur, g)
		}
		return cur
	}
	if q.number <= c.floor || cur != nil && c.moves != q.moves && cur.head.Revision >= st.Head.Revision {
		// Somebody has published a later state meanwhile, which may be evicted
		// again. What is asked for is still true as of the question.
		var b persistent.Builder[subject]
		for _, g := range found {
			p := &profile{rows: g.rows, groups: g.groups}
			p.shared.profile = p
			b.Add(g.user, &p.shared)
		}
		s.users, s.all = b.Map(), false
		return s
	}
	c.forget() // readers go on with the old one until the new one is there
	c.moves++
	c.charge(cellCost + modelCost(s.base))
	var b persistent.Builder[subject]
	if s.all {
		everybody(&st, func(user string, rows []store.Assignment, groups []string) {
			b.Add(user, &c.profile(rows, groups).shared)
			c.charge(userCost(user))
		})
	} else {
		for _, g := range found {
			sub := &subject{profile: c.profile(g.rows, g.groups), unit: e.cache.add(c, g.user, userCost(g.user)+unitCost)}
			c.charge(sub.unit.bytes)
			b.Add(g.user, sub)
		}
	}
	s.users = b.Map()
	c.trail = []move{{head: s.head}}
	c.charge(c.trail[0].cost())
	c.marks.Or(markLoaded)
	c.unit = e.cache.add(c, "", 0)
	c.publish(s)
	c.ref.live.Store(c)
	return s
}

// add caches a user as of the head that s is at. The lock is held.
func (c *cell) add(s *snapshot, g possessions) *snapshot {
	if s.all || s.users.Get(g.user) != nil {
		return s
	}
	next := *s
	sub := &subject{profile: c.profile(g.rows, g.groups), unit: c.engine.cache.add(c, g.user, userCost(g.user)+unitCost)}
	c.charge(sub.unit.bytes)
	next.users = s.users.With(g.user, sub)
	c.publish(&next)
	return &next
}

// evict drops one user, or everything, unless it is already gone.
func (c *cell) evict(u *unit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.snap.Load()
	switch {
	case s == nil:
	case u == c.unit:
		c.drop()
	case u.user != "":
		if sub := s.users.Get(u.user); sub != nil && sub.unit == u {
			next := *s
			next.users = s.users.Without(u.user)
			c.charge(-u.bytes)
			c.release(sub.profile)
			c.publish(&next)
		}
	}
}

// drop forgets everything. The lock is held.
func (c *cell) drop() {
	c.floor = c.asked
	c.forget()
	c.snap.Store(nil)
	c.ref.live.Store(nil)
}

// forget undoes all charges. The lock is held.
func (c *cell) forget() {
	if s := c.snap.Load(); s != nil {
		c.forgetUsers(s)
	}
	c.profiles, c.trail = nil, nil
	if c.unit != nil {
		c.engine.cache.remove(c.unit)
		c.unit = nil
	}
	c.charge(-c.bytes)
	c.mapped = 0
}

// forgetUsers undoes the charges for the users in s. The lock is held.
func (c *cell) forgetUsers(s *snapshot) {
	for user, sub := range s.users.All() {
		if sub.unit != nil {
			c.engine.cache.remove(sub.unit)
			c.charge(-sub.unit.bytes)
		} else {
			c.charge(-userCost(user))
		}
		c.release(sub.profile)
	}
}

// charge counts bytes against the cache's bound. The lock is held.
func (c *cell) charge(bytes int64) {
	c.bytes += bytes
	c.engine.cache.bytes.Add(bytes)
}

// committed publishes commits of this process on the head before.
func (c *cell) committed(before store.Head, commits []store.Commit) {
	c.mu.Lock()
	if !c.apply(before, commits) {
		c.expire()
	}
	c.mu.Unlock()
	c.engine.cache.shrink()
}
