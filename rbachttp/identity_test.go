package rbachttp_test

import (
	"bytes"
	"html/template"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// A handler or a template on its own can be tested as one user or another, and
// the host's function is not called.
func TestWithIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := rbachttp.NewGuard(w.Authority, func(*http.Request) (rbachttp.Identity, error) {
		t.Error("identify was called")
		return rbachttp.Identity{}, nil
	}, nil)
	page := template.Must(template.New("").Funcs(rbachttp.FuncMap(t.Context())).Parse(`{{if can "billing.view"}}yes{{else}}no{{end}}`))
	for user, want := range map[string]string{"carl": "yes", "nobody": "no"} {
		r := g.WithIdentity(httptest.NewRequest(http.MethodGet, "/", nil), rbachttp.Identity{Actor: rbac.As(user)})
		var b bytes.Buffer
		if err := template.Must(page.Clone()).Funcs(rbachttp.FuncMap(r.Context())).Execute(&b, nil); err != nil || b.String() != want {
			t.Errorf("%s sees %q, %v", user, b.String(), err)
		}
		if err := rbachttp.Check(r.Context(), view); (err == nil) != (want == "yes") {
			t.Errorf("%s: %v", user, err)
		}
		rec := httptest.NewRecorder()
		g.Require(rbachttp.Permission(view))(http.NotFoundHandler()).ServeHTTP(rec, r)
		if passed := rec.Code == http.StatusNotFound; passed != (want == "yes") {
			t.Errorf("%s: %d", user, rec.Code)
		}
	}
	for name, id := range map[string]rbachttp.Identity{"nobody at all": {}, "the host": {Actor: rbac.System("job")}} {
		r := g.WithIdentity(httptest.NewRequest(http.MethodGet, "/", nil), id)
		if _, ok := rbachttp.PrincipalFrom(r.Context()); ok || rbachttp.Can(r.Context(), view) {
			t.Errorf("%s may do something", name)
		}
	}
	// It stands for the request that it was given, not for the one before.
	r := g.WithIdentity(httptest.NewRequest(http.MethodGet, "/", nil), rbachttp.Identity{Actor: rbac.As("carl")})
	if r = g.WithIdentity(r, rbachttp.Identity{}); rbachttp.Can(r.Context(), view) {
		t.Error("who was taken back may still do something")
	}
}
