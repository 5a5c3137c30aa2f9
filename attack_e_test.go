package rbac_test

import (
	"errors"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// The library reads authority from the store; no claim carries it.
func TestE01_NoAuthorityInTokens(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	w.give(rbac.User("u"), r)
	p, err := w.Resolve(w.ctx, rbac.As("u"))
	if err != nil || !p.Can(fxX) {
		t.Fatal(p, err)
	}
	token := p.Token()
	w.must(w.Unassign(w.ctx, w.sys, rbac.User("u"), r))
	if ok, err := w.AtLeast(token).Can(w.ctx, rbac.As("u"), fxX); ok || err != nil {
		t.Errorf("the token of a richer past still gives x: %t %v", ok, err)
	}
	if ok, err := w.Can(w.ctx, p.Actor(), fxX); ok || err != nil {
		t.Errorf("the resolved actor still has x: %t %v", ok, err)
	}
}

func TestE03_DerivedAuthorityIsLive(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	x, y := w.role(fxX), w.role(fxY)
	w.give(rbac.User("u"), x, y)
	key := rbac.As("u").Only(x) // what an API key would be
	if ok, _ := w.Can(w.ctx, key, fxX); !ok {
		t.Error("the key lacks x")
	}
	w.must(w.Unassign(w.ctx, w.sys, rbac.User("u"), x))
	for _, p := range []rbac.Permission{fxX, fxY} {
		if ok, _ := w.Can(w.ctx, key, p); ok {
			t.Errorf("the key still gives %s", p)
		}
	}
	w.denied(rbac.ReasonPermission, w.owner.Only(x), fxCreate("N"))
}

func TestE05_NoOrphanedRows(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	w.give(rbac.Group("g"), r)
	w.join("g", rbac.User("u"), rbac.Group("sub"))
	w.join("sub", rbac.User("v"))
	w.must(w.Unassign(w.ctx, w.sys, rbac.Group("g"), r))
	st, err := w.store.inner.Load(w.ctx, "default", store.Selection{Model: true, AllUpTo: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range st.Assignments {
		if row.Role == string(r) {
			t.Errorf("a row is left: %+v", row)
		}
	}
	if w.can("u", fxX) || w.can("v", fxX) {
		t.Error("a member keeps x")
	}
}

func TestE07_NoVerdictServesAnother(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	x, y := one.role(fxX), one.role(fxY)
	one.give(rbac.User("u"), x)
	one.give(rbac.Group("g"), y)
	for range 3 { // whatever was asked before
		for _, c := range []struct {
			name  string
			w     *fxWorld
			actor rbac.Actor
			p     rbac.Permission
			want  bool
		}{
			{"held", one, rbac.As("u"), fxX, true},
			{"another permission", one, rbac.As("u"), fxY, false},
			{"another user", one, rbac.As("v"), fxX, false},
			{"another tenant", two, rbac.As("u"), fxX, false},
			{"narrowed", one, rbac.As("u").Only(), fxX, false},
			{"narrowed to it", one, rbac.As("u").Only(x), fxX, true},
			{"asserted", one, rbac.As("u").InGroups("g"), fxY, true},
			{"asserted in another tenant", two, rbac.As("u").InGroups("g"), fxY, false},
			{"asserted and narrowed", one, rbac.As("u").InGroups("g").Only(x), fxY, false},
			{"group of the user's name", one, rbac.As("w").InGroups("u"), fxX, false},
		} {
			if ok, err := c.w.Can(c.w.ctx, c.actor, c.p); ok != c.want || err != nil {
				t.Errorf("%s: %t %v", c.name, ok, err)
			}
		}
	}
}

func TestE09_NewEnemy(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	w.give(rbac.User("bob"), r)
	w.must(w.Unassign(w.ctx, w.owner, rbac.User("bob"), r))
	last := w.must(w.Grant(w.ctx, w.owner, r, fxQ))
	if w.can("bob", fxQ) {
		t.Error("bob has what was added after he was removed")
	}
	// Another instance over an older copy of the store must not answer.
	behind := fxNew(t)
	_, err := behind.AtLeast(last.Token).Can(w.ctx, rbac.As("bob"), fxQ)
	if !errors.Is(err, rbac.ErrStale) || errors.Is(err, rbac.ErrDenied) {
		t.Errorf("got %v, want ErrStale", err)
	}
	if _, err := behind.AtLeast(last.Token).CreateRole(w.ctx, behind.owner, rbac.NewRole{Name: "N", Permissions: rbac.Set()}); !errors.Is(err, rbac.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
	if ok, err := w.AtLeast(last.Token).Can(w.ctx, w.owner, fxQ); !ok || err != nil {
		t.Errorf("%t %v", ok, err)
	}
}

func TestOwnAttacks_Revocation(t *testing.T) {
	t.Parallel()
	t.Run("own: a new role of an old name", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		old := w.named("Boss", fxX)
		w.give(rbac.User("u"), old)
		w.must(w.Unassign(w.ctx, w.sys, rbac.User("u"), old))
		w.must(w.Apply(w.ctx, w.sys, w.delete(old)))
		if again := w.named("Boss", fxX, fxY); again == old || w.can("u", fxX) {
			t.Errorf("the id %s is used again, or u holds the new role", again)
		}
		_, err := w.Role(w.ctx, w.sys, old)
		fxDenied(t, rbac.ReasonNotFound, err)
	})
	t.Run("own: expiry needs no sweep", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		until := fxEpoch.Add(time.Hour)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: r, Until: until}))
		w.clock.set(until)
		if w.can("u", fxX) {
			t.Error("x outlives its window")
		}
		page, err := w.WhoCan(w.ctx, w.owner, fxX, rbac.PageQuery{})
		if err != nil || len(page.Items) != 1 || page.Items[0] != "olivia" {
			t.Errorf("%v %v", page.Items, err)
		}
	})
	t.Run("own: a demoted Owner keeps nothing", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.must(w.Assign(w.ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("otto"), Role: rbac.OwnerRole}))
		w.must(w.Unassign(w.ctx, w.owner, rbac.User("otto"), rbac.OwnerRole))
		p, err := w.Permissions(w.ctx, rbac.As("otto"), "otto")
		if err != nil || p.Len() != 0 {
			t.Errorf("%v %v", p, err)
		}
		w.denied(rbac.ReasonPermission, rbac.As("otto"), fxCreate("N"))
	})
	t.Run("own: erased is gone", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		w.give(rbac.User("u"), r, rbac.AdminRole)
		rev := w.must(w.EraseTenant(w.ctx, w.sys)).Revision
		if w.can("u", fxX) || w.can("olivia", fxX) {
			t.Error("somebody has x")
		}
		if next := w.must(w.Bootstrap(w.ctx, w.sys, "otto")).Revision; next != rev+1 {
			t.Errorf("the chain goes on at %d after %d", next, rev)
		}
	})
}
