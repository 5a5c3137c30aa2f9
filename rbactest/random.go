package rbactest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// Random draws policies and operations for property tests. The same numbers
// draw the same, apart from the ids of roles, which the library draws. It is
// for one goroutine.
type Random struct {
	rand    *rand.Rand
	catalog *rbac.Catalog
}

// NewRandom returns a Random for a catalogue. The numbers come from [Rand], or
// from a seed of a fuzz test, testing/quick or another framework, as in
//
//	rbactest.NewRandom(rand.New(rand.NewPCG(seed, 0)), catalog)
func NewRandom(r *rand.Rand, c *rbac.Catalog) *Random { return &Random{r, c} }

// Permissions draws a set of permissions that a role can have: one in two
// times rbac.roles.view is among them, without which nobody changes anything.
func (r *Random) Permissions() rbac.PermissionSet {
	return rbac.Set(r.some()...)
}

func (r *Random) some() []rbac.Permission {
	all := slices.Collect(r.catalog.Delegable().All())
	r.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	out := all[:r.rand.IntN(len(all)+1)]
	if r.rand.IntN(2) == 0 {
		out = append(slices.Clone(out), rbac.RolesView)
	}
	return out
}

// Policy draws a policy: up to six roles, up to four groups, some of them
// nested, and up to seven users, of whom "owner" is an Owner. What it draws can
// always be written into an empty tenant.
func (r *Random) Policy() Policy {
	p := Policy{Roles: map[string]rbac.PermissionSet{}, Users: map[string][]string{"owner": {"Owner"}}, Groups: map[string]Group{}}
	var roles, users []string
	for i := range 1 + r.rand.IntN(6) {
		roles = append(roles, fmt.Sprintf("Role %d", i+1))
		p.Roles[roles[i]] = r.Permissions()
	}
	for i := range 1 + r.rand.IntN(6) {
		users = append(users, fmt.Sprintf("user%d", i+1))
		p.Users[users[i]] = r.pick(roles, 2)
	}
	var below []string
	for i := range r.rand.IntN(5) {
		id := fmt.Sprintf("group%d", i+1)
		p.Groups[id] = Group{Roles: r.pick(roles, 2), Users: r.pick(users, 3), Groups: r.pick(below, 1)}
		below = append(below, id)
	}
	return p
}

// pick draws at most n of the names, in order.
func (r *Random) pick(names []string, n int) []string {
	var out []string
	for _, i := range r.rand.Perm(len(names))[:r.rand.IntN(min(n, len(names))+1)] {
		out = append(out, names[i])
	}
	slices.Sort(out)
	return out
}

// Ops draws n operations, each with an actor, about the users, groups and roles
// of the fixture, and about roles that earlier ones have made. Each is drawn
// when it is asked for, and uses the versions of that moment, so the loop
// applies it. Many are refused, a few are malformed, and none erases the tenant.
//
//	for actor, op := range random.Ops(f, 100) {
//		_, err := f.Authority.Apply(ctx, actor, op)
//		…
//	}
func (r *Random) Ops(f *Fixture, n int) iter.Seq2[rbac.Actor, rbac.Op] {
	return func(yield func(rbac.Actor, rbac.Op) bool) {
		d := newDraw(r, f)
		for range n {
			op := d.op()
			if !yield(d.actor(op), op) {
				return
			}
		}
	}
}

// draw is a stream of operations.
type draw struct {
	*Random
	a             *rbac.Authority
	users, groups []string
	roles         []rbac.RoleID // in an order that does not depend on ids
	made          int
}

func newDraw(r *Random, f *Fixture) *draw {
	d := &draw{Random: r, a: f.Authority, users: f.Users(), groups: append(slices.Clone(f.groups), "group0")}
	for _, name := range slices.Sorted(maps.Keys(f.roles)) {
		if f.roles[name] != rbac.OwnerRole {
			d.roles = append(d.roles, f.roles[name])
		}
	}
	d.users = append(d.users, "stranger")
	return d
}

func one[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// actor draws who tries an operation: System one in four times.
func (d *draw) actor(op rbac.Op) rbac.Actor {
	if d.rand.IntN(4) == 0 || op.String() == "sweep" {
		return host()
	}
	actor := rbac.As(one(d.rand, d.users))
	switch d.rand.IntN(10) {
	case 0:
		actor = actor.InGroups(one(d.rand, d.groups))
	case 1:
		actor = actor.Only(one(d.rand, d.roles), one(d.rand, d.roles))
	}
	return actor
}

// role draws a role, and seldom one that is gone.
func (d *draw) role() rbac.RoleID {
	for {
		i := d.rand.IntN(len(d.roles))
		_, err := d.a.Role(context.Background(), host(), d.roles[i])
		if !errors.Is(err, rbac.ErrNotFound) || d.rand.IntN(8) == 0 {
			return d.roles[i]
		}
		d.roles = slices.Delete(d.roles, i, i+1) // prebuilt ones are never gone, so some remain
	}
}

func (d *draw) subject() rbac.Subject {
	if d.rand.IntN(3) == 0 {
		return rbac.Group(one(d.rand, d.groups))
	}
	return rbac.User(one(d.rand, d.users))
}

// version returns a role's version, and now and then a stale one.
func (d *draw) version(id rbac.RoleID) uint64 {
	role, err := d.a.Role(context.Background(), host(), id)
	if err != nil || role.Version == 0 || d.rand.IntN(12) == 0 {
		return 1
	}
	return role.Version
}

// period draws a window, more often none, near the tenant's last change: that
// goes by the Authority's own clock, which is not for us to see.
func (d *draw) period() (from, until time.Time) {
	var now time.Time // a tenant without history has no roles to give either
	if page, err := d.a.History(context.Background(), host(), rbac.PageQuery{Limit: 1}); err == nil && len(page.Items) > 0 {
		now = page.Items[0].Time
	}
	if d.rand.IntN(3) == 0 {
		until = now.Add(time.Duration(30+d.rand.IntN(120)) * time.Minute)
	}
	if d.rand.IntN(5) == 0 {
		from = now.Add(time.Duration(d.rand.IntN(60)) * time.Minute)
	}
	return from, until
}

func (d *draw) op() rbac.Op {
	id := d.role()
	switch d.rand.IntN(16) {
	case 0, 1:
		d.made++
		op := rbac.CreateRole(rbac.NewRole{Name: fmt.Sprintf("New %d", d.made), Permissions: d.Permissions()})
		d.roles = append(d.roles, op.RoleID())
		return op
	case 2:
		set := d.Permissions()
		return rbac.EditRole(rbac.RoleEdit{ID: id, Version: d.version(id), Permissions: &set})
	case 3:
		status := rbac.Status(1 + d.rand.IntN(3))
		return rbac.EditRole(rbac.RoleEdit{ID: id, Version: d.version(id), Status: &status})
	case 4:
		return rbac.Grant(id, append(d.some(), rbac.RolesView)...)
	case 5:
		return rbac.Revoke(id, append(d.some(), rbac.RolesView)...)
	case 6:
		deletion := rbac.RoleDeletion{ID: id, Version: d.version(id)}
		if d.rand.IntN(2) == 0 {
			deletion.Reassign = d.role()
		}
		return rbac.DeleteRole(deletion)
	case 7:
		if d.rand.IntN(4) == 0 {
			return rbac.Unassign(rbac.User(one(d.rand, d.users)), rbac.OwnerRole)
		}
		return rbac.Unassign(d.subject(), id)
	case 8, 9:
		return rbac.AddMember(one(d.rand, d.groups), d.subject())
	case 10:
		return rbac.RemoveMember(one(d.rand, d.groups), d.subject())
	case 11:
		switch d.rand.IntN(4) {
		case 0:
			return rbac.Sweep()
		case 1:
			return rbac.Offboard(d.subject())
		}
	}
	if d.rand.IntN(8) == 0 {
		return rbac.Assign(rbac.NewAssignment{Subject: rbac.User(one(d.rand, d.users)), Role: rbac.OwnerRole})
	}
	from, until := d.period()
	return rbac.Assign(rbac.NewAssignment{Subject: d.subject(), Role: id, From: from, Until: until})
}
