package rbac

import (
	"encoding/binary"
	"math"
	"slices"
	"sync/atomic"

	"github.com/seed80bc5f17/rbac/store"
)

// profile is what a user was given directly: roles for periods, and groups.
// Users who were given the same share one, so that what it comes to is worked
// out once for all of them. It is immutable but for what it remembers.
type profile struct {
	key    string // what two profiles share if they are the same
	rows   []store.Assignment
	groups []string
	users  int // who have it; under the cell's lock
	made   atomic.Pointer[rights]

	shared subject // of everybody who is not cached on their own
}

// subject is a user in a snapshot.
type subject struct {
	profile *profile
	unit    *unit                  // what can be evicted; nil if the whole tenant was loaded
	made    atomic.Pointer[rights] // the profile's, nearer to who checks
}

// with returns the profile's rows and groups after a change of some of them.
func (p *profile) with(e *userEdit) ([]store.Assignment, []string) {
	rows, groups := slices.Clone(p.rows), slices.Clone(p.groups)
	for _, ch := range e.rows {
		role := cmpOr(ch.After, ch.Before).Role
		rows = slices.DeleteFunc(rows, func(r store.Assignment) bool { return r.Role == role })
		if ch.After != nil {
			rows = append(rows, *ch.After)
		}
	}
	for _, ch := range e.groups {
		group := cmpOr(ch.After, ch.Before).Group
		groups = slices.DeleteFunc(groups, func(g string) bool { return g == group })
		if ch.After != nil {
			groups = append(groups, group)
		}
	}
	return rows, groups
}

// userEdit is what a commit changes of one user.
type userEdit struct {
	rows   []*store.Change[store.Assignment]
	groups []*store.Change[store.Membership]
}

// editsOf sorts a commit's changes by user.
func editsOf(c *store.Commit) map[string]*userEdit {
	var out map[string]*userEdit
	of := func(user string) *userEdit {
		if out == nil {
			out = map[string]*userEdit{}
		}
		if out[user] == nil {
			out[user] = &userEdit{}
		}
		return out[user]
	}
	for i := range c.Assignments {
		ch := &c.Assignments[i]
		if s := cmpOr(ch.After, ch.Before).Subject; s.Kind == store.User {
			e := of(s.ID)
			e.rows = append(e.rows, ch)
		}
	}
	for i := range c.Memberships {
		ch := &c.Memberships[i]
		if s := cmpOr(ch.After, ch.Before).Member; s.Kind == store.User {
			e := of(s.ID)
			e.groups = append(e.groups, ch)
		}
	}
	return out
}

// profileKey sorts rows and groups, and appends to b what tells them from
// others: who granted what and when is not part of it.
func profileKey(b []byte, rows []store.Assignment, groups []string) []byte {
	if len(rows) > 1 {
		slices.SortFunc(rows, func(x, y store.Assignment) int { return compareStrings(x.Role, y.Role) })
	}
	if len(groups) > 1 {
		slices.Sort(groups)
	}
	for i := range rows {
		b = binary.AppendUvarint(b, uint64(len(rows[i].Role)))
		b = append(b, rows[i].Role...)
		b = binary.AppendVarint(b, rows[i].From)
		b = binary.AppendVarint(b, rows[i].Until)
	}
	b = append(b, 0)
	for _, g := range groups {
		b = binary.AppendUvarint(b, uint64(len(g)))
		b = append(b, g...)
	}
	return b
}

// rights is what a profile comes to under one model for a while: a bit for
// each permission of the catalogue. The numbering is this process's own.
type rights struct {
	model       *model
	from, until int64 // µs, as time of a decision; until exclusive
	owner       bool
	few         [2]uint64 // the first bits once more, for a look-up in memory less
	bits        []uint64
}

func (r *rights) has(i uint16) bool {
	if i < 128 {
		return r.few[i/64]>>(i%64)&1 != 0
	}
	return r.bits[i/64]>>(i%64)&1 != 0
}

// stands reports whether x is what it was worked out to be in s at t.
func (r *rights) stands(s *snapshot, t int64) bool {
	return r != nil && r.model == s.base.model && t >= r.from && t < r.until
}

// rightsAt returns what the user has in s at t.
func (r *ruleset) rightsAt(s *snapshot, sub *subject, t int64) *rights {
	x := sub.profile.made.Load()
	if !x.stands(s, t) {
		x = r.compile(s.base, sub.profile, nil, t, false, nil)
		sub.profile.made.Store(x)
	}
	sub.made.Store(x)
	return x
}

// rightsOf returns what the user has as an actor, whose asserted groups lend to
// it and whose narrowing takes from it.
func (r *ruleset) rightsOf(s *snapshot, sub *subject, actor *Actor, t int64) *rights {
	if len(actor.more().groups) == 0 && !actor.more().narrowed {
		return r.rightsAt(s, sub, t)
	}
	return r.compile(s.base, sub.profile, actor.more().groups, t, actor.more().narrowed, actor.more().only)
}

// compile asks the rules, and notes from when to when their answer stands.
func (r *ruleset) compile(base *state, p *profile, asserted []string, t int64, narrowed bool, only []RoleID) *rights {
	rows := make([]*store.Assignment, 0, len(p.rows))
	for i := range p.rows {
		rows = append(rows, &p.rows[i])
	}
	for group := range r.closure(base, slices.Concat(p.groups, asserted)...) {
		for _, row := range base.rowsOf(store.Subject{Kind: store.Group, ID: group}) {
			rows = append(rows, row)
		}
	}
	x := &rights{model: base.model, from: math.MinInt64, until: math.MaxInt64, bits: make([]uint64, (len(r.catalog.numbered)+63)/64)}
	for _, row := range rows {
		for _, instant := range []int64{row.From, row.Until} {
			switch {
			case instant == 0:
			case instant <= t:
				x.from = max(x.from, instant)
			default:
				x.until = min(x.until, instant)
			}
		}
	}
	auth := r.auth(base, rows, t, narrowed, only)
	x.owner = auth.top
	for i, p := range r.catalog.numbered {
		if auth.has(p) {
			x.bits[i/64] |= 1 << (i % 64)
		}
	}
	copy(x.few[:], x.bits)
	return x
}
