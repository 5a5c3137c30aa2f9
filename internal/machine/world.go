// Package machine drives an Authority and the naive model side by side with
// random operations and questions, and compares every answer. It is for tests
// only, of this module and of the stores in other modules.
package machine

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/internal/naive"
	"github.com/seed80bc5f17/rbac/store"
)

// deployment is one version of the host's code: a catalogue and prebuilt
// roles, as the library sees them and as the model does.
type deployment struct {
	rbac   *rbac.Authority
	config naive.Config
	names  []string // of the host's permissions
	known  *int     // the last state in the run's past that its checks must know
}

// The library's own permissions.
var own = []rbac.Permission{
	rbac.RolesView, rbac.RolesCreate, rbac.RolesEdit, rbac.RolesDelete,
	rbac.RolesAssign, rbac.RolesUnassign, rbac.GroupsEdit, rbac.AuditView,
}

func deploy(s store.Store, now func() time.Time, host []rbac.PermissionInfo, prebuilt []rbac.Prebuilt, o rbac.Options) (deployment, error) {
	d := deployment{known: new(int)}
	catalog, err := rbac.NewCatalog(rbac.Section{Name: "Host", Permissions: host})
	if err != nil {
		return d, err
	}
	o.MultiTenant, o.Prebuilt, o.Now = true, prebuilt, now
	d.rbac, err = rbac.New(s, catalog, &o)
	if err != nil {
		return d, err
	}
	d.config = naive.Config{
		Known: map[string]bool{}, OwnerOnly: map[string]bool{},
		Prebuilt:      map[string]map[string]bool{"admin": {}, "user": {}},
		PrebuiltNames: map[string]string{"owner": "Owner", "admin": "Admin", "user": "User"},
	}
	for _, p := range host {
		d.names = append(d.names, string(p.ID))
		d.config.OwnerOnly[string(p.ID)] = p.OwnerOnly
	}
	for p := range catalog.Permissions().All() {
		d.config.Known[string(p)] = true
		d.config.Prebuilt["admin"][string(p)] = !d.config.OwnerOnly[string(p)]
	}
	for _, p := range prebuilt {
		d.config.PrebuiltNames[string(p.ID)] = p.Name
		d.config.Prebuilt[string(p.ID)] = map[string]bool{}
		for name := range p.Permissions.All() {
			d.config.Prebuilt[string(p.ID)][string(name)] = true
		}
	}
	return d.tidy(), nil
}

// tidy drops the false entries of the model's sets, which it may not expect.
func (d deployment) tidy() deployment {
	drop := func(set map[string]bool) {
		for k, v := range set {
			if !v {
				delete(set, k)
			}
		}
	}
	drop(d.config.OwnerOnly)
	for _, set := range d.config.Prebuilt {
		drop(set)
	}
	return d
}

// deployments returns the same code twice, as two processes would run it, and
// a later version of it twice: a permission and a prebuilt role retired, another
// permission now OwnerOnly. Each keeps as much for its checks as caching says.
func deployments(s store.Store, now func() time.Time, caching []rbac.Options) ([]deployment, error) {
	older := []rbac.PermissionInfo{{ID: "a.x"}, {ID: "a.y"}, {ID: "a.z"}, {ID: "b.own", OwnerOnly: true}, {ID: "old.p"}}
	newer := []rbac.PermissionInfo{{ID: "a.x"}, {ID: "a.y"}, {ID: "a.z", OwnerOnly: true}, {ID: "b.own", OwnerOnly: true}}
	legacy := []rbac.Prebuilt{
		{ID: "user", Name: "User", Permissions: rbac.Set("a.x")},
		{ID: "legacy", Name: "Legacy", Permissions: rbac.Set("a.x", rbac.RolesView, rbac.RolesUnassign)},
	}
	support := []rbac.Prebuilt{{ID: "support", Name: "Support", Permissions: rbac.Set("a.x", rbac.RolesView, rbac.RolesAssign)}}
	var out []deployment
	for i, code := range []struct {
		host     []rbac.PermissionInfo
		prebuilt []rbac.Prebuilt
	}{{older, legacy}, {older, legacy}, {newer, support}, {newer, support}} {
		d, err := deploy(s, now, code.host, code.prebuilt, caching[i])
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// change is one operation in both languages.
type change struct {
	real  rbac.Op
	model naive.Op
}

// generator draws random parts of a world.
type generator struct {
	*rapid.T
	m *machine
}

// uniform draws a number below n without rapid's preference for small ones,
// which would make most steps alike. It shrinks to 0.
func (g generator) uniform(label string, n int) int {
	return rapid.Custom(func(t *rapid.T) int {
		x := 0
		for range 10 {
			x <<= 1
			if rapid.Bool().Draw(t, "bit") {
				x |= 1
			}
		}
		return x * n >> 10
	}).Draw(g.T, label)
}

func pick[T any](g generator, label string, of ...T) T { return of[g.uniform(label, len(of))] }

func (g generator) chance(label string, percent int) bool {
	return g.uniform(label, 100) >= 100-percent
}

func (g generator) user() string { return pick(g, "user", "o1", "o2", "u1", "u2", "u3", "u4") }

func (g generator) group() string { return pick(g, "group", "g1", "g2", "g3", "u1") }

func (g generator) subject() (rbac.Subject, naive.Subject) {
	if g.chance("a group", 35) {
		id := g.group()
		return rbac.Group(id), naive.Group(id)
	}
	id := g.user()
	return rbac.User(id), naive.User(id)
}

// role draws an id, mostly of a role that exists.
func (g generator) role() string {
	ids := []string{"owner", "admin", "user", "legacy", "support", "role_none"}
	for _, id := range g.m.made { // in the order made, so that a run can be repeated though ids are random
		if g.m.state.Roles[id] != nil {
			ids = append(ids, id, id, id, id)
		}
	}
	return pick(g, "role", ids...)
}

func (g generator) actor() (rbac.Actor, naive.Actor) {
	if g.chance("system", 7) {
		return rbac.System("maintenance"), naive.System()
	}
	if g.chance("nobody", 1) {
		return rbac.Actor{}, naive.Actor{}
	}
	id := g.user()
	a, n := rbac.As(id), naive.As(id)
	if g.chance("asserts", 15) {
		group := g.group()
		a, n.Asserted = a.InGroups(group), []string{group}
	}
	if g.chance("narrowed", 12) {
		n.Narrowed, n.Only = true, nil
		var only []rbac.RoleID
		for range rapid.IntRange(0, 2).Draw(g.T, "roles") {
			id := g.role()
			only, n.Only = append(only, rbac.RoleID(id)), append(n.Only, id)
		}
		a = a.Only(only...)
	}
	return a, n
}

// permissions draws names, mostly of what the actor has.
func (g generator) permissions(a naive.Actor) []string {
	d := g.m.now()
	names := append([]string{"a.x", "a.x", "a.y", "a.y"}, d.names...)
	top, set := naive.Auth(d.config, g.m.state, a, g.m.time(), false)
	if len(set) > 0 && g.chance("within", 75) {
		names = names[:0]
		for name := range set {
			names = append(names, name)
		}
	}
	if top || g.chance("admin names", 10) {
		for _, p := range own {
			names = append(names, string(p))
		}
	}
	if g.chance("a stray name", 4) {
		names = append(names, "no.such", "old.p", "b.own")
	}
	slices.Sort(names)
	out := rapid.SliceOfN(rapid.SampledFrom(names), 0, 5).Draw(g.T, "permissions")
	if g.chance("all own names", 20) {
		for _, p := range own {
			out = append(out, string(p))
		}
	}
	return out
}

func set(names []string) rbac.PermissionSet {
	out := make([]rbac.Permission, len(names))
	for i, name := range names {
		out[i] = rbac.Permission(name)
	}
	return rbac.Set(out...)
}

func (g generator) name() string {
	if g.chance("a common name", 20) {
		return pick(g, "name", "Alpha", "ALPHA", "Beta", "Owner", "Admın", "support", "Legacy")
	}
	g.m.drawn++
	return fmt.Sprintf("Role %d", g.m.drawn)
}

var statuses = map[string]rbac.Status{"active": rbac.Active, "suspended": rbac.Suspended, "blocked": rbac.Blocked}
