package main

import (
	"slices"
	"sync"
)

// rwmapContestant is what a host writes by hand: two maps behind a lock. It
// checks nothing about who makes a change, and keeps no history.
var rwmapContestant = contestant{
	name:  "rwmutex-map",
	about: "map of users to roles and map of roles to map[string]bool behind a sync.RWMutex",
	open:  openRWMap,
}

type rwmap struct {
	mu      sync.RWMutex
	tenants map[string]*maps
}

type maps struct {
	users map[string][]string
	roles map[string]map[string]bool
}

func openRWMap(d *data, m *meter) (participant, error) {
	p := &rwmap{tenants: make(map[string]*maps, len(d.tenants))}
	err := m.loading(func() error {
		for i := range d.tenants {
			t := &d.tenants[i]
			s := &maps{make(map[string][]string, len(t.users)), make(map[string]map[string]bool, len(t.roles))}
			for _, r := range t.roles {
				set := make(map[string]bool, len(r.permissions))
				for _, permission := range r.permissions {
					set[permission] = true
				}
				s.roles[r.id] = set
			}
			for _, u := range t.users {
				var roles []string
				for _, r := range u.roles() {
					roles = append(roles, t.roles[r].id)
				}
				s.users[u.id] = roles
			}
			p.tenants[t.id] = s
		}
		return nil
	})
	return p, err
}

func (m *maps) has(user, permission string) bool {
	for _, r := range m.users[user] {
		if m.roles[r][permission] {
			return true
		}
	}
	return false
}

func (p *rwmap) check(q *question) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.tenants[q.tenant].has(q.user, q.permission)
}

func (p *rwmap) ask(qs []question) (int, error) {
	n := 0
	for i := range qs {
		if p.check(&qs[i]) {
			n++
		}
	}
	return n, nil
}

func (p *rwmap) covers(q coverQuestion) (bool, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	m := p.tenants[q.tenant]
	for permission := range m.roles[q.role] {
		if !m.has(q.user, permission) {
			return false, nil
		}
	}
	return true, nil
}

func (p *rwmap) change(tenant string, f func(*maps)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.tenants[tenant])
	return nil
}

func (p *rwmap) assign(tenant, user, role string) error {
	return p.change(tenant, func(m *maps) { m.users[user] = append(m.users[user], role) })
}

func (p *rwmap) unassign(tenant, user, role string) error {
	return p.change(tenant, func(m *maps) {
		m.users[user] = slices.DeleteFunc(m.users[user], func(r string) bool { return r == role })
	})
}

func (p *rwmap) grant(tenant, role, permission string) error {
	return p.change(tenant, func(m *maps) { m.roles[role][permission] = true })
}

func (p *rwmap) revoke(tenant, role, permission string) error {
	return p.change(tenant, func(m *maps) { delete(m.roles[role], permission) })
}

func (p *rwmap) close() {}
