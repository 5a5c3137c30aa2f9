package main

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// question is one check. The strings are the question's own, as those of a
// request are: no look-up is shortened by finding the very same memory.
type question struct {
	tenant     string
	user       string
	permission string
	want       bool
}

// questions are what every participant is asked, in this order.
type questions struct {
	uniform []question // users drawn evenly, about half of the answers being yes
	hot     []question // 256 of them, again and again; first each one once
	local   []question // of the first tenant alone
	covers  []coverQuestion
	changes []changeQuestion
}

// coverQuestion asks whether a user may pass on a role: whether every
// permission of the role is among the user's own.
type coverQuestion struct {
	tenant, user, role string
	want               bool
}

// changeQuestion is a permission that a user has by one role and no other, and
// which role it is.
type changeQuestion struct {
	question
	role string
}

const (
	distinctHot = 256
	hotLength   = 1 << 16
	localLength = 1 << 16
	coverLength = 1 << 10
	changeCount = 1_000
)

// ask draws the questions, the same ones for the same data and seed.
func (d *data) ask(seed uint64) *questions {
	rng := rand.New(rand.NewPCG(seed, 0xa5c))
	q := &questions{uniform: make([]question, max(1<<18, min(d.people, 1<<20)))}
	for i := range q.uniform {
		q.uniform[i] = d.question(rng, rng.IntN(len(d.tenants)))
	}
	detach(q.uniform)
	q.hot = slices.Clone(q.uniform[:distinctHot])
	for range hotLength {
		q.hot = append(q.hot, q.uniform[rng.IntN(distinctHot)])
	}
	detach(q.hot)
	q.local = q.uniform
	if len(d.tenants) > 1 {
		q.local = make([]question, localLength)
		for i := range q.local {
			q.local[i] = d.question(rng, 0)
		}
		detach(q.local)
	}
	for range coverLength {
		q.covers = append(q.covers, d.coverQuestion(rng))
	}
	for range changeCount {
		q.changes = append(q.changes, d.changeQuestion(rng))
	}
	return q
}

func (d *data) question(rng *rand.Rand, t int) question {
	tn := &d.tenants[t]
	u := tn.users[rng.IntN(len(tn.users))]
	p := d.permissions[rng.IntN(len(d.permissions))]
	if rng.IntN(2) == 0 {
		held := tn.roles[u.first].permissions
		p = held[rng.IntN(len(held))]
	}
	return question{tenant: tn.id, user: u.id, permission: p, want: d.allowed(t, u, p)}
}

func (d *data) coverQuestion(rng *rand.Rand) coverQuestion {
	for {
		t := rng.IntN(len(d.tenants))
		tn := &d.tenants[t]
		u, r := tn.users[rng.IntN(len(tn.users))], rng.IntN(len(tn.roles))
		if d.allowed(t, u, assignRoles) {
			return coverQuestion{tenant: tn.id, user: u.id, role: tn.roles[r].id, want: d.covered(t, u, r)}
		}
	}
}

func (d *data) changeQuestion(rng *rand.Rand) changeQuestion {
	for {
		t := rng.IntN(len(d.tenants))
		tn := &d.tenants[t]
		u := tn.users[rng.IntN(len(tn.users))]
		held := tn.roles[u.first].permissions
		p := held[rng.IntN(len(held))]
		if u.second < 0 || d.onlyBy(t, u, p) {
			return changeQuestion{question{tenant: tn.id, user: u.id, permission: p, want: true}, tn.roles[u.first].id}
		}
	}
}

// detach gives the questions users' ids of their own, next to each other in the
// order of asking: a request's id is in the cache, what it leads to is not.
// Permissions become one copy each, as constants in a host's code are.
func detach(qs []question) {
	var size int
	for i := range qs {
		size += len(qs[i].user) + len(qs[i].tenant)
	}
	var b strings.Builder
	b.Grow(size)
	for i := range qs {
		b.WriteString(qs[i].user)
		b.WriteString(qs[i].tenant)
	}
	all, constants := b.String(), map[string]string{}
	cut := func(n int) (s string) {
		s, all = all[:n], all[n:]
		return s
	}
	for i := range qs {
		q := &qs[i]
		q.user, q.tenant = cut(len(q.user)), cut(len(q.tenant))
		if _, ok := constants[q.permission]; !ok {
			constants[q.permission] = strings.Clone(q.permission)
		}
		q.permission = constants[q.permission]
	}
}

// sequence walks round and round a list of questions.
type sequence struct {
	of   []question
	yes  []int32 // how many of the first i are to be answered with yes
	next int
}

func newSequence(qs []question) *sequence {
	s := &sequence{of: qs, yes: make([]int32, len(qs)+1)}
	for i := range qs {
		s.yes[i+1] = s.yes[i]
		if qs[i].want {
			s.yes[i+1]++
		}
	}
	return s
}

// from returns a walk over the same list that begins elsewhere.
func (s *sequence) from(start int) *sequence {
	return &sequence{of: s.of, yes: s.yes, next: start % len(s.of)}
}

// take returns the next n questions, or fewer where the list ends, and how
// many of them are to be answered with yes.
func (s *sequence) take(n int) (qs []question, yes int) {
	if s.next == len(s.of) {
		s.next = 0
	}
	begin := s.next
	s.next = min(begin+n, len(s.of))
	return s.of[begin:s.next], int(s.yes[s.next] - s.yes[begin])
}
