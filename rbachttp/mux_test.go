package rbachttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// told is a handler that answers with its name and the path values it got.
func told(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(name + "|" + r.PathValue("x") + "|" + r.URL.Path))
	})
}

func TestMux(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(nil)
	inner := rbachttp.NewMux(g)
	inner.Handle("GET /deep/{x}", rbachttp.Permission(manage), told("deep"))
	m := rbachttp.NewMux(g)
	m.Handle("GET /invoices/{x}", rbachttp.Permission(view), told("get"))
	m.Handle("POST /invoices/{x}", rbachttp.Permission(manage), told("post"))
	m.Handle("/tree/", rbachttp.Permission(view), told("tree"))
	m.Handle("GET /exact/{$}", rbachttp.Permission(view), told("exact"))
	m.Handle("/nested/", rbachttp.Permission(view), http.StripPrefix("/nested", inner))
	m.Handle("example.org/host", rbachttp.Permission(view), told("host"))
	m.HandleFunc("/open", rbachttp.Public("for all"), handler)
	for _, row := range []struct {
		name, method, target, user string
		status                     int
		body                       string
	}{
		{"allowed", "GET", "/invoices/7", "carl", 200, "get|7|/invoices/7"},
		{"HEAD is GET", "HEAD", "/invoices/7", "carl", 200, ""},
		{"HEAD refused", "HEAD", "/invoices/7", "nobody", 403, ""},
		{"other method, other rule", "POST", "/invoices/7", "carl", 403, ""},
		{"other method, allowed", "POST", "/invoices/7", "mona", 200, "post|7|/invoices/7"},
		{"unknown method", "DELETE", "/invoices/7", "mona", 405, ""},
		{"unknown method, signed out", "DELETE", "/invoices/7", "", 405, ""},
		{"encoded slash", "GET", "/invoices/a%2Fb", "carl", 200, "get|a/b|/invoices/a/b"},
		{"encoded slash refused", "GET", "/invoices/a%2Fb", "nobody", 403, ""},
		{"encoded slash into another route", "GET", "/tree%2Fx", "carl", 404, ""},
		{"encoded dots", "GET", "/invoices/%2e%2e", "nobody", 403, ""},
		{"real slash", "GET", "/invoices/a/b", "mona", 404, ""},
		{"trailing slash", "GET", "/invoices/7/", "mona", 404, ""},
		{"to the tree", "GET", "/tree", "nobody", 307, ""},
		{"in the tree", "GET", "/tree/x/y", "carl", 200, "tree||/tree/x/y"},
		{"in the tree refused", "GET", "/tree/x/y", "nobody", 403, ""},
		{"exact", "GET", "/exact/", "carl", 200, "exact||/exact/"},
		{"beyond exact", "GET", "/exact/x", "carl", 404, ""},
		{"unclean", "GET", "/open/../invoices/7", "nobody", 307, ""},
		{"double slash", "GET", "//invoices/7", "nobody", 307, ""},
		{"nested, outer refuses", "GET", "/nested/deep/1", "nobody", 403, ""},
		{"nested, inner refuses", "GET", "/nested/deep/1", "carl", 403, ""},
		{"nested, encoded slash", "GET", "/nested/deep/a%2Fb", "carl", 403, ""},
		{"nested, missing", "GET", "/nested/shallow", "carl", 404, ""},
		{"nested, other method", "PUT", "/nested/deep/1", "mona", 405, ""},
		{"nested", "GET", "/nested/deep/a%2Fb", "mona", 200, "deep|a/b|/deep/a/b"},
		{"host", "GET", "http://example.org/host", "carl", 200, "host||/host"},
		{"other host", "GET", "http://example.com/host", "carl", 404, ""},
		{"public", "PATCH", "/open", "", 200, passed},
		{"missing", "GET", "/nowhere", "olivia", 404, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			rec := serve(m, request(row.method, row.target, "User: "+row.user))
			if rec.Code != row.status || row.body != "" && rec.Body.String() != row.body {
				t.Errorf("answered %s", wire(rec))
			}
			if row.status >= 400 {
				discreet(t, rec)
				if rec.Header().Get("Content-Type") != "application/problem+json" || rec.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("answered %s", wire(rec))
				}
			}
			if allow := rec.Header().Get("Allow"); (allow != "") != (row.status == 405) {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
	if rec := serve(m, &http.Request{Method: "OPTIONS", RequestURI: "*", URL: request("GET", "/").URL, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}); rec.Code != 400 {
		t.Errorf("OPTIONS * answered %s", wire(rec))
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	m := rbachttp.NewMux(newWorld(t).guard(nil))
	hook := func(*http.Request, rbac.Principal) error { return nil }
	h := http.HandlerFunc(handler)
	m.Handle("GET /c", rbachttp.Conceal(rbachttp.Where(rbachttp.AllOf(view, manage), "own invoice", hook)), h)
	m.Handle("GET /b", rbachttp.Public("for the load balancer"), h)
	m.Handle("GET /a", rbachttp.Permission(view), h)
	m.Handle("GET /d", rbachttp.AnyOf(view, manage), h)
	m.Handle("GET /e", rbachttp.SignedIn(), h)
	var got []string
	for _, route := range m.Routes() {
		got = append(got, route.Pattern+" → "+route.Rule.String())
	}
	want := []string{
		"GET /a → permission billing.view",
		"GET /b → public: for the load balancer",
		"GET /c → concealed: all of billing.view, billing.manage; where own invoice",
		"GET /d → any of billing.view, billing.manage",
		"GET /e → signed in",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
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

// TestOverTheWire asks a real server, with a real client.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(nil)
	m := rbachttp.NewMux(g)
	m.Handle("GET /x/{x}", rbachttp.Permission(view), told("x"))
	m.HandleFunc("GET /panic", rbachttp.Permission(view), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	server := httptest.NewServer(g.MustCheck(m))
	defer server.Close()
	for target, want := range map[string]int{"/x/a%2Fb": 200, "/panic": 0, "/y": 404, "/x/": 404} {
		for _, method := range []string{"GET", "HEAD"} {
			r, err := http.NewRequestWithContext(t.Context(), method, server.URL+target, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("User", "carl")
			got := 0
			if resp, err := server.Client().Do(r); err == nil {
				got = resp.StatusCode
				_ = resp.Body.Close()
			}
			if got != want {
				t.Errorf("%s %s answered %d, want %d", method, target, got, want)
			}
		}
	}
}
