package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// size is one of the data sets.
type size struct {
	name    string
	tenants int
	roles   int // of each tenant
	users   int // of each tenant
}

var sizes = []size{
	{"small", 1, 10, 1_000},
	{"medium", 1, 100, 100_000},
	{"tenants", 1_000, 10, 100},
	{"large", 1, 10_000, 1_000_000}, // last: it takes longest, and the run has an end
}

func (s size) String() string {
	if s.tenants > 1 {
		return fmt.Sprintf("%s: %s tenants of %s roles, %s users", s.name, thousands(s.tenants), thousands(s.roles), thousands(s.users))
	}
	return fmt.Sprintf("%s: %s roles, %s users", s.name, thousands(s.roles), thousands(s.users))
}

// data is a generated policy. Participants may keep its strings, and change
// nothing of it.
type data struct {
	size
	permissions []string // the host's own, and the two that a manager needs
	tenants     []tenant
	people      int // users of all tenants
}

type tenant struct {
	id    string
	roles []role
	users []user
	owner string // may do everything; nobody asks about this user
	spare string // holds nothing; nobody asks about this user
}

type role struct {
	id          string
	permissions []string // sorted
}

// user holds one role, and every tenth user a second one.
type user struct {
	id            string
	first, second int // indexes of roles; second is none if it is negative
}

func (u user) roles() []int {
	if u.second < 0 {
		return []int{u.first}
	}
	return []int{u.first, u.second}
}

// The permissions that make a role a manager's: who has them may hand out
// roles within their own set. To all but this library they are two names like
// any other.
const (
	viewRoles   = "rbac.roles.view"
	assignRoles = "rbac.roles.assign"
)

const (
	areas       = 16
	perRole     = 10 // permissions of an ordinary role
	everyTenth  = 10 // role is a manager's
	defaultSeed = 1
)

var verbs = [...]string{"view", "create", "edit", "delete"}

// generate draws a policy, the same one for the same size and seed. The first
// role of every ten is a manager's: it has half of the catalogue. Of the
// others one half has 10 permissions out of that half, so that a manager
// covers them, and the other half has 10 out of all.
func generate(s size, seed uint64) *data {
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	d := &data{size: s, people: s.tenants * s.users}
	var host []string
	for a := range areas {
		for _, verb := range verbs {
			host = append(host, fmt.Sprintf("area%02d.%s", a, verb))
		}
	}
	d.permissions = append(slices.Clone(host), viewRoles, assignRoles)
	names := namer{rng: rng}
	for t := range s.tenants {
		tn := tenant{id: "default", owner: names.next(), spare: names.next()}
		if s.tenants > 1 {
			tn.id = fmt.Sprintf("tenant-%05d", t)
		}
		for r := range s.roles {
			tn.roles = append(tn.roles, drawRole(rng, r, host))
		}
		tn.users = make([]user, s.users)
		for i := range tn.users {
			u := user{id: names.next(), first: rng.IntN(s.roles), second: -1}
			if i%10 == 9 {
				u.second = (u.first + 1) % s.roles
			}
			tn.users[i] = u
		}
		d.tenants = append(d.tenants, tn)
	}
	return d
}

func drawRole(rng *rand.Rand, r int, host []string) role {
	out := role{id: fmt.Sprintf("role_%05d", r)}
	half := host[:len(host)/2]
	switch {
	case r%everyTenth == 0:
		out.permissions = append(slices.Clone(half), viewRoles, assignRoles)
	case r%2 == 1:
		out.permissions = draw(rng, half)
	default:
		out.permissions = draw(rng, host)
	}
	slices.Sort(out.permissions)
	return out
}

func draw(rng *rand.Rand, from []string) []string {
	var out []string
	for _, i := range rng.Perm(len(from))[:perRole] {
		out = append(out, from[i])
	}
	return out
}

// namer makes user ids of 16 bytes that have nothing in common, as random ids
// of a host do, and never the same one twice.
type namer struct {
	rng   *rand.Rand
	given uint64
	salt  uint64
}

func (n *namer) next() string {
	if n.given == 0 {
		n.salt = n.rng.Uint64()
	}
	n.given++
	// Each step of this mix can be undone, so that different numbers stay
	// different.
	x := n.given*0x9e3779b97f4a7c15 + n.salt
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return fmt.Sprintf("%016x", x^x>>31)
}

// thousands formats n with a comma after every third digit.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}
