package main

import (
	"sync/atomic"
	"time"
)

// floorContestant is what no check can do without: which snapshot is current,
// which roles the user has, which bit the permission is, whether the bit is
// set, and what time it is. Nothing is checked beyond that, and nothing can be
// changed.
var floorContestant = contestant{
	name:  "floor",
	about: "atomic pointer load, map look-ups of user and permission, bit test, time.Now",
	open:  openFloor,
}

type floor struct {
	tenants map[string]*atomic.Pointer[floorSnapshot] // nil if there is one tenant
	only    *atomic.Pointer[floorSnapshot]
}

type floorSnapshot struct {
	until       time.Time
	users       map[string]uint16 // index of sets
	permissions map[string]uint16 // number of the bit
	sets        [][2]uint64
}

func openFloor(d *data, m *meter) (participant, error) {
	f := &floor{}
	err := m.loading(func() error {
		for t := range d.tenants {
			p := &atomic.Pointer[floorSnapshot]{}
			p.Store(newFloorSnapshot(d, &d.tenants[t]))
			if len(d.tenants) == 1 {
				f.only = p
				return nil
			}
			if f.tenants == nil {
				f.tenants = make(map[string]*atomic.Pointer[floorSnapshot], len(d.tenants))
			}
			f.tenants[d.tenants[t].id] = p
		}
		return nil
	})
	return f, err
}

func newFloorSnapshot(d *data, t *tenant) *floorSnapshot {
	s := &floorSnapshot{
		until:       time.Now().Add(24 * time.Hour),
		users:       make(map[string]uint16, len(t.users)),
		permissions: make(map[string]uint16, len(d.permissions)),
	}
	for i, p := range d.permissions {
		s.permissions[p] = uint16(i)
	}
	roles := make([][2]uint64, len(t.roles))
	for i, r := range t.roles {
		for _, p := range r.permissions {
			bit := s.permissions[p]
			roles[i][bit>>6] |= 1 << (bit & 63)
		}
	}
	numbers := map[[2]uint64]uint16{}
	for _, u := range t.users {
		var set [2]uint64
		for _, r := range u.roles() {
			set[0] |= roles[r][0]
			set[1] |= roles[r][1]
		}
		n, ok := numbers[set]
		if !ok {
			n = uint16(len(s.sets))
			numbers[set] = n
			s.sets = append(s.sets, set)
		}
		s.users[u.id] = n
	}
	return s
}

func (s *floorSnapshot) has(user, permission string) bool {
	set, ok := s.users[user]
	bit, known := s.permissions[permission]
	return ok && known && s.sets[set][bit>>6]&(1<<(bit&63)) != 0 && time.Now().Before(s.until)
}

func (f *floor) ask(qs []question) (int, error) {
	n := 0
	for i := range qs {
		q, p := &qs[i], f.only
		if f.tenants != nil {
			p = f.tenants[q.tenant]
		}
		if p.Load().has(q.user, q.permission) {
			n++
		}
	}
	return n, nil
}

func (f *floor) covers(coverQuestion) (bool, error) { return false, errCannot }
func (f *floor) assign(_, _, _ string) error        { return errCannot }
func (f *floor) unassign(_, _, _ string) error      { return errCannot }
func (f *floor) grant(_, _, _ string) error         { return errCannot }
func (f *floor) revoke(_, _, _ string) error        { return errCannot }
func (f *floor) close()                             {}
