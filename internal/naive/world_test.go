package naive

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// now is the time of every judgement unless a test says otherwise.
const now = 1000

// shorthand are the letters of shared/design/attacks.md for the administrative permissions.
var shorthand = map[string]string{
	"v": permView, "c": permCreate, "e": permEdit, "d": permDelete,
	"A": permAssign, "V": permUnassign, "g": permGroups, "h": "rbac.audit.view",
}

const everyAdmin = "v c e d A V g "

// perms reads "v e x": letters of shorthand, everything else as it stands.
func perms(words string) []string {
	list := []string{}
	for _, word := range strings.Fields(words) {
		if long, ok := shorthand[word]; ok {
			word = long
		}
		list = append(list, word)
	}
	return list
}

// testConfig: host permissions x y z k and the OwnerOnly oo; gone is unknown.
func testConfig() Config {
	return Config{
		Known:     setOf(perms("v c e d A V g h x y z k oo")),
		OwnerOnly: setOf(perms("oo")),
		Prebuilt: map[string]map[string]bool{
			"admin": setOf(perms("v c e d A V g h x y z k")),
			"user":  {},
		},
		PrebuiltNames: map[string]string{"owner": "Owner", "admin": "Admin", "user": "Mitglied für alle"},
	}
}

// world builds states.
type world struct{ s *State }

func (w *world) role(id, words string) *world {
	w.s.Roles[id] = &Role{ID: id, Name: "name " + id, Status: "active", Perms: setOf(perms(words)), Version: 3}
	return w
}

func (w *world) status(id, status string) *world { w.s.Roles[id].Status = status; return w }
func (w *world) damaged(id string) *world        { w.s.Roles[id].Damaged = true; return w }
func (w *world) named(id, name string) *world    { w.s.Roles[id].Name = name; return w }
func (w *world) version(id string, v uint64) *world {
	w.s.Roles[id].Version = v
	return w
}

func (w *world) without(id string) *world { delete(w.s.Roles, id); return w }

func (w *world) row(s Subject, role string, from, until int64, by string) *world {
	w.s.Rows[RowKey{s, role}] = Row{Subject: s, Role: role, From: from, Until: until, GrantedBy: by}
	return w
}

func (w *world) drop(s Subject, role string) *world {
	delete(w.s.Rows, RowKey{s, role})
	return w
}

func (w *world) give(user string, roles ...string) *world {
	for _, role := range roles {
		w.row(User(user), role, 0, 0, "")
	}
	return w
}

func (w *world) giveGroup(group string, roles ...string) *world {
	for _, role := range roles {
		w.row(Group(group), role, 0, 0, "")
	}
	return w
}

func (w *world) join(group string, users ...string) *world {
	for _, u := range users {
		w.s.Members[MemberKey{group, User(u)}] = true
	}
	return w
}

func (w *world) leave(group string, member Subject) *world {
	delete(w.s.Members, MemberKey{group, member})
	return w
}

func (w *world) nest(group, sub string) *world {
	w.s.Members[MemberKey{group, Group(sub)}] = true
	return w
}

// empty is a tenant without anything.
func empty() *world { return &world{NewState()} }

// cast is the usual company. al is the actor: every administrative permission, x and y, through
// boss. own is an Owner, se covers al and more, pe covers exactly al's, bo has nothing.
func cast() *world {
	return empty().
		role("boss", everyAdmin+"x y").role("peer", everyAdmin+"x y").role("senior", everyAdmin+"x y z").
		role("small", "x").role("big", "x z").role("none", "").
		give("al", "boss").give("own", "owner").give("se", "senior").give("pe", "peer").give("bo", "none")
}

// actorWith is a company of al, whose one role holds the words, and the Owner own.
func actorWith(words string) *world {
	return empty().role("boss", words).give("al", "boss").give("own", "owner")
}

// example is a start, a batch and what must come of it. If reason is "" the end is start changed
// by after, or, if that is nil, start itself.
type example struct {
	name    string
	start   *world
	actor   Actor
	ops     []Op
	reason  string
	missing []string
	subject Subject
	count   int
	after   func(w *world)
}

var al, own = As("al"), As("own")

func batch(ops ...Op) []Op { return ops }

func create(name, words string) Op {
	return Op{Kind: "create", Role: "new", Name: name, Perms: perms(words)}
}

func edit(role string) Op { return Op{Kind: "edit", Role: role, Version: 3} }

func editPerms(role, words string) Op {
	op := edit(role)
	op.SetPerms, op.Perms = true, perms(words)
	return op
}

func editName(role, name string) Op {
	op := edit(role)
	op.SetName, op.Name = true, name
	return op
}

func editStatus(role, status string) Op {
	op := edit(role)
	op.SetStatus, op.Status = true, status
	return op
}

func grant(role, words string) Op  { return Op{Kind: "grant", Role: role, Perms: perms(words)} }
func revoke(role, words string) Op { return Op{Kind: "revoke", Role: role, Perms: perms(words)} }
func remove(role string) Op        { return Op{Kind: "delete", Role: role, Version: 3} }
func reassign(role, to string) Op {
	return Op{Kind: "delete", Role: role, Version: 3, Reassign: to}
}
func assign(s Subject, role string) Op { return Op{Kind: "assign", Subject: s, Role: role} }
func assignWindow(s Subject, role string, from, until int64) Op {
	return Op{Kind: "assign", Subject: s, Role: role, From: from, Until: until}
}
func unassign(s Subject, role string) Op { return Op{Kind: "unassign", Subject: s, Role: role} }
func add(group string, member Subject) Op {
	return Op{Kind: "add_member", Group: group, Member: member}
}

func take(group string, member Subject) Op {
	return Op{Kind: "remove_member", Group: group, Member: member}
}
func offboard(s Subject) Op    { return Op{Kind: "offboard", Subject: s} }
func bootstrap(user string) Op { return Op{Kind: "bootstrap", Subject: User(user)} }

// check runs the examples and, on each accepted one, the safety checks that apply.
func check(t *testing.T, examples []example) {
	t.Helper()
	seen := map[string]bool{}
	for _, x := range examples {
		if seen[x.name] {
			t.Errorf("two examples are named %q", x.name)
		}
		seen[x.name] = true
		t.Run(x.name, func(t *testing.T) { x.run(t) })
	}
}

func (x example) run(t *testing.T) {
	cfg := testConfig()
	start := x.start.s.Clone()
	end, v := Apply(cfg, start, x.actor, now, x.ops...)
	if !start.Equal(x.start.s) {
		t.Fatal("Apply wrote into its input")
	}
	if v.Reason != x.reason || v.OK != (x.reason == "") || !slices.Equal(v.Missing, x.missing) ||
		v.Subject != x.subject || v.Count != x.count {
		t.Fatalf("got %+v, want reason %q missing %v subject %v count %d", v, x.reason, x.missing, x.subject, x.count)
	}
	want := &world{start.Clone()}
	if x.after != nil {
		x.after(want)
	}
	if !end.Equal(want.s) {
		t.Fatalf("got\n%swant\n%s", end, want.s)
	}
	if v.Changed != !end.Equal(start) || !v.Changed && end != start {
		t.Fatalf("Changed is %v", v.Changed)
	}
}

// every replaces the batch of an example by each of the ops in turn, numbering the names.
func every(x example, ops ...Op) []example {
	var list []example
	for i, op := range ops {
		y := x
		y.name = fmt.Sprintf("%s/%d %s", x.name, i, op.Kind)
		y.ops = batch(op)
		list = append(list, y)
	}
	return list
}
