// Package chi protects the routes of a chi router.
package chi

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/frameworks/notes"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// New returns a router in which each route names its rule. A route that is
// added without one, here or by whoever gets the router, answers 500.
func New(guard *rbachttp.Guard) chi.Router {
	r := chi.NewRouter()
	r.Use(guard.MustCheck)

	// What there is not, and what is concealed, are told in the same words.
	missing := func(w http.ResponseWriter, r *http.Request) { guard.Error(w, r, rbac.ErrNotFound) }
	r.NotFound(missing)
	r.MethodNotAllowed(missing)

	r.With(guard.Require(rbachttp.Public("for the load balancer"))).Get("/health", text("ok"))
	r.Route("/notes/{name}", func(r chi.Router) {
		r.With(guard.Require(rbachttp.Permission(notes.View))).Get("/", show(guard))
		r.With(guard.Require(rbachttp.Permission(notes.Edit))).Put("/", text("written"))
	})
	r.With(guard.Require(rbachttp.Conceal(rbachttp.Permission(notes.Edit)))).Get("/drafts", text("a%2Fb"))
	r.With(guard.Require(rbachttp.SignedIn())).Mount("/rbac", http.StripPrefix("/rbac", rbachttp.NewAPI(guard, nil)))
	return r
}

func show(guard *rbachttp.Guard) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, err := param(r, "name")
		if err != nil {
			guard.Error(w, r, rbac.ErrNotFound)
			return
		}
		reader, _ := rbachttp.PrincipalFrom(r.Context()) // the zero Principal may see nothing
		n, err := notes.Get(reader, name)
		if err != nil {
			guard.Error(w, r, err)
			return
		}
		text(n.Text)(w, r)
	}
}

// param returns a part of the path. Chi routes by the path as it was sent if that
// cannot be told from the decoded one, and then its parameters are still
// encoded; otherwise they are not, and to decode them would be to do so twice.
func param(r *http.Request, name string) (string, error) {
	value := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return value, nil
	}
	return url.PathUnescape(value)
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(s)) }
}
