package rbachttp_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func nothing(http.ResponseWriter, *http.Request) {}

// TestRequireAllocates holds Require to its budget: at most 4 allocations, with
// what it takes to resolve somebody who is known from before.
func TestRequireAllocates(t *testing.T) {
	w := newWorld(t)
	g := w.guard(nil)
	mona := request("GET", "/", "User: mona")
	rw := discard{http.Header{}}
	inner := g.Require(rbachttp.AllOf(view, manage))(http.HandlerFunc(nothing))
	serve(g.Require(rbachttp.SignedIn())(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n := testing.AllocsPerRun(100, func() { inner.ServeHTTP(rw, r) }); n > 0 {
			t.Errorf("%v allocations for a request whose Principal is resolved", n)
		}
	})), mona)
	if n := testing.AllocsPerRun(100, func() { inner.ServeHTTP(rw, mona) }); n > 4 {
		t.Errorf("%v allocations for a request with its Resolve", n)
	}
	public := g.Require(rbachttp.Public("for all"))(http.HandlerFunc(nothing))
	if n := testing.AllocsPerRun(100, func() { public.ServeHTTP(rw, mona) }); n > 4 {
		t.Errorf("%v allocations for a request that comes to the guard first", n)
	}
}

// BenchmarkRequire is what a rule adds to a request: to one whose Principal an
// outer rule has resolved, and to one for which that is still to be done.
func BenchmarkRequire(b *testing.B) {
	w := newWorld(b)
	g := w.guard(nil)
	inner := g.Require(rbachttp.AllOf(view, manage))(http.HandlerFunc(nothing))
	mona := request("GET", "/", "User: mona")
	b.Run("bare handler", func(b *testing.B) { repeat(b, http.HandlerFunc(nothing), mona) })
	b.Run("resolved", func(b *testing.B) {
		serve(g.Require(rbachttp.SignedIn())(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { repeat(b, inner, r) })), mona)
	})
	b.Run("with Resolve", func(b *testing.B) { repeat(b, inner, mona) })
	b.Run("signed out", func(b *testing.B) {
		repeat(b, inner, request("GET", "/"))
	})
	b.Run("Resolve alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Resolve(b.Context(), rbac.As("mona")); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func repeat(b *testing.B, h http.Handler, r *http.Request) {
	b.Helper()
	b.ReportAllocs()
	rw := discard{http.Header{}}
	for b.Loop() {
		h.ServeHTTP(rw, r)
	}
}

// BenchmarkMux is what a Mux of 100 routes adds to a ServeMux of them.
func BenchmarkMux(b *testing.B) {
	g := newWorld(b).guard(nil)
	m, plain := rbachttp.NewMux(g), http.NewServeMux()
	for i := range 100 {
		pattern := fmt.Sprintf("GET /x%d/{id}", i)
		m.HandleFunc(pattern, rbachttp.Public("for all"), nothing)
		plain.HandleFunc(pattern, nothing)
	}
	for name, h := range map[string]http.Handler{"Mux": m, "ServeMux": plain} {
		b.Run(name, func(b *testing.B) {
			repeat(b, h, request("GET", "/x50/7"))
		})
	}
}
