package rbac

import (
	"maps"
	"math"

	"github.com/seed80bc5f17/rbac/internal/persistent"
	"github.com/seed80bc5f17/rbac/store"
)

// snapshot is a tenant at one head, as far as this process has read it: the
// model (roles, groups in groups, groups' own assignments) and subjects. It is
// immutable; what changes the tenant makes another one that shares nearly
// everything with it.
type snapshot struct {
	head  store.Head
	time  int64  // of the head's commit, µs
	base  *state // the model
	users persistent.Map[subject]
	all   bool     // users has everybody who has anything
	none  *subject // who has nothing
	lease lease
}

// lease says from when a snapshot may be used, for so long: the moment at which
// the store was asked (S26). Both clocks must agree.
type lease struct {
	from   moment
	number uint64 // of the question
}

// ended is a lease that does not hold.
var ended = lease{from: moment{wall: math.MaxInt64}}

func (e *engine) leaseFrom(q asking) lease { return lease{e.at(q.sent), q.number} }

// holds reports whether the lease lasts at now if it is of a length in µs.
func (l *lease) holds(now moment, length int64) bool {
	return uint64(now.wall-l.from.wall) < uint64(length) && now.mono-l.from.mono < length
}

// newBase returns the model in what was loaded.
func newBase(s store.State) *state {
	base := &state{model: new(model)}
	for i := range s.Roles {
		r := newRoleRecord(&s.Roles[i])
		base.putRole(r.ID, r)
	}
	for i := range s.Assignments {
		if s.Assignments[i].Subject.Kind == store.Group {
			row := s.Assignments[i] // of its own: not to keep all the others alive
			base.putRow(row.Subject, RoleID(row.Role), &row)
		}
	}
	for i := range s.Memberships {
		if s.Memberships[i].Member.Kind == store.Group {
			row := s.Memberships[i]
			base.putMember(row.Group, row.Member, &row)
		}
	}
	return base
}

// advance returns the model after a commit on it. Maps are copied where the
// commit touches them and shared where it does not; one that is about users
// alone leaves the model as it is, the same pointer.
func advance(old *state, c *store.Commit) *state {
	if c.Erase {
		old = &state{model: new(model)}
	}
	fresh, touched := *old, false
	if len(c.Roles) > 0 {
		fresh.roles, touched = maps.Clone(old.roles), true
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
			touched = true
		}
	}
	groups, members := rewrite(&fresh.groups), rewrite(&fresh.members)
	for _, ch := range c.Memberships {
		if row := cmpOr(ch.After, ch.Before); row.Member.Kind == store.Group {
			groups.write(row.Member, row.Group, ch.After)
			members.write(row.Group, row.Member, ch.After)
			touched = true
		}
	}
	if !touched {
		return old
	}
	fresh.model = new(model)
	return &fresh
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
