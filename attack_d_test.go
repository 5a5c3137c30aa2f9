package rbac_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// beforeCommit lets other run once, between the decision of the next change
// and its commit: the interleaving that a race would need luck for.
func (w *fxWorld) beforeCommit(other func()) {
	done := false
	w.store.setCommit(func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		if !done {
			done = true
			w.store.setCommit(nil)
			other()
		}
		return w.store.inner.Commit(ctx, tenant, expect, cs)
	})
}

func TestD01_StaleInitiator(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.give(rbac.User("admin1"), rbac.AdminRole)
	w.beforeCommit(func() { w.must(w.Unassign(w.ctx, w.owner, rbac.User("admin1"), rbac.AdminRole)) })
	_, err := w.Assign(w.ctx, rbac.As("admin1"), rbac.NewAssignment{Subject: rbac.User("admin2"), Role: rbac.AdminRole})
	fxDenied(t, rbac.ReasonPermission, err)
	if w.can("admin2", fxX) {
		t.Error("the demoted Admin has promoted somebody")
	}
	// In the other order both happen.
	w.give(rbac.User("admin1"), rbac.AdminRole)
	w.accepted(rbac.As("admin1"), fxAssign(rbac.User("admin2"), rbac.AdminRole))
	w.accepted(w.owner, rbac.Unassign(rbac.User("admin1"), rbac.AdminRole))
}

func TestD03_AssignRacesWithEdit(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesAssign, fxX)
	r := w.role(fxX)
	w.beforeCommit(func() { w.must(w.Grant(w.ctx, w.owner, r, fxQ)) })
	_, err := w.Assign(w.ctx, u, rbac.NewAssignment{Subject: rbac.User("f"), Role: r})
	fxDenied(t, rbac.ReasonCoverage, err)
	if w.can("f", fxX) || w.can("f", fxQ) {
		t.Error("checked {x}, applied {x,q}")
	}
	w.beforeCommit(func() { w.must(w.Revoke(w.ctx, w.owner, r, fxQ)) }) // an innocent change does not refuse
	if _, err := w.Assign(w.ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("f"), Role: r}); err != nil || w.can("f", fxQ) {
		t.Error(err)
	}
}

func TestD05_LostUpdate(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, fxX, fxY, fxA)
	r := w.role(fxX, fxY)
	stale, seen := w.set(r, fxX, fxY, fxA), w.get(r)
	w.must(w.Revoke(w.ctx, w.owner, r, fxY))
	if err := w.denied(rbac.ReasonVersion, u, stale); !errors.Is(err, rbac.ErrConflict) {
		t.Errorf("%v does not match ErrConflict", err)
	}
	old := seen.Permissions
	w.beforeCommit(func() { w.must(w.Revoke(w.ctx, w.owner, r, fxX)) })
	_, err := w.EditRole(w.ctx, u, rbac.RoleEdit{ID: r, Version: w.version(r), Permissions: &old})
	fxDenied(t, rbac.ReasonVersion, err)
	if got := w.get(r); got.Permissions.Len() != 0 {
		t.Errorf("the role has %v", got.Permissions)
	}
}

func TestD07_CycleByTwoHalfEdges(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.beforeCommit(func() { w.must(w.AddMember(w.ctx, w.owner, "g1", rbac.Group("g2"))) })
	_, err := w.AddMember(w.ctx, w.owner, "g2", rbac.Group("g1"))
	if fxDenied(t, rbac.ReasonCycle, err); !errors.Is(err, rbac.ErrConflict) {
		t.Errorf("%v does not match ErrConflict", err)
	}
	w.denied(rbac.ReasonCycle, w.owner, rbac.AddMember("g2", rbac.Group("g1")))
	w.denied(rbac.ReasonCycle, w.owner, rbac.AddMember("g1", rbac.Group("g1")))
	w.denied(rbac.ReasonCycle, w.sys, rbac.AddMember("h", rbac.Group("g1")), rbac.AddMember("g2", rbac.Group("h")))
	// A cycle written past the rules does not hang anything.
	w.raw(store.Commit{Memberships: []store.Change[store.Membership]{{After: &store.Membership{Group: "g2", Member: store.Subject{Kind: store.Group, ID: "g1"}}}}})
	w.give(rbac.Group("g1"), w.role(fxX))
	w.join("g2", rbac.User("m"))
	if !w.can("m", fxX) {
		t.Error("m lacks x")
	}
	if _, err := w.WhoCan(w.ctx, w.owner, fxX, rbac.PageQuery{}); err != nil {
		t.Error(err)
	}
	if _, err := w.Explain(w.ctx, w.owner, rbac.User("m"), fxX); err != nil {
		t.Error(err)
	}
}

// There is no import; a batch is what comes near, judged and written at one head.
func TestD09_BatchWhileRolesChange(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	for _, name := range fxMethods() {
		if name == "Import" || name == "Export" || name == "Restore" {
			t.Errorf("Authority has a method %s, which this test must then cover", name)
		}
	}
	u := w.user("u", rbac.RolesAssign, rbac.RolesCreate, fxX)
	first, second := w.role(fxX), w.role(fxX)
	create := fxCreate("Made", fxX)
	w.beforeCommit(func() { w.must(w.Grant(w.ctx, w.owner, second, fxQ)) })
	_, err := w.Apply(w.ctx, u, create, fxAssign(rbac.User("f"), first), fxAssign(rbac.User("f"), second))
	if denied := fxDenied(t, rbac.ReasonCoverage, err); denied.Index != 2 {
		t.Errorf("index %d", denied.Index)
	}
	if w.can("f", fxX) {
		t.Error("half of the batch was written")
	}
	_, err = w.Role(w.ctx, w.sys, create.RoleID())
	fxDenied(t, rbac.ReasonNotFound, err)
}

func TestD11_SharedActor(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	x, y := w.role(fxX), w.role(fxY)
	w.give(rbac.User("u"), x, y)
	w.give(rbac.Group("g"), w.role(fxA))
	groups, roles := []string{"g"}, []rbac.RoleID{x}
	base := rbac.As("u")
	narrowed, wide := base.Only(roles...), base.InGroups(groups...)
	roles[0], groups[0] = y, "other"
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, c := range []struct {
				actor      rbac.Actor
				x, y, asAn bool
			}{{base, true, true, false}, {narrowed, true, false, false}, {wide, true, true, true}, {wide.Only(y), false, true, false}} {
				p, err := w.Resolve(w.ctx, c.actor)
				if err != nil || p.Can(fxX) != c.x || p.Can(fxY) != c.y || p.Can(fxA) != c.asAn {
					t.Errorf("%v: %v %v", c, p.Permissions(), err)
				}
			}
		})
	}
	wg.Wait()
}

func TestOwnAttacks_Races(t *testing.T) {
	t.Parallel()
	t.Run("own: two Owners demote each other", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.must(w.Assign(w.ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("otto"), Role: rbac.OwnerRole}))
		w.beforeCommit(func() { w.must(w.Unassign(w.ctx, rbac.As("otto"), rbac.User("olivia"), rbac.OwnerRole)) })
		_, err := w.Unassign(w.ctx, w.owner, rbac.User("otto"), rbac.OwnerRole)
		fxDenied(t, rbac.ReasonPermission, err)
	})
	t.Run("own: two Owners resign at once", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.must(w.Assign(w.ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("otto"), Role: rbac.OwnerRole}))
		w.beforeCommit(func() { w.must(w.Unassign(w.ctx, rbac.As("otto"), rbac.User("otto"), rbac.OwnerRole)) })
		_, err := w.Unassign(w.ctx, w.owner, rbac.User("olivia"), rbac.OwnerRole)
		fxDenied(t, rbac.ReasonLastOwner, err)
	})
	t.Run("own: delete races with assign", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		w.beforeCommit(func() { w.give(rbac.User("f"), r) })
		_, err := w.DeleteRole(w.ctx, w.owner, rbac.RoleDeletion{ID: r, Version: 1})
		if denied := fxDenied(t, rbac.ReasonInUse, err); denied.Count != 1 || !errors.Is(err, rbac.ErrInUse) {
			t.Errorf("%#v", denied)
		}
		s := w.role(fxX)
		w.beforeCommit(func() { w.must(w.Apply(w.ctx, w.owner, w.delete(s))) })
		_, err = w.Assign(w.ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("f"), Role: s})
		fxDenied(t, rbac.ReasonNotFound, err)
	})
	t.Run("own: two roles take one name", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.beforeCommit(func() { w.named("Clerk") })
		_, err := w.CreateRole(w.ctx, w.owner, rbac.NewRole{Name: "CLERK", Permissions: rbac.Set()})
		fxDenied(t, rbac.ReasonNameTaken, err)
	})
	t.Run("own: two first Owners", func(t *testing.T) {
		t.Parallel()
		w := fxEmpty(t, nil)
		w.beforeCommit(func() { w.must(w.Bootstrap(w.ctx, w.sys, "olivia")) })
		_, err := w.Bootstrap(w.ctx, w.sys, "otto")
		fxDenied(t, rbac.ReasonHasOwner, err)
	})
}
