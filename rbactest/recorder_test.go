package rbactest_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbactest"
)

func TestRecorder(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f := newShop(t)
	carl := f.Actor("carl")
	r := rbactest.Record(f.Authority)
	if err := r.Check(ctx, carl, "orders.view"); err != nil {
		t.Error(err)
	}
	if ok, err := r.Can(ctx, carl, "orders.view"); !ok || err != nil {
		t.Errorf("%t %v", ok, err)
	}
	if ok, err := r.Can(ctx, carl, "shop.close"); ok || err != nil {
		t.Errorf("%t %v", ok, err)
	}
	if ok, err := r.Can(ctx, carl, "shop.colse"); ok || !errors.Is(err, rbac.ErrInvalid) {
		t.Errorf("%t %v", ok, err)
	}
	var got []string
	for _, q := range r.Questions() {
		got = append(got, q.String())
	}
	want := []string{
		"carl: orders.view: allowed",
		"carl: orders.view: allowed",
		"carl: shop.close: rbac: denied: the permission is not held (shop.close)",
		`carl: shop.colse: rbac: invalid permission: "shop.colse" is not in the catalogue`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	r.Questions()[0].Permission = "changed"
	passes(t, func(t testing.TB) { r.Asked(t, "shop.colse", "shop.close", "orders.view") })
	passes(t, func(t testing.TB) { r.Asked(t) })
	fails(t, func(t testing.TB) { r.Asked(t, "orders.view") }, "asked about {}, want {orders.view}")

	ask := func() { _ = r.Check(ctx, carl, "shop.close") }
	ask()
	fails(t, func(t testing.TB) { r.Asked(t) }, "carl: shop.close: rbac: denied")
	ask()
	fails(t, func(t testing.TB) { r.Asked(t, "shop.close", "orders.view") }, "{shop.close}, want {orders.view, shop.close}")
	ask()
	r.Reset()
	passes(t, func(t testing.TB) { r.Asked(t) })

	var wg sync.WaitGroup
	for range 8 {
		wg.Go(ask)
	}
	wg.Wait()
	if n := len(r.Questions()); n != 8 {
		t.Errorf("%d questions", n)
	}
}

// TestRecorderListens is a Recorder that an Authority tells what it is asked.
func TestRecorderListens(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var r rbactest.Recorder
	f := rbactest.New(t, shopCatalog(), &rbac.Options{Observe: r.Observe}, shopPolicy)
	passes(t, func(t testing.TB) { r.Asked(t) })
	carl, a := f.Actor("carl"), f.Authority
	for range 2 { // from the store, and from what is known
		_ = a.Check(ctx, carl, "orders.view")
		_, _ = a.Can(ctx, carl, "shop.close")
	}
	_, _ = a.Resolve(ctx, carl)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	failed := a.Fresh().Check(cancelled, carl, "orders.ship")
	var got []string
	for _, q := range r.Questions() {
		got = append(got, q.String())
	}
	view, closing := "carl: orders.view: allowed", "carl: shop.close: rbac: denied: the permission is not held (shop.close)"
	want := []string{view, closing, view, closing, "carl: orders.ship: " + failed.Error()}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	passes(t, func(t testing.TB) { r.Asked(t, "orders.view", "shop.close", "orders.ship") })
	if err := r.Check(ctx, carl, "orders.view"); err == nil || errors.Is(err, rbac.ErrDenied) || len(r.Questions()) != 0 {
		t.Errorf("a Recorder with nobody to ask says %v", err)
	}
}

func TestRequires(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f := newShop(t)
	a := f.Authority
	refund := func(actor rbac.Actor) bool { // in both ways of asking
		p, err := a.Resolve(ctx, actor)
		return err == nil && p.Can("orders.refund") && a.Check(ctx, actor, "orders.view") == nil
	}
	either := func(actor rbac.Actor) bool {
		return a.Check(ctx, actor, "orders.view") == nil || a.Check(ctx, actor, "orders.ship") == nil
	}
	owners := func(actor rbac.Actor) bool { return a.Check(ctx, actor, "shop.close") == nil }

	passes(t, func(t testing.TB) { rbactest.Requires(t, a, refund, "orders.view", "orders.refund") })
	passes(t, func(t testing.TB) { rbactest.Requires(t, a, func(rbac.Actor) bool { return true }) })
	fails(t, func(t testing.TB) { rbactest.Requires(t, a, refund, "orders.view") }, "takes {orders.refund, orders.view}, want {orders.view}")
	fails(t, func(t testing.TB) { rbactest.Requires(t, a, refund, "orders.view", "orders.refund", "orders.ship") }, "takes")
	fails(t, func(t testing.TB) { rbactest.Requires(t, a, refund) }, "takes")
	fails(t, func(t testing.TB) { rbactest.Requires(t, a, either) }, "just {}", "one or another")
	fails(t, func(t testing.TB) { rbactest.Requires(t, a, owners, "shop.close") }, "every permission that a role can have")

	// What it made is gone, even if the host's code ends the test.
	fails(t, func(t testing.TB) {
		rbactest.Requires(t, a, func(rbac.Actor) bool { t.Fatalf("rbactest: no"); return true })
	})
	rbactest.GoldenPermissions(t, "testdata/permissions.txt", a)
	rbactest.GoldenAdministration(t, "testdata/administration.txt", a)
	rbactest.Invariants(t, a)

	unbound, err := rbac.New(newMemory(), shopCatalog(), &rbac.Options{MultiTenant: true})
	if err != nil {
		t.Fatal(err)
	}
	fails(t, func(t testing.TB) { rbactest.Requires(t, unbound, refund) }, "tenant")
	fails(t, func(t testing.TB) { // nothing may be done to the role any more
		rbactest.Requires(t, a, func(actor rbac.Actor) bool {
			page, err := a.Assignments(ctx, actor, rbac.User(actor.UserID()), rbac.PageQuery{})
			if err == nil && len(page.Items) == 1 {
				_, err = a.Offboard(ctx, rbac.System("test"), rbac.User(actor.UserID()))
			}
			if err == nil && len(page.Items) == 1 {
				_, err = a.DeleteRole(ctx, rbac.System("test"), rbac.RoleDeletion{ID: page.Items[0].Role, Version: 2})
			}
			return err == nil
		})
	}, "still there")
}

// A Recorder that listens to an Authority hears what a Principal is asked,
// however deep inside.
func TestRecorderHearsPrincipals(t *testing.T) {
	t.Parallel()
	var r rbactest.Recorder
	f := rbactest.New(t, newShop(t).Authority.Catalog(), &rbac.Options{Observe: r.Observe}, rbactest.Policy{
		Roles: map[string]rbac.PermissionSet{"Clerk": rbac.Set("orders.view")},
		Users: map[string][]string{"olivia": {"Owner"}, "carl": {"Clerk"}},
	})
	r.Reset()
	p, err := f.Authority.Resolve(t.Context(), f.Actor("carl"))
	if err != nil {
		t.Fatal(err)
	}
	close, err := f.Authority.Catalog().Handle("shop.close")
	if err != nil {
		t.Fatal(err)
	}
	if !p.Can("orders.view") || p.Holds(close) {
		t.Error("wrong answers")
	}
	passes(t, func(t testing.TB) { r.Asked(t, "orders.view", "shop.close") })
}
