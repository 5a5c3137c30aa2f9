package rbactest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbactest"
)

// t stands for the T of a host's test: it prints what a test would report.
var t testing.TB = printT{}

type printT struct{ testing.TB }

func (printT) Helper()                           {}
func (printT) Name() string                      { return "TestAccess" }
func (printT) Logf(format string, args ...any)   { fmt.Printf(format+"\n", args...) }
func (printT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (printT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// A tenant with an Owner and a clerk, and what the clerk may do.
func ExampleNew() {
	shop := rbactest.New(t, shopCatalog(), nil, rbactest.Policy{
		Roles: map[string]rbac.PermissionSet{"Clerk": rbac.Set("orders.view", "orders.ship")},
		Users: map[string][]string{"olivia": {"Owner"}, "carl": {"Clerk"}},
	})

	rbactest.Allowed(t, shop.Authority, shop.Actor("carl"), "orders.view", "orders.ship")
	rbactest.Denied(t, shop.Authority, shop.Actor("carl"), "orders.refund")
	rbactest.Allowed(t, shop.Authority, shop.Actor("carl"), "orders.refund") // fails

	// Output:
	// rbactest: orders.refund is denied to carl, want allowed
	// 	no role that reaches the user by stored membership has it
}

// A change that must be refused, and by which rule.
func ExampleRefused() {
	shop := rbactest.New(t, shopCatalog(), nil, shopPolicy)

	_, err := shop.Authority.Grant(context.Background(), shop.Actor("lena"), shop.Role("Lead"), rbac.AuditView)
	rbactest.Refused(t, err, rbac.ReasonOwnRole)
	rbactest.Refused(t, err, rbac.ReasonCoverage) // fails

	// Output:
	// rbactest: refused for "own_role" (rbac: cannot grant: the actor holds this role), want "coverage" (it takes permissions that the actor does not hold)
}

// Everything that anybody may do, and nothing else.
func ExampleAllowedExactly() {
	shop := rbactest.New(t, shopCatalog(), nil, rbactest.Policy{
		Roles: map[string]rbac.PermissionSet{"Clerk": rbac.Set("orders.view", "orders.ship")},
		Users: map[string][]string{"olivia": {"Owner"}, "carl": {"Clerk"}},
	})

	rbactest.AllowedExactly(t, shop.Authority, map[string]rbac.PermissionSet{
		"olivia": shop.Authority.Catalog().Permissions(),
		"carl":   rbac.Set("orders.view"),
	})

	// Output:
	// rbactest: 1 of 24 answers are not as the table has them:
	// 	"carl"  orders.ship  is allowed and not in the table
}

// Which permissions a handler asks for, when it takes an interface.
func ExampleRecorder() {
	shop := rbactest.New(t, shopCatalog(), nil, shopPolicy)
	checks := rbactest.Record(shop.Authority)
	refund := func(c rbactest.Checker, actor rbac.Actor) error { // the application's
		return c.Check(context.Background(), actor, "orders.refund")
	}

	_ = refund(checks, shop.Actor("carl"))
	checks.Asked(t, "orders.refund")

	_ = refund(checks, shop.Actor("nina"))
	checks.Asked(t, "orders.view") // fails

	// Output:
	// rbactest: asked about {orders.refund}, want {orders.view}
	// 	nina: orders.refund: rbac: denied: the permission is not held (orders.refund)
}

// Which permissions an endpoint takes, whatever is behind it.
func ExampleRequires() {
	shop := rbactest.New(t, shopCatalog(), nil, shopPolicy)
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the application's
		who, err := shop.Authority.Resolve(r.Context(), rbac.As(r.Header.Get("X-User")))
		if err != nil || !who.Can("orders.view") || !who.Can("orders.refund") {
			w.WriteHeader(http.StatusForbidden)
		}
	})

	rbactest.Requires(t, shop.Authority, func(actor rbac.Actor) bool {
		request := httptest.NewRequest(http.MethodPost, "/orders/7/refund", strings.NewReader("{}"))
		request.Header.Set("X-User", actor.UserID())
		response := httptest.NewRecorder()
		server.ServeHTTP(response, request)
		return response.Code == http.StatusOK
	}, "orders.refund")

	// Output:
	// rbactest: takes {orders.refund, orders.view}, want {orders.refund}
}

// A property of the application's own, tried on random tenants: here that
// nobody becomes an Owner who was none, without an Owner's or the host's doing.
func ExampleRandom() {
	ctx := context.Background()
	for seed := range uint64(5) { // or rbactest.Rand(t), which logs its seed
		random := rbactest.NewRandom(rand.New(rand.NewPCG(seed, 0)), shopCatalog())
		shop := rbactest.New(t, shopCatalog(), nil, random.Policy())
		for actor, op := range random.Ops(shop, 50) {
			if actor.IsSystem() || actor.UserID() == "owner" {
				continue
			}
			_, _ = shop.Authority.Apply(ctx, actor, op) // refusals are no failure
		}
		owners, err := shop.Authority.WhoCan(ctx, rbac.As("owner"), "shop.close", rbac.PageQuery{})
		if err != nil || len(owners.Items) != 1 {
			t.Errorf("seed %d: %v %v", seed, owners.Items, err)
		}
		rbactest.Invariants(t, shop.Authority)
	}
	// Output:
}

// What people review: who may do what.
func ExampleGoldenPermissions() {
	shop := rbactest.New(t, shopCatalog(), nil, shopPolicy)
	rbactest.GoldenPermissions(t, "testdata/permissions.txt", shop.Authority)
	// Output:
}
