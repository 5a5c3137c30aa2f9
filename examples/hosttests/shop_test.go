package hosttests_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/hosttests"
	"github.com/seed80bc5f17/rbac/rbactest"
)

// newShop is the fixture of all tests: a shop with a few people.
func newShop(t testing.TB) *rbactest.Fixture {
	t.Helper()
	return newObservedShop(t, nil)
}

// newObservedShop is newShop with somebody who listens.
func newObservedShop(t testing.TB, observe func(rbac.Observation)) *rbactest.Fixture {
	t.Helper()
	catalog, err := hosttests.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	return rbactest.New(t, catalog, &rbac.Options{Prebuilt: hosttests.Prebuilt(catalog), Observe: observe}, rbactest.Policy{
		Roles: map[string]rbac.PermissionSet{
			"Clerk": rbac.Set("orders.view", "orders.ship"),
			"Lead":  rbac.Set("orders.view", "orders.ship", rbac.RolesView, rbac.RolesEdit, rbac.RolesAssign),
		},
		Users: map[string][]string{
			"olivia": {"Owner"},
			"ann":    {"Admin"},
			"cara":   {"Cashier"},
			"lena":   {"Lead"},
		},
		Groups: map[string]rbactest.Group{
			"warehouse": {Roles: []string{"Clerk"}, Users: []string{"carl", "dora"}},
		},
	})
}

// send returns the status of a request on behalf of a user.
func send(t testing.TB, h http.Handler, actor rbac.Actor, method, path string) int {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	request.Header.Set("X-User", actor.UserID())
	response := httptest.NewRecorder()
	h.ServeHTTP(response, request)
	return response.Code
}

// The short form, for one question.
func TestWarehouseShips(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	rbactest.Allowed(t, shop.Authority, shop.Actor("carl"), "orders.view", "orders.ship")
	rbactest.Denied(t, shop.Authority, shop.Actor("carl"), "orders.refund", rbac.RolesView)
}

// The whole truth: what is not in the table is denied.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	all, delegable := shop.Authority.Catalog().Permissions(), shop.Authority.Catalog().Delegable()
	clerk := rbac.Set("orders.view", "orders.ship")
	rbactest.AllowedExactly(t, shop.Authority, map[string]rbac.PermissionSet{
		"olivia": all,
		"ann":    delegable.Minus(rbac.Set("orders.refund")),
		"cara":   rbac.Set("orders.view", "orders.refund"),
		"lena":   clerk.Union(rbac.Set(rbac.RolesView, rbac.RolesEdit, rbac.RolesAssign)),
		"carl":   clerk,
		"dora":   clerk,
	})
}

// The same for people to review: RBAC_UPDATE=1 go test writes the files.
func TestMatrices(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	rbactest.GoldenPermissions(t, "testdata/permissions.txt", shop.Authority)
	rbactest.GoldenAdministration(t, "testdata/administration.txt", shop.Authority)
	rbactest.GoldenRoutes(t, "testdata/routes.txt", hosttests.New(shop.Authority).Routes())
}

// A role that the lead must not be able to make stronger than herself.
func TestLeadCannotGiveMoney(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	_, err := shop.Authority.Grant(t.Context(), shop.Actor("lena"), shop.Role("Clerk"), "orders.refund")
	rbactest.Refused(t, err, rbac.ReasonCoverage)
}

// Which question a handler asks.
func TestRefundAsks(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	checks := rbactest.Record(shop.Authority)
	handler := hosttests.New(checks)

	if code := send(t, handler, shop.Actor("carl"), "POST", "/orders/7/refund"); code != http.StatusForbidden {
		t.Errorf("carl gets %d", code)
	}
	checks.Asked(t, "orders.refund")
	if code := send(t, handler, rbac.Actor{}, "GET", "/"); code != http.StatusOK {
		t.Errorf("the front page answers %d", code)
	}
	checks.Asked(t) // nothing
}

// The same where the application takes an *rbac.Authority.
func TestOrdersAsk(t *testing.T) {
	t.Parallel()
	var checks rbactest.Recorder
	shop := newObservedShop(t, checks.Observe)
	if code := send(t, hosttests.New(shop.Authority), shop.Actor("carl"), "GET", "/orders"); code != http.StatusOK {
		t.Errorf("carl gets %d", code)
	}
	checks.Asked(t, "orders.view")
}

// What an endpoint takes, without a look inside.
func TestEndpointsRequire(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	handler := hosttests.New(shop.Authority)
	ships := func(actor rbac.Actor) bool {
		return send(t, handler, actor, "POST", "/orders/7/shipment") == http.StatusOK
	}
	rbactest.Requires(t, shop.Authority, ships, "orders.ship")
}

// Access for a period, with a clock that moves by sleeping.
func TestHolidayReplacement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shop := newShop(t)
		_, err := shop.Authority.Assign(t.Context(), shop.Actor("olivia"), rbac.NewAssignment{
			Subject: rbac.User("dora"), Role: shop.Role("Cashier"), Until: time.Now().Add(7 * 24 * time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		rbactest.Allowed(t, shop.Authority, shop.Actor("dora"), "orders.refund")
		time.Sleep(7 * 24 * time.Hour)
		rbactest.Denied(t, shop.Authority, shop.Actor("dora"), "orders.refund")
	})
}

// A property of the shop's own, after anything that people may do: whoever gets
// money back is known to the library, and the library is sound.
func TestAnything(t *testing.T) {
	t.Parallel()
	catalog, err := hosttests.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	random := rbactest.NewRandom(rbactest.Rand(t), catalog)
	for range 3 {
		shop := rbactest.New(t, catalog, &rbac.Options{Prebuilt: hosttests.Prebuilt(catalog)}, random.Policy())
		handler := hosttests.New(shop.Authority)
		for actor, op := range random.Ops(shop, 40) {
			_, _ = shop.Authority.Apply(t.Context(), actor, op) // a refusal is no failure
		}
		for _, user := range shop.Users() {
			refunds, err := shop.Authority.Can(t.Context(), rbac.As(user), "orders.refund")
			if err != nil {
				t.Fatal(err)
			}
			if got := send(t, handler, rbac.As(user), "POST", "/orders/7/refund") == http.StatusOK; got != refunds {
				t.Errorf("%s refunds: %t, by the library %t", user, got, refunds)
			}
		}
		rbactest.Invariants(t, shop.Authority, shop.Users()...)
	}
}
