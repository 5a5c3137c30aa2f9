package after

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/httpserver/invoice"
	"github.com/seed80bc5f17/rbac/examples/httpserver/login"
	"github.com/seed80bc5f17/rbac/rbachttp"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// What can be done here.
var sections = []rbac.Section{
	{Name: "Invoices", Permissions: []rbac.PermissionInfo{
		{ID: "invoices.view", Label: "View one's own invoices"},
		{ID: "invoices.all", Label: "Have everybody's invoices for one's own"},
		{ID: "invoices.create", Label: "Make invoices"},
		{ID: "invoices.pay", Label: "Record payments"},
		{ID: "invoices.void", Label: "Void invoices"},
	}},
	{Name: "Ledger", Permissions: []rbac.PermissionInfo{{ID: "ledger.export", Label: "Export the ledger"}}},
}

// Open returns the authority whose roles are in a SQLite database, beside the
// service's own tables. At the first start olivia becomes the Owner.
func Open(ctx context.Context, db *sql.DB) (*rbac.Authority, error) {
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite, nil); err != nil {
		return nil, err
	}
	store, err := sqlstore.New(db, sqlstore.SQLite, nil)
	if err != nil {
		return nil, err
	}
	catalog, err := rbac.NewCatalog(sections...)
	if err != nil {
		return nil, err
	}
	authority, err := rbac.New(store, catalog, nil)
	if err != nil {
		return nil, err
	}
	_, err = authority.Bootstrap(ctx, rbac.System("first start"), "olivia")
	return authority, err
}

// newGuard connects the service's own authentication.
func newGuard(authority *rbac.Authority) *rbachttp.Guard {
	return rbachttp.NewGuard(authority, func(r *http.Request) (rbachttp.Identity, error) {
		return rbachttp.Identity{Actor: rbac.As(login.User(r))}, nil // "" is signed out
	}, &rbachttp.GuardOptions{Challenge: login.Challenge, Page: refusal})
}

// refusal is what people see in place of a page.
func refusal(w http.ResponseWriter, _ *http.Request, p rbachttp.Problem) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html>\n<title>%[1]s</title>\n<h1>%[1]s</h1>\n", p.Title)
}

// own asks, on top of a rule, whether the invoice is one's own. Somebody else's
// is not found, so that nobody learns which ones there are.
func (s *service) own(rule rbachttp.Rule) rbachttp.Rule {
	return rbachttp.Where(rule, "own invoice", func(r *http.Request, p rbac.Principal) error {
		found, err := s.book.Get(r.Context(), r.PathValue("id"))
		switch {
		case errors.Is(err, invoice.ErrNotFound):
			return rbac.ErrNotFound
		case err != nil:
			return fmt.Errorf("%w: %w", rbac.ErrUnavailable, err)
		case found.MadeBy != p.Actor().UserID() && !p.Can("invoices.all"):
			return rbac.ErrNotFound
		}
		return nil
	})
}

// visible returns the invoices that whoever makes a request may see.
func (s *service) visible(r *http.Request) ([]invoice.Invoice, error) {
	if rbachttp.Can(r.Context(), "invoices.all") {
		return s.book.List(r.Context())
	}
	return s.book.ListOf(r.Context(), login.User(r))
}
