package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/internal/naive"
	"github.com/seed80bc5f17/rbac/store"
)

// machine is a run: one tenant in a store, and the same in the model.
type machine struct {
	store   store.Store
	tenant  string
	code    []deployment
	running int // index in code
	clock   int64
	state   *naive.State
	past    []moment // the last one is state
	watcher *rbac.Authority
	stats   *Stats
	drawn   int
	made    []string // ids of roles that were to be made, in order
}

func (m *machine) now() deployment            { return m.code[m.running] }
func (m *machine) authority() *rbac.Authority { return m.now().rbac.Tenant(m.tenant) }

// time is the clock, in microseconds.
func (m *machine) time() int64 { return m.clock }

var everything = store.Selection{Model: true, AllUpTo: 1 << 30}

// Run makes one random run of up to the given number of steps on a tenant of s
// that nobody else uses, and counts in stats what it met.
func Run(t *rapid.T, s store.Store, tenant string, steps int, stats *Stats) {
	m := &machine{store: s, tenant: tenant, stats: stats, clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), state: naive.NewState()}
	g := generator{t, m}
	code, err := deployments(s, func() time.Time { return time.UnixMicro(m.clock) }, g.caching())
	if err != nil {
		t.Fatal(err)
	}
	m.code, m.watcher = code[:len(code)-1], code[len(code)-1].rbac.Tenant(tenant).Fresh()
	g.become(m.state)
	g.found()
	for range rapid.IntRange(steps*2/3, steps).Draw(t, "steps") {
		g.step()
	}
	for _, d := range m.code[1:] { // each code once
		v, err := d.rbac.Tenant(tenant).Verify(context.Background(), rbac.System("proof"))
		if err != nil || len(v.Problems) > 0 {
			t.Fatalf("P5: the log does not justify the tenant: %v %v", err, v.Problems)
		}
	}
}

// found gives the tenant an Owner and some people something to work with.
func (g generator) found() {
	sys, nsys := rbac.System("set up"), naive.System()
	g.try(sys, nsys, change{rbac.Bootstrap("o1"), naive.Op{Kind: "bootstrap", Subject: naive.User("o1")}})
	assign := func(user, role string) {
		g.try(sys, nsys, change{
			rbac.Assign(rbac.NewAssignment{Subject: rbac.User(user), Role: rbac.RoleID(role)}),
			naive.Op{Kind: "assign", Subject: naive.User(user), Role: role},
		})
	}
	if g.chance("a second owner", 40) {
		assign("o2", "owner")
	}
	for _, user := range []string{"u1", "u2", "u3"} {
		if g.chance("an admin", 40) {
			assign(user, "admin")
			continue
		}
		names := []string{"a.x", "rbac.roles.view"}
		for _, p := range own {
			if g.chance(string(p), 85) {
				names = append(names, string(p))
			}
		}
		for _, name := range []string{"a.y", "a.z", "old.p"} {
			if g.chance(name, 60) {
				names = append(names, name)
			}
		}
		op := rbac.CreateRole(rbac.NewRole{Name: "Role of " + user, Permissions: set(names)})
		g.try(sys, nsys, change{op, naive.Op{Kind: "create", Role: string(op.RoleID()), Name: "Role of " + user, Perms: names}})
		assign(user, string(op.RoleID()))
	}
}

func (g generator) step() {
	m := g.m
	if g.chance("time passes", 25) {
		m.clock += int64(rapid.IntRange(0, 3000).Draw(g.T, "milliseconds")) * 1000
	}
	if g.chance("another process", 10) {
		m.running = rapid.IntRange(0, len(m.code)-1).Draw(g.T, "process")
	}
	if g.chance("by hand", 2) {
		g.tamper()
	}
	a, n := g.actor()
	ops := []change{g.change(n)}
	if g.chance("a batch", 15) {
		for range rapid.IntRange(1, 3).Draw(g.T, "more") {
			ops = append(ops, g.change(n))
		}
	}
	g.try(a, n, ops...)
	g.ask()
}

// tamper edits a record behind the library's back, as somebody with access to
// the database might: an unreadable role, or a status nobody knows.
func (g generator) tamper() {
	s, err := g.m.store.Load(context.Background(), g.m.tenant, everything)
	if err != nil {
		g.Fatal(err)
	}
	if len(s.Roles) == 0 {
		return
	}
	s.Roles = slices.SortedFunc(slices.Values(s.Roles), func(a, b store.Role) int {
		return slices.Index(g.m.made, a.ID) - slices.Index(g.m.made, b.ID)
	})
	before := s.Roles[rapid.IntRange(0, len(s.Roles)-1).Draw(g.T, "record")]
	after := before
	if g.chance("damage", 50) {
		after.Damaged, after.Permissions = true, []string{}
	} else {
		after.Status = "archived"
	}
	c := store.Commit{
		ID: fmt.Sprintf("hand%d", s.Head.Revision), Time: g.m.clock, Entry: []byte(`{"rules":"by hand"}`),
		Roles: []store.Change[store.Role]{{Before: &before, After: &after}},
	}
	if err := g.m.store.Commit(context.Background(), g.m.tenant, s.Head, []store.Commit{c}); err != nil {
		g.Fatal(err)
	}
	g.become(g.stored())
}

// try attempts a batch on both sides and compares verdict, reason, details and
// the state it leaves; a refusal leaves everything as it was, byte for byte.
func (g generator) try(a rbac.Actor, n naive.Actor, ops ...change) {
	ctx := context.Background()
	var real []rbac.Op
	var model []naive.Op
	var label []string
	for _, op := range ops {
		real, model = append(real, op.real), append(model, op.model)
		label = append(label, fmt.Sprintf("%+v", op.model))
		if op.model.Kind == "create" {
			g.m.made = append(g.m.made, op.model.Role)
		}
	}
	config, before := g.m.now().config, g.m.state
	after, want := naive.Apply(config, before, n, g.m.clock, model...)
	if len(ops) > 1 && want.Reason != "actor" && slices.ContainsFunc(model, g.malformed) {
		after, want = before, naive.Verdict{Reason: "invalid"} // a batch is read before it is judged
	}
	g.preview(a, real, want, label)
	rawBefore := g.raw()
	receipt, err := g.m.authority().Apply(ctx, a, real...)
	got := verdict(err)
	want.Changed, got.Changed = false, false
	if diff := cmp.Diff(want, got); diff != "" {
		g.Fatalf("%v attempts %v at %d:\nverdict (-model +library):\n%s%v\nin the state:\n%v", n, label, g.m.clock, diff, err, before)
	}
	if err != nil || !receipt.Changed {
		if raw := g.raw(); raw != rawBefore {
			g.Fatalf("P8: %v attempts %v: refused or no change, but the store differs:\n%s", n, label, cmp.Diff(rawBefore, raw))
		}
	}
	g.m.stats.count(want, model)
	if g.become(after); err == nil && receipt.Changed {
		*g.m.now().known = len(g.m.past) - 1 // one's own change is seen at once
	}
	stored := g.stored()
	if !after.Equal(stored) {
		g.Fatalf("%v did %v:\nstate (-model +library):\n%s", n, label, cmp.Diff(after.String(), stored.String()))
	}
	g.safe(n, before, after)
}

// malformed reports whether an operation can be refused without a state. Names
// that an edit does not find in a role need one.
func (g generator) malformed(op naive.Op) bool {
	if op.Kind == "edit" || op.Kind == "grant" || op.Kind == "revoke" {
		op.Role = "role_nowhere"
	}
	_, v := naive.Apply(g.m.now().config, naive.NewState(), naive.System(), g.m.clock, op)
	return v.Reason == "invalid"
}

// preview must say what Apply is about to say.
func (g generator) preview(a rbac.Actor, ops []rbac.Op, want naive.Verdict, label []string) {
	if !g.chance("preview", 10) {
		return
	}
	_, err := g.m.authority().Preview(context.Background(), a, ops...)
	if got := verdict(err); got.OK != want.OK || got.Reason != want.Reason {
		g.Fatalf("S21: Preview of %v by %v says %v, Apply must say %v", label, a, err, want)
	}
}

// safe checks P1–P4 over one step.
func (g generator) safe(n naive.Actor, before, after *naive.State) {
	config, now := g.m.now().config, g.m.clock
	if err := naive.CheckLastOwner(before, after); err != nil {
		g.Fatalf("P4: %v", err)
	}
	if n.Kind != "user" {
		return
	}
	if err := naive.CheckT1T2(config, before, after, []string{n.User}, now, now); err != nil && !errors.Is(err, naive.ErrAssumption) {
		g.Fatalf("P1, P2: %v", err)
	}
	if err := naive.CheckT3(config, before, after, []string{n.User}, now, now); err != nil && !errors.Is(err, naive.ErrAssumption) {
		g.Fatalf("P3: %v", err)
	}
}

// verdict translates the library's answer. What is no answer is a failure.
func verdict(err error) naive.Verdict {
	var denied *rbac.DeniedError
	var invalid *rbac.InvalidError
	switch {
	case err == nil:
		return naive.Verdict{OK: true}
	case errors.As(err, &denied):
		v := naive.Verdict{Reason: string(denied.Reason), Count: denied.Count}
		for _, p := range denied.Missing {
			v.Missing = append(v.Missing, string(p))
		}
		if denied.Subject != (rbac.Subject{}) {
			v.Subject = subjectOf(denied.Subject)
		}
		return v
	case errors.As(err, &invalid):
		return naive.Verdict{Reason: "invalid"}
	}
	return naive.Verdict{Reason: "no answer: " + err.Error()}
}

func subjectOf(s rbac.Subject) naive.Subject {
	if s.IsGroup() {
		return naive.Group(s.ID())
	}
	return naive.User(s.ID())
}

// raw is everything the store has of the tenant, its log included.
func (g generator) raw() string {
	ctx := context.Background()
	s, err := g.m.store.Load(ctx, g.m.tenant, everything)
	if err != nil {
		g.Fatal(err)
	}
	newest, err := g.m.store.Log(ctx, g.m.tenant, store.LogQuery{Backward: true, Limit: 3})
	if err != nil {
		g.Fatal(err)
	}
	// No order is promised.
	s.Roles = slices.SortedFunc(slices.Values(s.Roles), func(a, b store.Role) int { return strings.Compare(a.ID, b.ID) })
	s.Assignments = slices.SortedFunc(slices.Values(s.Assignments), func(a, b store.Assignment) int {
		return strings.Compare(fmt.Sprint(a.Subject, a.Role), fmt.Sprint(b.Subject, b.Role))
	})
	s.Memberships = slices.SortedFunc(slices.Values(s.Memberships), func(a, b store.Membership) int {
		return strings.Compare(fmt.Sprint(a.Group, a.Member), fmt.Sprint(b.Group, b.Member))
	})
	text, err := json.Marshal([]any{s, newest})
	if err != nil {
		g.Fatal(err)
	}
	return string(text)
}

// stored reads the store into the model's form.
func (g generator) stored() *naive.State {
	s, err := g.m.store.Load(context.Background(), g.m.tenant, everything)
	if err != nil {
		g.Fatal(err)
	}
	out := naive.NewState()
	for _, r := range s.Roles {
		role := &naive.Role{
			ID: r.ID, Name: r.Name, Description: r.Description, Status: r.Status, Perms: map[string]bool{},
			Damaged: r.Damaged, Metadata: r.Metadata, Version: r.Version,
		}
		for _, p := range r.Permissions {
			role.Perms[p] = true
		}
		out.Roles[r.ID] = role
	}
	for _, a := range s.Assignments {
		sub := naive.Subject{Kind: string(a.Subject.Kind), ID: a.Subject.ID}
		out.Rows[naive.RowKey{Subject: sub, Role: a.Role}] = naive.Row{
			Subject: sub, Role: a.Role, From: a.From, Until: a.Until, GrantedBy: a.GrantedBy,
		}
	}
	for _, b := range s.Memberships {
		out.Members[naive.MemberKey{Group: b.Group, Member: naive.Subject{Kind: string(b.Member.Kind), ID: b.Member.ID}}] = true
	}
	return out
}
