package rbactest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbactest"
	"github.com/seed80bc5f17/rbac/store/memory"
)

func TestNew(t *testing.T) {
	t.Parallel()
	f := newShop(t)
	if d := cmp.Diff([]string{"ann", "carl", "cora", "lena", "nina", "nobody", "olivia"}, f.Users()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if f.Role("Owner") != rbac.OwnerRole || f.Role("Clerk") == "" || f.Role("Clerk") == f.Role("Lead") {
		t.Errorf("%q %q %q", f.Role("Owner"), f.Role("Clerk"), f.Role("Lead"))
	}
	if got := f.Actor("carl").UserID(); got != "carl" {
		t.Errorf("the actor is %q", got)
	}
	f.Users()[0] = "changed"
	if f.Users()[0] != "ann" {
		t.Error("Users is no copy")
	}
	passes(t, func(t testing.TB) {
		rbactest.Allowed(t, f.Authority, f.Actor("cora"), "orders.refund", "orders.view") // through cash in night
		rbactest.Denied(t, f.Authority, f.Actor("nina"), "orders.refund")                 // night is not in cash
		rbactest.Denied(t, f.Authority, f.Actor("nobody"), "orders.view")
	})
	passes(t, func(t testing.TB) { rbactest.New(t, shopCatalog(), nil, rbactest.Policy{}) })
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	c := shopCatalog()
	for _, tt := range []struct {
		name   string
		policy rbactest.Policy
		words  []string
	}{
		{"unknown permission", rbactest.Policy{Roles: map[string]rbac.PermissionSet{"R": rbac.Set("orders.veiw")}}, []string{`role "R"`, "orders.veiw"}},
		{"forgotten set", rbactest.Policy{Roles: map[string]rbac.PermissionSet{"R": {}}}, []string{`role "R"`, "Set()"}},
		{"taken name", rbactest.Policy{Roles: map[string]rbac.PermissionSet{"owner": rbac.Set()}}, []string{`role "owner"`}},
		{"unknown role", rbactest.Policy{Users: map[string][]string{"carl": {"Clrek"}}}, []string{"user:carl", `"Clrek"`}},
		{"malformed user", rbactest.Policy{Users: map[string][]string{" ": {"User"}}}, []string{"subject"}},
		{"owners in a group", rbactest.Policy{Groups: map[string]rbactest.Group{"g": {Roles: []string{"Owner"}}}}, []string{`"Owner"`, "group:g"}},
		{"group in itself", rbactest.Policy{Groups: map[string]rbactest.Group{"g": {Groups: []string{"g"}}}}, []string{`group "g"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fails(t, func(t testing.TB) { rbactest.New(t, c, nil, tt.policy) }, tt.words...)
		})
	}
	fails(t, func(t testing.TB) { rbactest.New(t, c, &rbac.Options{MultiTenant: true}, rbactest.Policy{}) }, "Populate")
	fails(t, func(t testing.TB) {
		rbactest.New(t, c, &rbac.Options{Prebuilt: []rbac.Prebuilt{{ID: "Bad ID"}}}, rbactest.Policy{})
	}, "rbac")
	f := newShop(t)
	misspelt := func(use func(f *rbactest.Fixture)) func(testing.TB) {
		return func(t testing.TB) {
			use(rbactest.Populate(t, f.Authority, rbactest.Policy{Users: map[string][]string{"carl": nil}}))
		}
	}
	fails(t, misspelt(func(f *rbactest.Fixture) { f.Actor("cral") }), `"cral"`, "carl")
	fails(t, misspelt(func(f *rbactest.Fixture) { f.Role("Clrek") }), `"Clrek"`, "Clerk")
}

func TestPopulate(t *testing.T) {
	t.Parallel()
	a, err := rbac.New(memory.New(), shopCatalog(), &rbac.Options{MultiTenant: true})
	if err != nil {
		t.Fatal(err)
	}
	acme := rbactest.Populate(t, a.Tenant("acme"), shopPolicy)
	other := rbactest.Populate(t, a.Tenant("other"), rbactest.Policy{Users: map[string][]string{"carl": {"Admin"}}})
	passes(t, func(t testing.TB) {
		rbactest.Denied(t, acme.Authority, acme.Actor("carl"), rbac.RolesView)
		rbactest.Allowed(t, other.Authority, other.Actor("carl"), rbac.RolesView)
	})
	fails(t, func(t testing.TB) { rbactest.Populate(t, a, shopPolicy) }, "tenant")

	more := rbactest.Populate(t, acme.Authority, rbactest.Policy{Users: map[string][]string{"new": {"Clerk"}}})
	if more.Role("Clerk") != acme.Role("Clerk") {
		t.Error("a second policy has other roles")
	}
}
