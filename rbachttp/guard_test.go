package rbachttp_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

func TestPageCannotPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request, rbachttp.Problem){
		"writes nothing": func(http.ResponseWriter, *http.Request, rbachttp.Problem) {},
		"says 200":       func(w http.ResponseWriter, _ *http.Request, _ rbachttp.Problem) { w.WriteHeader(200) },
		"writes twice": func(w http.ResponseWriter, _ *http.Request, _ rbachttp.Problem) {
			w.WriteHeader(204)
			w.WriteHeader(200)
		},
	} {
		h := w.guard(&rbachttp.GuardOptions{Page: answer}).Require(rbachttp.Permission(manage))(http.HandlerFunc(handler))
		if rec := serve(h, request("POST", "/", "User: carl", "Sec-Fetch-Mode: navigate")); rec.Code != 403 {
			t.Errorf("a page that %s: answered %s", name, wire(rec))
		}
	}
}

func TestPanicsPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reached := false
	inner := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })
	g := w.guard(nil)
	h := g.Require(rbachttp.SignedIn())(g.Require(rbachttp.SignedIn())(inner))
	// A recovering middleware of the host between this package's handlers.
	h = g.Require(rbachttp.Public("recovers"))(recovering(h, g.Require(rbachttp.SignedIn())(inner)))
	rec := serve(h, request("GET", "/", "User: !panic"))
	if reached || rec.Code != 500 {
		t.Errorf("answered %s, reached: %t", wire(rec), reached)
	}
	w.store.panics.Store(true)
	w.now = w.now.Add(time.Hour)
	if rec := serve(h, request("GET", "/", "User: carl")); reached || rec.Code != 500 {
		t.Errorf("answered %s, reached: %t", wire(rec), reached)
	}
	w.store.panics.Store(false)
	hook := rbachttp.Where(rbachttp.SignedIn(), "panics", func(*http.Request, rbac.Principal) error { panic("hook") })
	panics(t, "a hook", func() { serve(g.Require(hook)(inner), request("GET", "/", "User: carl")) })
	broken := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("handler") })
	panics(t, "a handler", func() { serve(g.MustCheck(g.Require(rbachttp.SignedIn())(broken)), request("GET", "/", "User: carl")) })
	if reached {
		t.Error("reached")
	}
}

// TestTwoGuards is a guard within another: each asks its own host's function
// and its own Authority.
func TestTwoGuards(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	staff := rbachttp.NewGuard(other.Authority, func(*http.Request) (rbachttp.Identity, error) {
		return rbachttp.Identity{Actor: rbac.As("olivia")}, nil
	}, nil)
	h := staff.Require(rbachttp.Permission(purge))(w.guard(nil).Require(rbachttp.Permission(manage))(http.HandlerFunc(handler)))
	for user, status := range map[string]int{"": 401, "carl": 403, "mona": 200} {
		if rec := serve(h, request("GET", "/", "User: "+user)); rec.Code != status {
			t.Errorf("%q: answered %s", user, wire(rec))
		}
	}
}

// recovering tries again with another handler when the first one panics.
func recovering(first, then http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				then.ServeHTTP(w, r)
			}
		}()
		first.ServeHTTP(w, r)
	})
}

func TestConstructionPanics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(nil)
	h := http.HandlerFunc(handler)
	nothing := func(*http.Request, rbac.Principal) error { return nil }
	for name, f := range map[string]func(){
		"nil authority":      func() { rbachttp.NewGuard(nil, w.identify, nil) },
		"nil function":       func() { rbachttp.NewGuard(w.Authority, nil, nil) },
		"malformed header":   func() { w.guard(&rbachttp.GuardOptions{TokenHeader: "a b"}) },
		"zero rule":          func() { g.Require(rbachttp.Rule{}) },
		"unknown permission": func() { g.Require(rbachttp.Permission("billing.veiw")) },
		"one unknown":        func() { g.Require(rbachttp.AnyOf(view, "x")) },
		"concealed unknown":  func() { g.Require(rbachttp.Conceal(rbachttp.Permission("x"))) },
		"hooked zero rule":   func() { g.Require(rbachttp.Where(rbachttp.Rule{}, "x", nothing)) },
		"concealed zero":     func() { g.Require(rbachttp.Conceal(rbachttp.Rule{})) },
		"all of nothing":     func() { rbachttp.AllOf() },
		"any of nothing":     func() { rbachttp.AnyOf() },
		"public for nothing": func() { rbachttp.Public(" ") },
		"public concealed":   func() { rbachttp.Conceal(rbachttp.Public("x")) },
		"public hooked":      func() { rbachttp.Where(rbachttp.Public("x"), "x", nothing) },
		"nil hook":           func() { rbachttp.Where(rbachttp.SignedIn(), "x", nil) },
		"unnamed hook":       func() { rbachttp.Where(rbachttp.SignedIn(), "", nothing) },
		"nil handler":        func() { g.Require(rbachttp.SignedIn())(nil) },
		"nil HandlerFunc":    func() { g.Require(rbachttp.SignedIn())(http.HandlerFunc(nil)) },
		"nil checked":        func() { g.MustCheck(nil) },
		"mux without guard":  func() { rbachttp.NewMux(nil) },
		"mux, zero rule":     func() { rbachttp.NewMux(g).Handle("/", rbachttp.Rule{}, h) },
		"mux, nil handler":   func() { rbachttp.NewMux(g).Handle("/", rbachttp.SignedIn(), nil) },
		"mux, nil function":  func() { rbachttp.NewMux(g).HandleFunc("/", rbachttp.SignedIn(), nil) },
		"mux, bad pattern":   func() { rbachttp.NewMux(g).Handle("GET", rbachttp.SignedIn(), h) },
		"mux, conflict": func() {
			m := rbachttp.NewMux(g)
			m.Handle("GET /{x}/a", rbachttp.SignedIn(), h)
			m.Handle("GET /a/{x}", rbachttp.SignedIn(), h)
		},
		"mux, twice by other names": func() {
			m := rbachttp.NewMux(g)
			m.Handle("GET /{x}", rbachttp.SignedIn(), h)
			m.Handle("GET /{y}", rbachttp.Public("x"), h)
		},
		"mux, twice": func() {
			m := rbachttp.NewMux(g)
			m.Handle("GET /x", rbachttp.Public("x"), h)
			m.Handle("GET /x", rbachttp.Conceal(rbachttp.SignedIn()), h)
		},
	} {
		panics(t, name, f)
	}
}
