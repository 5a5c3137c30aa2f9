package rbactest_test

import (
	"context"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbactest"
)

var shopRoutes = map[string]string{
	"GET /orders":              "orders.view",
	"POST /orders/{id}/refund": "orders.refund",
	"GET /{$}":                 "public: the front page",
}

// The files of this package's own shop; RBAC_UPDATE=1 writes them.
func TestGolden(t *testing.T) {
	t.Parallel()
	f := newShop(t)
	rbactest.GoldenPermissions(t, "testdata/permissions.txt", f.Authority)
	rbactest.GoldenAdministration(t, "testdata/administration.txt", f.Authority)
	rbactest.GoldenRoutes(t, "testdata/routes.txt", maps.All(shopRoutes))
}

// compareGolden keeps RBAC_UPDATE of a run from reaching a test of failures.
func compareGolden(t *testing.T) {
	t.Helper()
	t.Setenv("RBAC_UPDATE", "")
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestGolden_differs(t *testing.T) {
	compareGolden(t)
	f := newShop(t)
	_, err := f.Authority.Grant(context.Background(), f.Actor("olivia"), f.Role("Clerk"), "orders.refund")
	if err != nil {
		t.Fatal(err)
	}
	fails(t, func(t testing.TB) { rbactest.GoldenPermissions(t, "testdata/permissions.txt", f.Authority) },
		"RBAC_UPDATE=1 go test -run '^TestHost$/^sub$' .",
		"\n Orders ", "-  orders.refund", "+  orders.refund")
	rbactest.GoldenAdministration(t, "testdata/administration.txt", f.Authority) // lena is still above it

	_, err = f.Authority.Unassign(context.Background(), f.Actor("olivia"), rbac.User("lena"), f.Role("Lead"))
	if err != nil {
		t.Fatal(err)
	}
	fails(t, func(t testing.TB) { rbactest.GoldenAdministration(t, "testdata/administration.txt", f.Authority) },
		`role "Clerk"`, "-  lena")

	routes := maps.Clone(shopRoutes)
	routes["GET /orders"] = "public: oops"
	fails(t, func(t testing.TB) { rbactest.GoldenRoutes(t, "testdata/routes.txt", maps.All(routes)) }, "-  GET /orders", "+  GET /orders", "oops")
}

func TestGolden_file(t *testing.T) {
	compareGolden(t)
	f := newShop(t)
	file := filepath.Join(t.TempDir(), "new directory", "permissions.txt")
	matrix := func(t testing.TB) { rbactest.GoldenPermissions(t, file, f.Authority) }

	fails(t, matrix, "does not exist", "RBAC_UPDATE=1", "orders.view")
	t.Setenv("RBAC_UPDATE", "0")
	fails(t, matrix, "does not exist")
	t.Setenv("RBAC_UPDATE", "yes please")
	fails(t, matrix, "RBAC_UPDATE", "1 or 0")

	t.Setenv("RBAC_UPDATE", "1")
	if fake := try(matrix); fake.failed || !strings.Contains(fake.logs.String(), "wrote "+file) {
		t.Errorf("%s%s", fake.errors.String(), fake.logs.String())
	}
	if fake := try(matrix); fake.failed || fake.logs.Len() > 0 {
		t.Errorf("writes again: %s%s", fake.errors.String(), fake.logs.String())
	}
	fails(t, func(t testing.TB) { rbactest.GoldenPermissions(t, filepath.Join(file, "below a file"), f.Authority) })

	t.Setenv("RBAC_UPDATE", "")
	passes(t, matrix)
	if d := cmp.Diff(read(t, "testdata/permissions.txt"), read(t, file)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	crlf := strings.ReplaceAll(read(t, file), "\n", "\r\n")
	if err := os.WriteFile(file, []byte(crlf), 0o644); err != nil {
		t.Fatal(err)
	}
	passes(t, matrix)
	fails(t, func(t testing.TB) { rbactest.GoldenPermissions(t, filepath.Dir(file), f.Authority) })
}

func TestGolden_withoutAnswer(t *testing.T) {
	t.Parallel()
	unbound, err := rbac.New(newMemory(), shopCatalog(), &rbac.Options{MultiTenant: true})
	if err != nil {
		t.Fatal(err)
	}
	fails(t, func(t testing.TB) { rbactest.GoldenPermissions(t, "testdata/permissions.txt", unbound) }, "tenant")
	fails(t, func(t testing.TB) { rbactest.GoldenAdministration(t, "testdata/administration.txt", unbound) }, "tenant")
}

func TestGoldenRoutes_refuses(t *testing.T) {
	compareGolden(t)
	route := func(pattern, rule string) iter.Seq2[string, string] {
		return func(yield func(string, string) bool) { yield(pattern, rule) }
	}
	for _, tt := range []struct {
		name   string
		routes iter.Seq2[string, string]
		word   string
	}{
		{"none", maps.All(map[string]string{}), "there are no routes"},
		{"no rule", route("GET /", ""), `"GET /" has the rule ""`},
		{"no pattern", route("", "public"), `"" has the rule "public"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fails(t, func(t testing.TB) { rbactest.GoldenRoutes(t, filepath.Join("testdata", "no such file"), tt.routes) }, tt.word)
		})
	}
}
