package rbachttp_test

import (
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

// TestTwiceKeepsTheFirst is a service that recovers from its mistake: the route
// stays what it was.
func TestTwiceKeepsTheFirst(t *testing.T) {
	t.Parallel()
	m := rbachttp.NewMux(newWorld(t).guard(nil))
	m.Handle("GET /x", rbachttp.Conceal(rbachttp.Permission(manage)), told("first"))
	for _, rule := range []rbachttp.Rule{rbachttp.Public("x"), rbachttp.Conceal(rbachttp.SignedIn())} {
		panics(t, "twice", func() { m.Handle("GET /x", rule, told("second")) })
	}
	for user, status := range map[string]int{"carl": 404, "mona": 200} {
		rec := serve(m, request("GET", "/x", "User: "+user))
		if rec.Code != status || strings.Contains(rec.Body.String(), "second") {
			t.Errorf("%s: answered %s", user, wire(rec))
		}
	}
	if got := fmt.Sprint(m.Routes()); got != "[{GET /x concealed: permission billing.manage}]" {
		t.Errorf("Routes = %s", got)
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
