// Package after is the service of package before in which people may do what
// their roles say.
package after

import (
	"context"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net/http"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/httpserver/invoice"
	"github.com/seed80bc5f17/rbac/examples/httpserver/login"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

//go:embed page.html
var files embed.FS

var page = template.Must(template.New("page.html").Funcs(rbachttp.FuncMap(context.Background())).ParseFS(files, "page.html"))

type service struct {
	book *invoice.Book
}

// New returns the service over a book of invoices.
func New(book *invoice.Book, authority *rbac.Authority) http.Handler {
	s := &service{book: book}
	guard := newGuard(authority)
	mux := rbachttp.NewMux(guard)
	mux.HandleFunc("GET /health", rbachttp.Public("for the load balancer"), s.health)
	mux.HandleFunc("GET /{$}", rbachttp.Permission("invoices.view"), s.page)
	mux.HandleFunc("GET /invoices", rbachttp.Permission("invoices.view"), s.list)
	mux.HandleFunc("POST /invoices", rbachttp.Permission("invoices.create"), s.create)
	mux.HandleFunc("GET /invoices/{id}", s.own(rbachttp.Permission("invoices.view")), s.show)
	mux.HandleFunc("POST /invoices/{id}/payment", s.own(rbachttp.Permission("invoices.pay")), s.settle("paid"))
	mux.HandleFunc("POST /invoices/{id}/void", s.own(rbachttp.Permission("invoices.void")), s.settle("void"))
	mux.HandleFunc("GET /ledger.csv", rbachttp.Conceal(rbachttp.Permission("ledger.export")), s.ledger)
	mux.Handle("/rbac/", rbachttp.SignedIn(), http.StripPrefix("/rbac", rbachttp.NewAPI(guard, nil)))
	return http.NewCrossOriginProtection().Handler(guard.MustCheck(mux))
}

func (s *service) health(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "ok")
}

func (s *service) page(w http.ResponseWriter, r *http.Request) {
	list, err := s.visible(r)
	if err != nil {
		failed(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := template.Must(page.Clone()).Funcs(rbachttp.FuncMap(r.Context())).Execute(w, list); err != nil {
		log.Print(err)
	}
}

func (s *service) list(w http.ResponseWriter, r *http.Request) {
	list, err := s.visible(r)
	answer(w, list, err)
}

func (s *service) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Customer string `json:"customer"`
		Cents    int64  `json:"cents"`
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || in.Customer == "" || in.Cents <= 0 {
		http.Error(w, "an invoice has a customer and more than 0 cents", http.StatusBadRequest)
		return
	}
	made, err := s.book.Add(r.Context(), in.Customer, in.Cents, login.User(r))
	answer(w, made, err)
}

func (s *service) show(w http.ResponseWriter, r *http.Request) {
	found, err := s.book.Get(r.Context(), r.PathValue("id"))
	answer(w, found, err)
}

func (s *service) settle(status string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		settled, err := s.book.Settle(r.Context(), r.PathValue("id"), status)
		answer(w, settled, err)
	}
}

func (s *service) ledger(w http.ResponseWriter, r *http.Request) {
	list, err := s.book.List(r.Context())
	if err != nil {
		failed(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	out := csv.NewWriter(w)
	for _, i := range list {
		_ = out.Write([]string{fmt.Sprint(i.ID), i.Customer, fmt.Sprint(i.Cents), i.Status}) // told by Error
	}
	out.Flush()
	if err := out.Error(); err != nil {
		log.Print(err)
	}
}

func answer(w http.ResponseWriter, v any, err error) {
	switch {
	case errors.Is(err, invoice.ErrNotFound):
		http.Error(w, "no such invoice", http.StatusNotFound)
		return
	case err != nil:
		failed(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Print(err)
	}
}

func failed(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, "try again later", http.StatusInternalServerError)
}
