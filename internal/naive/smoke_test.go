package naive

import (
	"math/rand/v2"
	"testing"
	"time"
)

// source draws small random worlds and operations.
type source struct{ *rand.Rand }

func pick[T any](r source, from ...T) T { return from[r.IntN(len(from))] }

func (r source) words() []string {
	list := []string{}
	for _, p := range perms("v c e d A V g x y z oo gone") {
		if r.IntN(3) == 0 {
			list = append(list, p)
		}
	}
	return list
}

func (r source) known() []string {
	list := []string{}
	for _, p := range r.words() {
		if p != "gone" && (p != "oo" || r.IntN(4) == 0) {
			list = append(list, p)
		}
	}
	return list
}

func (r source) subject() Subject {
	if r.IntN(3) == 0 {
		return Group(pick(r, "g", "h", "i"))
	}
	return User(pick(r, "a", "b", "c", "d"))
}

func (r source) roleID() string {
	return pick(r, "r1", "r2", "r3", "r1", "r2", "r3", "n1", "owner", "admin", "user", "ghost")
}

func (r source) end() int64 { return pick[int64](r, 0, 0, 0, 900, 1000, 1500, 2000) }

func (r source) window() (from, until int64) {
	for {
		from, until = r.end(), r.end()
		if from == 0 || until == 0 || from < until {
			return from, until
		}
	}
}

func (r source) state() *State {
	w := empty().give("d", "owner")
	for _, id := range []string{"r1", "r2", "r3"} {
		w.role(id, "").status(id, pick(r, "active", "active", "active", "suspended", "blocked", "odd"))
		w.s.Roles[id].Perms = setOf(r.words())
		w.s.Roles[id].Damaged = r.IntN(12) == 0
		if r.IntN(3) == 0 { // a strong one
			w.s.Roles[id].Perms = setOf(perms(everyAdmin + "x y"))
		}
	}
	for range 5 {
		from, until := r.window()
		w.row(r.subject(), pick(r, "r1", "r2", "r3", "admin", "user", "ghost"), from, until, "")
	}
	for range 3 {
		key := MemberKey{pick(r, "g", "h", "i"), r.subject()}
		if key.Member.Kind == "user" || key.Group < key.Member.ID {
			w.s.Members[key] = true
		}
	}
	return w.s
}

// company is a random state in which a and b may do things and c is above them.
func (r source) company() *State {
	w := &world{r.state()}
	w.role("boss", everyAdmin+"x y").role("mate", everyAdmin+"x").role("senior", everyAdmin+"x y z")
	w.row(User("a"), "boss", 0, pick[int64](r, 0, 1500), "").give("b", "mate")
	w.row(User("c"), "senior", 0, pick[int64](r, 0, 0, 3000), "")
	for _, id := range []string{"r1", "r2", "r3"} { // sets that a and b can handle
		if r.IntN(2) == 0 {
			w.role(id, pick(r, "", "x", "y", "x y"))
		}
	}
	return w.s
}

func (r source) op(fresh string) Op {
	op := Op{
		Kind: pick(r, "create", "edit", "edit", "delete", "delete", "grant", "revoke", "assign", "assign",
			"unassign", "add_member", "remove_member", "offboard", "bootstrap", "sweep", "erase", "paint"),
		Role: r.roleID(), Name: pick(r, "A", "B", "Owner", "name r1", ""), Status: pick(r, "active", "suspended", "blocked", "", "odd"),
		SetName: r.IntN(4) == 0, SetStatus: r.IntN(3) == 0, SetPerms: r.IntN(2) == 0, SetMetadata: r.IntN(8) == 0,
		Perms: r.known(), Version: pick[uint64](r, 3, 3, 3, 4, 1, 0), Reassign: pick(r, "", r.roleID()),
		Subject: r.subject(), Group: pick(r, "g", "h", "i", ""), Member: r.subject(),
	}
	op.From, op.Until = r.window()
	if op.Kind == "create" {
		op.Role = fresh
	}
	return op
}

func (r source) actor() Actor {
	switch r.IntN(12) {
	case 0:
		return System()
	case 1:
		return Actor{}
	}
	a := As(pick(r, "a", "b", "c", "d"))
	if r.IntN(4) == 0 {
		a.Asserted = []string{pick(r, "g", "h")}
	}
	if r.IntN(5) == 0 {
		a.Narrowed, a.Only = true, []string{pick(r, "r1", "r2", "owner", "nope")}
	}
	return a
}

// TestSmoke draws batches: nothing panics, refused is unchanged (P8), and what is accepted keeps
// P1 to P4, the shape of the state, and "list = check" (P9).
func TestSmoke(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := source{rand.New(rand.NewPCG(seed, 1))}
	cfg := testConfig()
	accepted, refused := map[string]int{}, map[string]int{}
	deadline := time.Now().Add(time.Second)
	for time.Now().Before(deadline) {
		start := r.state()
		a := r.actor()
		ops := []Op{r.op("n1")}
		if r.IntN(2) == 0 {
			ops = append(ops, r.op("n2"))
		}
		copied := start.Clone()
		end, v := Apply(cfg, start, a, now, ops...)
		if !start.Equal(copied) {
			t.Fatalf("the input was written to by %+v %+v\n%s", a, ops, copied)
		}
		if !v.OK {
			refused[v.Reason]++
			if end != start || v.Changed || v.Reason == "" {
				t.Fatalf("refused and yet: %+v", v)
			}
			continue
		}
		for _, op := range ops {
			accepted[op.Kind]++
		}
		if CheckShape(cfg, start) == nil {
			if err := CheckShape(cfg, end); err != nil {
				t.Fatalf("%v: %+v %+v\n%s\n%s", err, a, ops, start, end)
			}
		}
		for _, op := range ops {
			if err := CheckLastOwner(start, end); err != nil && op.Kind != "erase" && ops[0].Kind != "erase" && ops[len(ops)-1].Kind != "erase" {
				t.Fatalf("%v: %+v", err, ops)
			}
		}
		if a.Kind == "user" {
			for _, err := range []error{
				CheckT1T2(cfg, start, end, []string{a.User}, now, now),
				CheckT3(cfg, start, end, []string{a.User}, now, now),
			} {
				if top, _ := Permissions(cfg, start, a.User, now); err != nil && !top {
					t.Fatalf("%v: %+v %+v\n%s\n%s", err, a, ops, start, end)
				}
			}
		}
		for _, u := range users(end) {
			for perm := range cfg.Known {
				top, names := Permissions(cfg, end, u, now)
				inList := top || names[perm]
				who := false
				for _, w := range WhoCan(cfg, end, perm, now) {
					who = who || w == u
				}
				if can := Can(cfg, end, As(u), now, perm); can != inList || can != who {
					t.Fatalf("P9: %s %s: can %v, listed %v, who %v", u, perm, can, inList, who)
				}
			}
			break // one user is enough here
		}
	}
	t.Logf("accepted %v", accepted)
	t.Logf("refused %v", refused)
}

// TestSequences lets two colluding users act at will from one start and checks T1, T2 and T3 from
// that start after every accepted step, while time passes.
func TestSequences(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := source{rand.New(rand.NewPCG(seed, 2))}
	cfg := testConfig()
	coalition := []string{"a", "b"}
	steps, premises := 0, 0
	deadline := time.Now().Add(time.Second)
	for time.Now().Before(deadline) {
		start := r.company()
		if _, err := coalitionSet(cfg, start, coalition, now); err != nil {
			continue
		}
		premises++
		state, at := start, int64(now)
		for i := range 12 {
			at += pick[int64](r, 0, 0, 0, 100, 500)
			actor := r.actor()
			actor.Kind, actor.User = "user", pick(r, "a", "b")
			op := r.op("n" + string(rune('1'+i%9)))
			if existing := state.Roles[op.Role]; existing != nil {
				op.Version = existing.Version
			}
			next, v := Apply(cfg, state, actor, at, op)
			if !v.Changed {
				continue
			}
			steps++
			for _, err := range []error{
				CheckT1T2(cfg, start, next, coalition, now, at),
				CheckT3(cfg, start, next, coalition, now, at),
			} {
				if err != nil {
					t.Fatalf("%v: %+v %+v\nstart\n%s\nbefore\n%s\nafter\n%s", err, actor, op, start, state, next)
				}
			}
			state = next
		}
	}
	t.Logf("%d starts, %d changes", premises, steps)
}
