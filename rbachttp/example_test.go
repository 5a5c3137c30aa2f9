package rbachttp_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// A service with a public, a protected and a concealed route, and the
// administration of roles under /rbac/.
func Example() {
	catalog, err := rbac.NewCatalog(rbac.Section{Name: "Billing", Permissions: []rbac.PermissionInfo{
		{ID: "billing.view", Label: "View invoices"}, {ID: "billing.audit", Label: "See who looked at invoices"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	authority, err := rbac.New(memory.New(), catalog, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := authority.Bootstrap(context.Background(), rbac.System("sign-up"), "olivia"); err != nil {
		log.Fatal(err)
	}

	// Whatever the host authenticates with. Here, a header says it.
	guard := rbachttp.NewGuard(authority, func(r *http.Request) (rbachttp.Identity, error) {
		return rbachttp.Identity{Actor: rbac.As(r.Header.Get("User"))}, nil
	}, nil)
	mux := rbachttp.NewMux(guard)
	mux.HandleFunc("GET /health", rbachttp.Public("for the load balancer"), func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /invoices", rbachttp.Permission("billing.view"), func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "invoices; audit link:", rbachttp.Can(r.Context(), "billing.audit"))
	})
	mux.HandleFunc("GET /audit", rbachttp.Conceal(rbachttp.Permission("billing.audit")), func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "audit")
	})
	mux.Handle("/rbac/", rbachttp.SignedIn(), http.StripPrefix("/rbac", rbachttp.NewAPI(guard, nil)))
	for _, route := range mux.Routes() {
		fmt.Printf("%-14s %s\n", route.Pattern, route.Rule)
	}

	ask := func(user, method, target, body string) {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("User", user)
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		answer, _, _ := strings.Cut(rec.Body.String(), `,"revision"`) // and what is drawn
		fmt.Printf("%s %s by %q: %d %s\n", method, target, user, rec.Code, strings.TrimSpace(answer))
	}
	ask("", "GET", "/health", "")
	ask("", "GET", "/invoices", "")
	ask("carl", "GET", "/invoices", "")
	ask("carl", "GET", "/audit", "")
	ask("olivia", "POST", "/rbac/batch", `{"ops":[
		{"op":"create_role","name":"Clerk","permissions":["billing.view"]},
		{"op":"assign","role":"$0","subject":{"kind":"user","id":"carl"}}]}`)
	ask("carl", "GET", "/invoices", "")
	// Output:
	// /rbac/         signed in
	// GET /audit     concealed: permission billing.audit
	// GET /health    public: for the load balancer
	// GET /invoices  permission billing.view
	// GET /health by "": 200 ok
	// GET /invoices by "": 401 {"type":"about:blank","title":"Unauthorized","status":401}
	// GET /invoices by "carl": 403 {"type":"about:blank","title":"Forbidden","status":403}
	// GET /audit by "carl": 404 {"type":"about:blank","title":"Not Found","status":404}
	// POST /rbac/batch by "olivia": 200 {"changed":true
	// GET /invoices by "carl": 200 invoices; audit link: false
}
