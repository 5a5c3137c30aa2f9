package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// What a check costs in a tenant that is read user by user.
func TestLazy_Calls(t *testing.T) {
	t.Parallel()
	p := newPair(t, rbac.Options{EagerLimit: -1})
	steps := []struct {
		name  string
		do    func()
		user  string
		want  bool
		calls map[string]int
	}{
		{"the first check of a tenant reads it, and the user", nil, "ann", true, map[string]int{"Load": 1}},
		{"the second costs nothing", nil, "ann", true, map[string]int{}},
		{"another user is one more question", nil, "bob", false, map[string]int{"Load": 1}},
		{"who has nothing is not asked about again", nil, "bob", false, map[string]int{}},
		{"a lease's end costs one question", func() { p.clock.Add(p.max, p.max) }, "ann", true, map[string]int{"Heads": 1}},
		{"for all users", nil, "bob", false, map[string]int{}},
		{
			"a change elsewhere is read from the log",
			func() {
				p.apply(p.there, fxAssign(rbac.User("bob"), p.role))
				p.clock.Add(p.max, p.max)
			}, "bob", true,
			map[string]int{"Heads": 1, "Log": 1},
		},
		{
			"of the model, too",
			func() {
				p.apply(p.there, rbac.Revoke(p.role, fxA))
				p.clock.Add(p.max, p.max)
			}, "bob", false,
			map[string]int{"Heads": 1, "Log": 1},
		},
		{"and serves all users", nil, "ann", false, map[string]int{}},
		{
			"a user read after a change under the lease brings the rest up to date",
			func() { p.apply(p.there, rbac.Grant(p.role, fxA)) },
			"carl", false,
			map[string]int{"Load": 1, "Log": 1},
		},
		{"which all users have part in", nil, "ann", true, map[string]int{}},
		{
			"after one's own change nothing is asked",
			func() {
				p.apply(p.here, rbac.Unassign(rbac.User("ann"), p.role))
				p.store.counted()
			}, "ann", false,
			map[string]int{},
		},
		{
			"not even of those it is about and who were unknown to have anything",
			func() {
				p.apply(p.here, fxAssign(rbac.User("carl"), p.role))
				p.store.counted()
			}, "carl", true,
			map[string]int{},
		},
		{
			"an erasure leaves no log to follow",
			func() {
				if _, err := p.there.EraseTenant(p.ctx, p.sys); err != nil {
					t.Fatal(err)
				}
				p.clock.Add(p.max, p.max)
			}, "carl", false,
			map[string]int{"Heads": 1, "Log": 1, "Load": 2},
		},
	}
	for _, s := range steps {
		if s.do != nil {
			s.do()
		}
		got, err := p.here.Can(p.ctx, rbac.As(s.user), fxA)
		if err != nil || got != s.want {
			t.Fatalf("%s: %t, %v, want %t", s.name, got, err, s.want)
		}
		calls := p.store.counted()
		if fmt.Sprint(calls) != fmt.Sprint(s.calls) {
			t.Errorf("%s: calls %v, want %v", s.name, calls, s.calls)
		}
	}
}

// A large tenant that was loaded whole follows the log, too: one assignment
// more is not a reason to read it again.
func TestLazy_LargeTenantFollowsTheLog(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"whole": 1 << 20, "user by user": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, rbac.Options{EagerLimit: limit})
			var ops []rbac.Op
			for i := range 1_000 {
				ops = append(ops, fxAssign(rbac.User(fmt.Sprintf("u%d", i)), p.role))
			}
			p.apply(p.there, ops...)
			p.want("yes")
			if ok, err := p.here.Can(p.ctx, rbac.As("new"), fxA); ok || err != nil {
				t.Fatal(ok, err)
			}
			for i := range 5 {
				p.apply(p.there, fxAssign(rbac.User("new"), p.role))
				p.apply(p.there, fxAssign(rbac.User(fmt.Sprintf("more%d", i)), p.role))
				p.clock.Add(p.max, p.max)
				p.store.counted()
				if ok, err := p.here.Can(p.ctx, rbac.As("new"), fxA); !ok || err != nil {
					t.Fatal(ok, err)
				}
				fxDiff(t, map[string]int{"Heads": 1, "Log": 1}, p.store.counted())
			}
		})
	}
}

// Windows begin and end on time in a snapshot that nobody reads anew.
func TestLazy_WindowsInASnapshot(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) time.Time { return fxEpoch.Add(d) }
	type window struct{ from, until time.Duration } // 0 = open
	tests := []struct {
		name string
		own  []window // of a role held directly, one role each
		via  []window // of roles that the user's group holds
		deep []window // of roles that a group around that one holds
		want []window // when the user has the permission
	}{
		{"begins", []window{{from: 10}}, nil, nil, []window{{from: 10}}},
		{"ends", []window{{until: 20}}, nil, nil, []window{{until: 20}}},
		{"begins and ends", []window{{10, 20}}, nil, nil, []window{{10, 20}}},
		{"two in a row", []window{{10, 20}, {30, 40}}, nil, nil, []window{{10, 20}, {30, 40}}},
		{"two that overlap", []window{{10, 30}, {20, 40}}, nil, nil, []window{{10, 40}}},
		{"a group's", nil, []window{{10, 20}}, nil, []window{{10, 20}}},
		{"a group's and one's own", []window{{10, 20}}, []window{{15, 25}}, nil, []window{{10, 25}}},
		{"an outer group's", nil, nil, []window{{10, 20}}, []window{{10, 20}}},
		{"all of them", []window{{5, 6}}, []window{{6, 7}}, []window{{9, 10}}, []window{{5, 7}, {9, 10}}},
	}
	for _, tt := range tests {
		for _, k := range kept {
			t.Run(tt.name+"/"+k.name, func(t *testing.T) {
				t.Parallel()
				o := k.options
				o.MaxStaleness = 24 * time.Hour
				w := fxEmpty(t, &o)
				w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
				w.join("in", rbac.User("ann"))
				w.join("out", rbac.Group("in"))
				for i, windows := range [][]window{tt.own, tt.via, tt.deep} {
					for _, win := range windows {
						n := rbac.NewAssignment{Subject: []rbac.Subject{rbac.User("ann"), rbac.Group("in"), rbac.Group("out")}[i], Role: w.role(fxA)}
						if win.from != 0 {
							n.From = at(win.from * time.Second)
						}
						if win.until != 0 {
							n.Until = at(win.until * time.Second)
						}
						w.must(w.Assign(w.ctx, w.sys, n))
					}
				}
				if _, err := w.Can(w.ctx, rbac.As("ann"), fxA); err != nil {
					t.Fatal(err)
				}
				w.store.setFault(nil)
				var now time.Duration // of the instant looked at, from the epoch
				look := func(d time.Duration) {
					now = d
					w.clock.set(at(d))
					want := false
					for _, win := range tt.want {
						from, until := win.from*time.Second, win.until*time.Second
						want = want || d >= from && (until == 0 || d < until)
					}
					for name, actor := range map[string]rbac.Actor{"plain": rbac.As("ann"), "with groups": rbac.As("ann").InGroups("none"), "by the group": rbac.As("else").InGroups("in")} {
						want := want
						if name == "by the group" {
							if len(tt.own) > 0 {
								continue
							}
						}
						if ok, err := w.Can(w.ctx, actor, fxA); ok != want || err != nil {
							t.Errorf("%s, %v on: %t, %v, want %t", name, now, ok, err, want)
						}
					}
				}
				for s := range time.Duration(45) {
					look(s*time.Second + time.Microsecond)
					look((s+1)*time.Second - time.Microsecond)
					look((s + 1) * time.Second)
				}
				if n := w.store.total(); n > 1 && k.options.CacheBytes == 0 {
					t.Errorf("%d calls", n) // one is for the user that was not asked about before
				}
				look(15 * time.Second) // a clock that went back, under the lease still
			})
		}
	}
}

// Asserted groups and narrowings are of the call, and leave nothing behind for
// the next one.
func TestLazy_ActorsOnASnapshot(t *testing.T) {
	t.Parallel()
	for _, k := range kept {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			o := k.options
			w := fxEmpty(t, &o)
			a, b := w.role(fxA), w.role(fxB)
			w.give(rbac.User("ann"), a)
			w.give(rbac.Group("g"), b)
			w.join("g", rbac.Group("sub"))
			ann := rbac.As("ann")
			tests := []struct {
				name  string
				actor rbac.Actor
				a, b  bool
			}{
				{"plain", ann, true, false},
				{"in the group", ann.InGroups("g"), true, true},
				{"in one nested in it", ann.InGroups("sub"), true, true},
				{"in another", ann.InGroups("h"), true, false},
				{"narrowed", ann.Only(b), false, false},
				{"narrowed to what is held", ann.Only(a), true, false},
				{"narrowed to nothing", ann.Only(), false, false},
				{"narrowed, in the group", ann.InGroups("g").Only(b), false, true},
				{"somebody else in the group", rbac.As("eve").InGroups("g"), false, true},
				{"somebody else", rbac.As("eve"), false, false},
			}
			for range 3 {
				for _, tt := range tests {
					for p, want := range map[rbac.Permission]bool{fxA: tt.a, fxB: tt.b} {
						if ok, err := w.Can(w.ctx, tt.actor, p); ok != want || err != nil {
							t.Errorf("%s: %s: %t, %v, want %t", tt.name, p, ok, err, want)
						}
						r, err := w.Resolve(w.ctx, tt.actor)
						if err != nil || r.Can(p) != want {
							t.Errorf("%s: Resolve, %s: %t, %v, want %t", tt.name, p, r.Can(p), err, want)
						}
					}
				}
			}
		})
	}
}

// A user that cannot be read is not taken for one who has nothing.
func TestLazy_FailureIsNoAnswer(t *testing.T) {
	t.Parallel()
	p := newPair(t, rbac.Options{EagerLimit: -1})
	p.apply(p.there, fxAssign(rbac.User("bob"), p.role))
	p.want("yes")
	p.store.hook(outOfReach, nil)
	for range 2 {
		if ok, err := p.here.Can(p.ctx, rbac.As("bob"), fxA); ok || !errors.Is(err, rbac.ErrUnavailable) && !errors.Is(err, rbac.ErrStale) {
			t.Errorf("out of reach: %t, %v", ok, err)
		}
	}
	p.store.hook(nil, nil)
	if ok, err := p.here.Can(p.ctx, rbac.As("bob"), fxA); !ok || err != nil {
		t.Errorf("back: %t, %v", ok, err)
	}
}

// A log with a hole would make a state that never was; a store that hands one
// out is not believed.
func TestLazy_LogWithAHole(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{-1, 0} {
		p := newPair(t, rbac.Options{EagerLimit: limit})
		p.want("yes")
		p.revoke()
		p.apply(p.there, fxAssign(rbac.User("bob"), p.role))
		p.clock.Add(p.max, p.max)
		p.store.swap(holed{p.db})
		if ok, err := p.here.Can(p.ctx, rbac.As("ann"), fxA); ok || err == nil {
			t.Errorf("EagerLimit %d: %t, %v", limit, ok, err)
		}
		p.store.swap(p.db)
		p.want("no")
	}
}

// holed is a store whose log lacks the entry that follows.
type holed struct{ store.Store }

func (s holed) Log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	cs, err := s.Store.Log(ctx, tenant, q)
	if len(cs) > 1 {
		cs = cs[1:]
	}
	return cs, err
}

// A process whose clock is behind does not take for lasting what has ended by
// the time of the last change, whichever way it answers.
func TestLazy_TheTimeOfTheHead(t *testing.T) {
	t.Parallel()
	for _, k := range kept {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, k.options)
			ahead := p.process(p.db, rbac.Options{Now: func() time.Time { return p.clock.Now().Add(30 * time.Second) }})
			p.apply(p.there, rbac.Assign(rbac.NewAssignment{Subject: rbac.User("bob"), Role: p.role, Until: p.clock.Now().Add(20 * time.Second)}))
			for _, want := range []bool{true, false} {
				for i := range 3 {
					if ok, err := p.here.Can(p.ctx, rbac.As("bob"), fxA); ok != want || err != nil {
						t.Errorf("check %d: %t, %v, want %t", i, ok, err, want)
					}
				}
				p.apply(ahead, fxAssign(rbac.User(fmt.Sprintf("after %t", want)), p.club))
				p.clock.Add(p.max, p.max)
			}
		})
	}
}
