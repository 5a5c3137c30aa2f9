package rbac

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/seed80bc5f17/rbac/internal/persistent"
)

// cache bounds what all tenants' snapshots take in memory. What can be evicted
// is a tenant as a whole, or one user of a tenant that is too large to be
// loaded as a whole.
//
// The order is that of SIEVE (Zhang et al., NSDI 2024): newcomers enter a list
// at its head, a hand moves from the tail towards the head, spares what was
// used since it last came by, and evicts what was not. A hit sets a bit and
// takes no lock. The check for which something is read is no hit yet: else a
// walk over everybody would leave nobody unused, and the hand would have to
// take whom it comes by first, in use or not.
type cache struct {
	limit int64
	bytes atomic.Int64

	mu         sync.Mutex
	head, tail *unit
	hand       *unit
}

// unit is an entry of the list.
type unit struct {
	cell       *cell
	user       string // "" = the whole tenant
	bytes      int64
	use        atomic.Uint32
	newer      *unit // towards the head
	older      *unit
	registered bool
}

// The use of a user since the hand last came by.
const (
	unused = iota
	used
	untouched // by the check, either, for which it was read
)

func (u *unit) touch() {
	switch {
	case u.use.Load() == used:
	case !u.use.CompareAndSwap(untouched, unused):
		u.use.Store(used)
	}
}

// add enters a unit.
func (c *cache) add(of *cell, user string, bytes int64) *unit {
	u := &unit{cell: of, user: user, bytes: bytes, registered: true}
	u.use.Store(untouched)
	c.mu.Lock()
	defer c.mu.Unlock()
	if u.older = c.head; c.head != nil {
		c.head.newer = u
	} else {
		c.tail = u
	}
	c.head = u
	return u
}

// remove takes a unit from the list, if it is still there.
func (c *cache) remove(u *unit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unlink(u)
}

func (c *cache) unlink(u *unit) {
	if !u.registered {
		return
	}
	if c.hand == u {
		c.hand = u.newer
	}
	if u.newer != nil {
		u.newer.older = u.older
	} else {
		c.head = u.older
	}
	if u.older != nil {
		u.older.newer = u.newer
	} else {
		c.tail = u.newer
	}
	u.newer, u.older, u.registered = nil, nil, false
}

// shrink evicts until the bound is kept. No lock may be held.
func (c *cache) shrink() {
	for c.bytes.Load() > c.limit {
		u := c.victim()
		if u == nil {
			return
		}
		before := c.bytes.Load()
		u.cell.evict(u)
		u.cell.engine.observe(Observation{Event: ObservedEvict, Tenant: u.cell.tenant, Count: int(before - c.bytes.Load())})
	}
}

// victim takes the next unit to go from the list.
func (c *cache) victim() *unit {
	c.mu.Lock()
	defer c.mu.Unlock()
	for round := 0; ; {
		u := c.hand
		if u == nil {
			u, round = c.tail, round+1
		}
		if u == nil {
			return nil
		}
		// A newcomer is spared once, or it would be the one that has to go
		// for its own sake, when all the others are in use. A tenant is spared
		// while its users are in the list: twice around the hand has found them.
		spare := u.use.Swap(unused) != unused
		if u.user == "" {
			spare = u.cell.marks.And(^(markUsed|markLoaded))&(markUsed|markLoaded) != 0 || round < 3 && u.cell.divided()
		}
		if spare {
			c.hand = u.newer
			continue
		}
		c.unlink(u)
		return u
	}
}

// divided reports whether there are users in the cell that are evicted on their
// own: before the tenant, which would take them along, in use or not.
func (c *cell) divided() bool {
	s := c.snap.Load()
	return s != nil && !s.all && s.users.Len() > 0
}

// The marks that a check leaves in a cell.
const (
	markUsed   uint32 = 1 << iota // for the cache
	markWanted                    // for the refresher
	markLoaded                    // none yet, not even of the check for which the tenant was loaded
	markAll    = markUsed | markWanted
)

// cells finds the cell of a tenant. A cell lives as long as an Authority is
// bound to it or something is loaded in it.
type cells struct {
	index atomic.Pointer[persistent.Map[cellRef]]
	mu    sync.Mutex
}

type cellRef struct {
	cell weak.Pointer[cell]
	live atomic.Pointer[cell] // the same while something is loaded, and quicker
}

// of returns the tenant's cell, a new one if there is none.
func (cs *cells) of(e *engine, tenant string) *cell {
	if c := cs.known(tenant); c != nil {
		return c
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c := cs.known(tenant); c != nil {
		return c
	}
	c := newCell(e, tenant)
	next := cs.present().With(tenant, c.ref)
	cs.index.Store(&next)
	// What is still to be done keeps nothing alive: the reference leads to the
	// cell, and the registry to everything.
	owner := weak.Make(e)
	runtime.AddCleanup(c, func(ref weak.Pointer[cellRef]) {
		if e := owner.Value(); e != nil {
			e.cells.forget(tenant, ref.Value())
		}
	}, weak.Make(c.ref))
	return c
}

func (cs *cells) present() persistent.Map[cellRef] {
	if m := cs.index.Load(); m != nil {
		return *m
	}
	return persistent.Map[cellRef]{}
}

func (cs *cells) known(tenant string) *cell {
	m := cs.index.Load()
	if m == nil {
		return nil
	}
	ref := m.Get(tenant)
	if ref == nil {
		return nil
	}
	if c := ref.live.Load(); c != nil {
		return c
	}
	return ref.cell.Value()
}

// forget drops the entry of a cell that is gone, unless another one has taken
// its place.
func (cs *cells) forget(tenant string, ref *cellRef) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	m := cs.present()
	if m.Get(tenant) == ref {
		m = m.Without(tenant)
		cs.index.Store(&m)
	}
}

// What things take, in bytes, measured on a 64-bit machine; where pointers are
// half as long it is five eighths. TestCacheBound holds the sums against the heap.
const (
	eighths = 2 + 3*strconv.IntSize/32

	cellCost    = 1_000 * eighths / 8 // of a tenant, whatever is in it
	unitCost    = 98 * eighths / 8    // of what is evicted on its own
	rowCost     = 230 * eighths / 8   // of an assignment or membership in the model, beside its texts
	mapCost     = 300 * eighths / 8   // of those of one group, or about one role
	roleCost    = 590 * eighths / 8   // of a role, beside its texts and permissions
	nameCost    = 47 * eighths / 8    // of a permission in a role, beside its name
	profileCost = 290 * eighths / 8   // of what some users have in common
	heldCost    = 116 * eighths / 8   // of an assignment in it
	stringCost  = 16 * eighths / 8
	moveCost    = 72 * eighths / 8 // of a commit that is remembered
)

func (m *move) cost() int64 {
	n := moveCost
	for _, user := range m.users {
		n += stringCost + len(user)
	}
	return int64(n)
}

// userCost is what a user's id takes; the map knows the rest.
func userCost(user string) int64 { return int64(8 + len(user)) }

func (p *profile) cost(r *ruleset) int64 {
	n := profileCost + len(p.key) + heldCost*len(p.rows) + stringCost*len(p.groups) + 8*((len(r.catalog.numbered)+63)/64)
	return int64(n)
}

// roleRecordCost is worked out once for each record, in newRoleRecord.
func roleRecordCost(r *roleRecord) int64 {
	n := roleCost + len(r.Name) + len(r.Description)
	for name := range r.Permissions.All() {
		n += nameCost + len(name)
	}
	for key, value := range r.Metadata {
		n += nameCost + len(key) + len(value)
	}
	return int64(n)
}

// modelCost is what the model takes.
func modelCost(s *state) int64 {
	n := int64(0)
	for _, maps := range []int{len(s.rows), len(s.holders), len(s.groups), len(s.members)} {
		if maps > 0 {
			n += mapCost * int64(maps+1)
		}
	}
	for _, r := range s.roles {
		n += r.bytes
	}
	for _, rows := range s.rows {
		for _, row := range rows {
			n += int64(rowCost + len(row.Subject.ID) + len(row.Role) + len(row.GrantedBy) + len(row.Reason))
		}
	}
	for _, rows := range s.groups {
		for _, row := range rows {
			n += int64(rowCost + len(row.Group) + len(row.Member.ID) + len(row.AddedBy) + len(row.Reason))
		}
	}
	return n
}
