package rbac_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// fxSeeds is how many random worlds each property is tried on.
func fxSeeds() uint64 {
	if testing.Short() {
		return 3
	}
	return 12
}

// P6: what happens in one tenant leaves every other byte for byte alone, and
// what is asked in one is answered as if there were no other.
func TestP6_TenantsAreIsolated(t *testing.T) {
	t.Parallel()
	for seed := range fxSeeds() {
		one, two := fxTwo(t)
		t.Logf("seed %d", seed)
		there := two.randomize(seed, 20)
		before := two.dump()
		here := one.randomize(seed, 20)
		for range 60 {
			op := here.op()
			if here.IntN(3) == 0 { // ids of the other tenant among our own
				op = rbac.Grant(there.role(), fxX)
			}
			_, _ = one.Apply(one.ctx, here.actor(), op)
		}
		if two.dump() != before {
			t.Fatalf("seed %d: the other tenant has changed", seed)
		}
		if r, err := one.EraseTenant(one.ctx, one.sys); err != nil || !r.Changed {
			t.Fatal(err)
		}
		if two.dump() != before {
			t.Fatalf("seed %d: erasing one tenant changed the other", seed)
		}
	}
}

// P7: what a page shows as enabled is accepted, and what it shows as disabled
// is refused for the reason it shows.
func TestP7_PageIsEnforcement(t *testing.T) {
	t.Parallel()
	enabled, disabled := 0, map[rbac.Reason]int{}
	for seed := range fxSeeds() {
		w := fxRandomWorld(t, seed)
		compare := func(what string, shown rbac.Affordance, actor rbac.Actor, op func(*fxWorld) rbac.Op) {
			c := w.clone()
			_, err := c.Apply(c.ctx, actor, op(c))
			var denied *rbac.DeniedError
			switch {
			case err == nil:
				enabled++
				if !shown.Enabled {
					t.Errorf("seed %d: %s by %v is shown as refused (%s) and accepted", seed, what, actor, shown.Reason)
				}
			case !errors.As(err, &denied):
				t.Errorf("seed %d: %s by %v: %v", seed, what, actor, err)
			default:
				disabled[denied.Reason]++
				if shown.Enabled || shown.Reason != denied.Reason || shown.Text != denied.Reason.Text() {
					t.Errorf("seed %d: %s by %v is shown as %+v and refused for %s", seed, what, actor, shown, denied.Reason)
				}
			}
		}
		for _, user := range fxUsers {
			actor := rbac.As(user)
			if seed%3 == 1 {
				actor = actor.InGroups("g1")
			}
			fxComparePages(t, w, actor, compare)
		}
	}
	t.Logf("accepted %d, refused %v", enabled, disabled)
	if enabled == 0 || len(disabled) < 5 {
		t.Errorf("the worlds are too dull: %d accepted, refused %v", enabled, disabled)
	}
}

// fxComparePages holds every affordance of the actor's pages against compare.
func fxComparePages(t *testing.T, w *fxWorld, actor rbac.Actor, compare func(string, rbac.Affordance, rbac.Actor, func(*fxWorld) rbac.Op)) {
	t.Helper()
	fresh, err := w.NewRoleView(w.ctx, actor)
	if err != nil {
		t.Fatal(err)
	}
	compare("create", fresh.Create, actor, func(*fxWorld) rbac.Op { return fxCreate("Fresh") })
	for _, section := range fresh.Sections {
		for _, toggle := range section.Toggles {
			compare("create with "+string(toggle.Permission), toggle.Affordance, actor, func(*fxWorld) rbac.Op { return fxCreate("Fresh", toggle.Permission) })
		}
	}
	roles, err := w.Roles(w.ctx, actor, rbac.PageQuery{Limit: 500})
	if err != nil || roles.Next != "" {
		t.Fatal(err)
	}
	for _, role := range roles.Items {
		view, err := w.RoleView(w.ctx, actor, role.ID)
		if err != nil {
			t.Fatal(err)
		}
		id := role.ID
		compare("rename "+string(id), view.Edit, actor, func(c *fxWorld) rbac.Op { return c.rename(id, "A fresh name") })
		compare("delete "+string(id), view.Delete, actor, func(c *fxWorld) rbac.Op { return c.delete(id) })
		compare("clone "+string(id), view.Clone, actor, func(*fxWorld) rbac.Op {
			return fxCreate("Fresh", slices.Collect(role.Permissions.All())...)
		})
		for status, shown := range view.Status {
			compare(fmt.Sprintf("%v %s", status, id), shown, actor, func(c *fxWorld) rbac.Op { return c.status(id, status) })
		}
		for _, section := range view.Sections {
			for _, toggle := range section.Toggles {
				compare(fmt.Sprintf("flip %s of %s", toggle.Permission, id), toggle.Affordance, actor, func(*fxWorld) rbac.Op {
					if toggle.On {
						return rbac.Revoke(id, toggle.Permission)
					}
					return rbac.Grant(id, toggle.Permission)
				})
			}
		}
	}
	for _, sub := range []rbac.Subject{rbac.User("u0"), rbac.User("u1"), rbac.User("new"), rbac.Group("g0")} {
		page, err := w.AssignableRoles(w.ctx, actor, sub, rbac.PageQuery{Limit: 500})
		if errors.Is(err, rbac.ErrDenied) {
			continue // shows no page
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			if a.Role.Kind == rbac.KindOwner && sub.IsGroup() {
				if a.Enabled || a.Reason == "" {
					t.Errorf("Owner is shown as assignable to a group: %+v", a.Affordance)
				}
				continue // malformed for everybody
			}
			compare(fmt.Sprintf("assign %s to %v", a.Role.ID, sub), a.Affordance, actor, func(*fxWorld) rbac.Op { return fxAssign(sub, a.Role.ID) })
		}
	}
}

// P8: a refusal leaves the state byte for byte as it was.
func TestP8_RefusedIsUnchanged(t *testing.T) {
	t.Parallel()
	refused := map[rbac.Reason]int{}
	for seed := range 2 * fxSeeds() {
		w := fxRandomWorld(t, seed)
		r := w.randomize(seed+1000, 0)
		for i := range 120 {
			ops := []rbac.Op{r.op()}
			for range r.IntN(3) {
				ops = append(ops, r.op())
			}
			before := w.dump()
			receipt, err := w.Apply(w.ctx, r.actor(), ops...)
			changed := w.dump() != before
			if changed != (err == nil && receipt.Changed) {
				t.Fatalf("seed %d, step %d: changed is %t, answered %+v %v", seed, i, changed, receipt, err)
			}
			var denied *rbac.DeniedError
			if errors.As(err, &denied) {
				refused[denied.Reason]++
			} else if err != nil && !errors.Is(err, rbac.ErrInvalid) {
				t.Fatalf("seed %d, step %d: %v", seed, i, err)
			}
		}
	}
	t.Logf("refused %v", refused)
	if len(refused) < 8 {
		t.Errorf("too few kinds of refusal: %v", refused)
	}
}

// P9: p ∈ permissions(u) ⇔ Can(u, p) ⇔ u ∈ WhoCan(p), for stored membership.
func TestP9_ListIsCheck(t *testing.T) {
	t.Parallel()
	for seed := range 2 * fxSeeds() {
		fxListEqualsCheck(t, fxRandomWorld(t, seed+100))
	}
}

func fxListEqualsCheck(t *testing.T, w *fxWorld) {
	t.Helper()
	for p := range w.Catalog().Permissions().All() {
		var who []string
		for q := (rbac.PageQuery{Limit: 2}); ; { // small pages: their seams are tested too
			page, err := w.WhoCan(w.ctx, w.sys, p, q)
			if err != nil {
				t.Fatal(err)
			}
			if who = append(who, page.Items...); page.Next == "" {
				break
			}
			q.After = page.Next
		}
		if !slices.IsSorted(who) || len(slices.Compact(slices.Clone(who))) != len(who) {
			t.Errorf("WhoCan(%s) = %v", p, who)
		}
		for _, user := range fxUsers {
			own, err := w.Permissions(w.ctx, rbac.As(user), user)
			if err != nil {
				t.Fatal(err)
			}
			others, err := w.Permissions(w.ctx, w.sys, user)
			if err != nil {
				t.Fatal(err)
			}
			x, err := w.Explain(w.ctx, w.sys, rbac.User(user), p)
			if err != nil {
				t.Fatal(err)
			}
			principal, err := w.Resolve(w.ctx, rbac.As(user))
			if err != nil {
				t.Fatal(err)
			}
			can := w.can(user, p)
			for what, got := range map[string]bool{
				"own permissions": own.Has(p), "permissions": others.Has(p), "WhoCan": slices.Contains(who, user),
				"Explain": x.Allowed, "Principal": principal.Can(p), "Principal's list": principal.Permissions().Has(p),
			} {
				if got != can {
					t.Errorf("%s, %s: Can says %t, %s says %t", user, p, can, what, got)
				}
			}
		}
	}
}
