// Package hosttests is a small host of the library, a web shop, and the unit
// tests of its access control: read shop_test.go.
package hosttests

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/seed80bc5f17/rbac"
)

// Catalog declares what can be done in the shop.
func Catalog() (*rbac.Catalog, error) {
	return rbac.NewCatalog(
		rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{
			{ID: "orders.view", Label: "View orders"},
			{ID: "orders.ship", Label: "Ship orders"},
			{ID: "orders.refund", Label: "Refund orders"},
		}},
		rbac.Section{Name: "Shop", Permissions: []rbac.PermissionInfo{
			{ID: "shop.theme", Label: "Change the look"},
			{ID: "shop.close", Label: "Close the shop", OwnerOnly: true},
		}},
	)
}

// Prebuilt declares the roles that every shop has. An Admin does not handle
// money; that is what the Cashier is for.
func Prebuilt(c *rbac.Catalog) []rbac.Prebuilt {
	return []rbac.Prebuilt{
		{ID: rbac.AdminRole, Permissions: c.Delegable().Minus(rbac.Set("orders.refund"))},
		{ID: "cashier", Permissions: rbac.Set("orders.view", "orders.refund")},
	}
}

// Checker is what the shop asks; *rbac.Authority is one.
type Checker interface {
	Check(ctx context.Context, actor rbac.Actor, p rbac.Permission) error
}

// Shop is the application.
type Shop struct {
	check  Checker
	mux    *http.ServeMux
	routes []route
}

type route struct {
	pattern string
	rule    rbac.Permission // "" = public
}

// New returns the shop over what answers its questions.
func New(c Checker) *Shop {
	s := &Shop{check: c, mux: http.NewServeMux()}
	s.handle("GET /{$}", "", "welcome")
	s.handle("GET /orders", "orders.view", "orders")
	s.handle("POST /orders/{id}/shipment", "orders.ship", "shipped")
	s.handle("POST /orders/{id}/refund", "orders.refund", "refunded")
	s.handle("DELETE /shop", "shop.close", "closed")
	return s
}

// ServeHTTP answers a request.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Routes lists the patterns and what each takes.
func (s *Shop) Routes() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, r := range s.routes {
			rule := string(r.rule)
			if rule == "" {
				rule = "public"
			}
			if !yield(r.pattern, rule) {
				return
			}
		}
	}
}

func (s *Shop) handle(pattern string, rule rbac.Permission, text string) {
	s.routes = append(s.routes, route{pattern, rule})
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if rule != "" {
			err := s.check.Check(r.Context(), actor(r), rule)
			switch {
			case errors.Is(err, rbac.ErrDenied):
				http.Error(w, "not allowed", http.StatusForbidden)
				return
			case err != nil:
				http.Error(w, "try again later", http.StatusServiceUnavailable)
				return
			}
		}
		_, _ = w.Write([]byte(text + "\n"))
	})
}

// actor stands for the host's authentication.
func actor(r *http.Request) rbac.Actor { return rbac.As(r.Header.Get("X-User")) }
