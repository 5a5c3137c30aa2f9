package machine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/internal/naive"
)

// moment is a state that the tenant was in, and until when.
type moment struct {
	state *naive.State
	token rbac.Token
	until int64 // 0: it is the present one
}

const maxStaleness = 2 * time.Second

// caching draws how much each process keeps: everything, users one by one, or
// as good as nothing.
func (g generator) caching() []rbac.Options {
	var out []rbac.Options
	for range 4 {
		o := rbac.Options{MaxStaleness: maxStaleness}
		switch rapid.IntRange(0, 3).Draw(g.T, "cache") {
		case 1:
			o.EagerLimit = -1
		case 2:
			o.EagerLimit, o.CacheBytes = -1, 1
		case 3:
			o.EagerLimit = 5
		}
		out = append(out, o)
	}
	return out
}

// become notes the state that the tenant is in now.
func (g generator) become(s *naive.State) {
	m := g.m
	p, err := m.watcher.Resolve(context.Background(), rbac.As("nobody in particular"))
	if err != nil {
		g.Fatal(err)
	}
	m.state = s
	if n := len(m.past); n > 0 {
		if m.past[n-1].token == p.Token() {
			return
		}
		m.past[n-1].until = m.clock
	}
	m.past = append(m.past, moment{state: s, token: p.Token()})
}

// recent returns the states that a check of the process may go by: those that
// were the present one within MaxStaleness, and that are not older than what
// the process has done, or has answered by, before.
func (g generator) recent(d deployment) []int {
	var out []int
	for i := *d.known; i < len(g.m.past); i++ {
		if s := g.m.past[i]; s.until == 0 || s.until > g.m.clock-maxStaleness.Microseconds() {
			out = append(out, i)
		}
	}
	return out
}

// cached asks every process what its checks say, which may be an answer of a
// moment ago, but is one of a single state, and not too old (S26).
func (g generator) cached() {
	ctx := context.Background()
	user, permission := g.user(), g.name1()
	for i, d := range g.m.code {
		if !g.chance("ask process", 60) {
			continue
		}
		a := d.rbac.Tenant(g.m.tenant)
		p, err := a.Resolve(ctx, rbac.As(user))
		if err != nil {
			g.Fatal(err)
		}
		at := slices.IndexFunc(g.m.past, func(s moment) bool { return s.token == p.Token() })
		if !slices.Contains(g.recent(d), at) {
			g.Fatalf("S26: process %d answers by state %d of %d at %d; it may go by %v", i, at, len(g.m.past)-1, g.m.clock, g.recent(d))
		}
		*d.known = at
		for name := range d.config.Known {
			want := naive.Can(d.config, g.m.past[at].state, naive.As(user), g.m.clock, name)
			g.same(fmt.Sprintf("process %d, as of state %d: Principal(%s).Can %s", i, at, user, name), want, p.Can(rbac.Permission(name)))
		}
		if g.chance("its token", 20) {
			last := g.m.past[len(g.m.past)-1]
			p, err := a.AtLeast(last.token).Resolve(ctx, rbac.As(user))
			if err != nil || p.Token() != last.token {
				g.Fatalf("process %d: AtLeast the present state is of another: %v", i, err)
			}
			*d.known = len(g.m.past) - 1
		}
		actor, n := g.actor()
		if n.Kind != "user" || !d.config.Known[permission] {
			continue
		}
		got, err := a.Can(ctx, actor, rbac.Permission(permission))
		if err != nil {
			g.Fatal(err)
		}
		if !slices.ContainsFunc(g.recent(d), func(i int) bool {
			return naive.Can(d.config, g.m.past[i].state, n, g.m.clock, permission) == got
		}) {
			g.Fatalf("S26: process %d says %t to %v and %s, which no recent state does", i, got, n, permission)
		}
	}
}
