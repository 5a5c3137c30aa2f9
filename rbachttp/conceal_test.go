package rbachttp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// TestDisclosureKeepsSecrets is Conceal for a guard that says everything else.
func TestDisclosureKeepsSecrets(t *testing.T) {
	t.Parallel()
	g := newWorld(t).guard(&rbachttp.GuardOptions{Disclose: true})
	secret := rbachttp.Conceal(rbachttp.Where(rbachttp.Permission(manage), "object", func(*http.Request, rbac.Principal) error {
		return &rbac.DeniedError{Permission: purge, Reason: rbac.ReasonPermission}
	}))
	m := rbachttp.NewMux(g)
	m.Handle("/secret", secret, told("SECRET"))
	plain := http.NewServeMux()
	plain.Handle("/secret", g.Require(secret)(told("SECRET")))
	plain.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { g.Error(w, r, rbac.ErrNotFound) })
	for _, h := range []http.Handler{m, plain} {
		for _, user := range []string{"", "carl", "mona"} {
			got, want := wire(serve(h, request("GET", "/secret", "User: "+user))), wire(serve(h, request("GET", "/nowhere", "User: "+user)))
			if got != want {
				t.Errorf("%q (-missing +concealed):\n%s", user, cmp.Diff(want, got))
			}
		}
	}
}

// TestConcealedIsMissing compares a Mux that has concealed routes with one that
// does not have them: an outsider sees the same bytes, whatever is tried.
func TestConcealedIsMissing(t *testing.T) {
	t.Parallel()
	concealed := []string{"GET /secret", "/secret/tree/", "POST /open/{x}", "GET /half/{x}", "PUT /site/page", "/nested/"}
	plain := []string{"GET /open/{x}", "POST /half/{x}", "/site/"}
	other := "DELETE /never-asked-for" // so that both Muxes conceal something
	future := newWorld(t)
	for range 9 {
		if _, err := future.CreateRole(context.Background(), rbac.System("x"), rbac.NewRole{Name: "N", Permissions: rbac.Set()}); err == nil {
			break
		}
	}
	late, err := future.Resolve(context.Background(), rbac.As("olivia"))
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string]int{ // of GET /secret
		"denied": 404, "signed out": 404, "store down": 503, "store down, signed out": 404, "cancelled": 503, "session store down": 503,
		"garbage token": 400, "future token": 503, "navigation": 404,
	}
	for name, prep := range map[string]func(*world, *http.Request) *http.Request{
		"denied":                 func(_ *world, r *http.Request) *http.Request { r.Header.Set("User", "carl"); return r },
		"signed out":             func(_ *world, r *http.Request) *http.Request { return r },
		"store down":             func(w *world, r *http.Request) *http.Request { r.Header.Set("User", "carl"); return down(w, r) },
		"store down, signed out": down,
		"cancelled":              func(w *world, r *http.Request) *http.Request { r.Header.Set("User", "carl"); return cancelled(w, r) },
		"session store down":     func(_ *world, r *http.Request) *http.Request { r.Header.Set("User", "!error"); return r },
		"garbage token": func(w *world, r *http.Request) *http.Request {
			r.Header.Set("User", "carl")
			return with("Token", "x")(w, r)
		},
		"future token": func(w *world, r *http.Request) *http.Request {
			r.Header.Set("User", "carl")
			return with("Token", string(late.Token()))(w, r)
		},
		"navigation": func(_ *world, r *http.Request) *http.Request { r.Header.Set("Accept", "text/html"); return r },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.guard(&rbachttp.GuardOptions{TokenHeader: "Token"})
			with, without := rbachttp.NewMux(g), rbachttp.NewMux(g)
			for _, pattern := range plain {
				with.Handle(pattern, rbachttp.Public("open"), told(pattern))
				without.Handle(pattern, rbachttp.Public("open"), told(pattern))
			}
			for _, pattern := range concealed {
				with.Handle(pattern, rbachttp.Conceal(rbachttp.Permission(manage)), told("SECRET"))
			}
			without.Handle(other, rbachttp.Conceal(rbachttp.Permission(manage)), told("SECRET"))
			if rec := serve(with, prep(w, request("GET", "/secret"))); rec.Code != statuses[name] {
				t.Errorf("answered %s", wire(rec))
			}
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS"} {
				for _, target := range []string{
					"/secret", "/secret/", "/secret/tree", "/secret/tree/", "/secret/tree/x", "/open/1", "/half/1", "/site/page",
					"/nested", "/nested/x", "/x/../secret", "/x/../nested", "//secret", "/secret%2Ftree", "/nowhere",
				} {
					ask := func(m *rbachttp.Mux) string {
						r := request(method, target)
						return wire(serve(m, prep(w, r)))
					}
					got, want := ask(with), ask(without)
					if got != want || strings.Contains(got, "SECRET") {
						t.Errorf("%s %s (-missing +concealed):\n%s", method, target, cmp.Diff(want, got))
					}
				}
			}
		})
	}
}

func TestConcealedForInsiders(t *testing.T) {
	t.Parallel()
	m := rbachttp.NewMux(newWorld(t).guard(nil))
	m.Handle("/secret/", rbachttp.Conceal(rbachttp.Permission(manage)), told("secret"))
	if rec := serve(m, request("GET", "/secret", "User: mona")); rec.Code != 307 || rec.Header().Get("Location") != "/secret/" {
		t.Errorf("answered %s", wire(rec))
	}
	if rec := serve(m, request("GET", "/secret/x", "User: mona")); rec.Code != 200 {
		t.Errorf("answered %s", wire(rec))
	}
}

// TestConcealedFailure is a failing question about an object, asked of somebody
// for whom the route is no secret.
func TestConcealedFailure(t *testing.T) {
	t.Parallel()
	m := rbachttp.NewMux(newWorld(t).guard(nil))
	for path, err := range map[string]error{"/500": errDown, "/503": rbac.ErrUnavailable, "/404": rbac.ErrDenied} {
		hook := func(*http.Request, rbac.Principal) error { return err }
		m.HandleFunc(path, rbachttp.Conceal(rbachttp.Where(rbachttp.Permission(view), "object", hook)), handler)
		if rec := serve(m, request("GET", path, "User: carl")); fmt.Sprint("/", rec.Code) != path {
			t.Errorf("%s answered %s", path, wire(rec))
		}
		if rec := serve(m, request("GET", path, "User: nobody")); rec.Code != 404 {
			t.Errorf("%s answered %s", path, wire(rec))
		}
	}
}

// TestConcealedMiddleware is Conceal with another router, as its comment says.
func TestConcealedMiddleware(t *testing.T) {
	t.Parallel()
	g := newWorld(t).guard(nil)
	mux := http.NewServeMux()
	mux.Handle("/secret", g.Require(rbachttp.Conceal(rbachttp.Permission(manage)))(told("SECRET")))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { g.Error(w, r, rbac.ErrNotFound) })
	for _, user := range []string{"", "carl"} {
		got, want := wire(serve(mux, request("GET", "/secret", "User: "+user))), wire(serve(mux, request("GET", "/nowhere", "User: "+user)))
		if got != want {
			t.Errorf("(-missing +concealed):\n%s", cmp.Diff(want, got))
		}
	}
}
