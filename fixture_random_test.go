package rbac_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// fxRandom draws operations about the few users, groups and roles of a world.
type fxRandom struct {
	*rand.Rand
	w     *fxWorld
	roles []rbac.RoleID
}

var (
	fxUsers  = []string{"olivia", "u0", "u1", "u2", "u3", "u4"}
	fxGroups = []string{"g0", "g1", "g2", "g3"}
)

// fxRandomWorld is a tenant with some history, decided by the seed alone.
func fxRandomWorld(t testing.TB, seed uint64) *fxWorld {
	t.Helper()
	t.Logf("seed %d", seed)
	w := fxNew(t)
	w.randomize(seed, 60)
	return w
}

// randomize applies n random operations, most of them by System.
func (w *fxWorld) randomize(seed uint64, n int) *fxRandom {
	w.t.Helper()
	r := &fxRandom{Rand: rand.New(rand.NewPCG(seed, 7)), w: w, roles: []rbac.RoleID{rbac.AdminRole, rbac.UserRole}}
	for range 6 {
		r.roles = append(r.roles, w.role(r.perms()...))
	}
	for range n {
		actor := w.sys
		if r.IntN(4) == 0 {
			actor = r.actor()
		}
		_, _ = w.Apply(w.ctx, actor, r.op())
		if r.IntN(8) == 0 {
			w.clock.add(time.Duration(r.IntN(90)) * time.Minute)
		}
	}
	return r
}

func (r *fxRandom) perms() []rbac.Permission {
	all := []rbac.Permission{fxX, fxY, fxA, rbac.RolesView, rbac.RolesView}
	all = append(all, fxAdminPerms...)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:r.IntN(len(all)+1)]
}

func (r *fxRandom) user() string      { return fxUsers[r.IntN(len(fxUsers))] }
func (r *fxRandom) group() string     { return fxGroups[r.IntN(len(fxGroups))] }
func (r *fxRandom) role() rbac.RoleID { return r.roles[r.IntN(len(r.roles))] }

func (r *fxRandom) subject() rbac.Subject {
	if r.IntN(3) == 0 {
		return rbac.Group(r.group())
	}
	return rbac.User(r.user())
}

func (r *fxRandom) actor() rbac.Actor {
	actor := rbac.As(r.user())
	switch r.IntN(8) {
	case 0:
		actor = actor.InGroups(r.group())
	case 1:
		actor = actor.Only(r.role(), r.role())
	}
	return actor
}

func (r *fxRandom) version(id rbac.RoleID) uint64 {
	role, err := r.w.Role(r.w.ctx, r.w.sys, id)
	if err != nil || role.Version == 0 || r.IntN(12) == 0 {
		return 1
	}
	return role.Version
}

func (r *fxRandom) op() rbac.Op {
	id := r.role()
	switch r.IntN(14) {
	case 0:
		op := fxCreate(fmt.Sprintf("Random %d", r.IntN(40)), r.perms()...)
		r.roles = append(r.roles, op.RoleID())
		return op
	case 1:
		set := rbac.Set(r.perms()...)
		return rbac.EditRole(rbac.RoleEdit{ID: id, Version: r.version(id), Permissions: &set})
	case 2:
		status := rbac.Status(1 + r.IntN(3))
		return rbac.EditRole(rbac.RoleEdit{ID: id, Version: r.version(id), Status: &status})
	case 3:
		return rbac.Grant(id, append(r.perms(), fxX)...)
	case 4:
		return rbac.Revoke(id, append(r.perms(), fxX)...)
	case 5:
		d := rbac.RoleDeletion{ID: id, Version: r.version(id)}
		if r.IntN(2) == 0 {
			d.Reassign = r.role()
		}
		return rbac.DeleteRole(d)
	case 6:
		if r.IntN(4) == 0 {
			id = rbac.OwnerRole
		}
		return rbac.Unassign(r.subject(), id)
	case 7, 8:
		return rbac.AddMember(r.group(), r.subject())
	case 9:
		return rbac.RemoveMember(r.group(), r.subject())
	case 10:
		if r.IntN(3) > 0 {
			return rbac.Sweep()
		}
		return rbac.Offboard(r.subject())
	}
	n := rbac.NewAssignment{Subject: r.subject(), Role: id}
	if r.IntN(8) == 0 {
		n.Role = rbac.OwnerRole
	}
	if r.IntN(3) == 0 {
		n.Until = r.w.clock.now().Add(time.Duration(1+r.IntN(120)) * time.Minute)
	}
	if r.IntN(5) == 0 {
		n.From = r.w.clock.now().Add(time.Duration(r.IntN(60)) * time.Minute)
	}
	return rbac.Assign(n)
}

// clone is the tenant's present state in a store of its own, without its past.
func (w *fxWorld) clone() *fxWorld {
	w.t.Helper()
	st, err := w.store.inner.Load(w.ctx, w.tenant, store.Selection{Model: true, AllUpTo: 1 << 30})
	if err != nil {
		w.t.Fatal(err)
	}
	c := store.Commit{ID: "clone", Time: st.Time, Entry: []byte("{}")}
	for i := range st.Roles {
		c.Roles = append(c.Roles, store.Change[store.Role]{After: &st.Roles[i]})
	}
	for i := range st.Assignments {
		c.Assignments = append(c.Assignments, store.Change[store.Assignment]{After: &st.Assignments[i]})
	}
	for i := range st.Memberships {
		c.Memberships = append(c.Memberships, store.Change[store.Membership]{After: &st.Memberships[i]})
	}
	copied := *w
	copied.store = &fxStore{inner: memory.New(), t: w.t, calls: map[string]int{}}
	if err := copied.store.Commit(w.ctx, "default", store.Head{}, []store.Commit{c}); err != nil {
		w.t.Fatal(err)
	}
	copied.tenant = "default"
	if copied.Authority, err = rbac.New(copied.store, w.Catalog(), &rbac.Options{Now: w.clock.now}); err != nil {
		w.t.Fatal(err)
	}
	return &copied
}
