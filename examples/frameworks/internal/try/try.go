// Package try asks services about notes what a client may ask.
package try

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/frameworks/notes"
	"github.com/seed80bc5f17/rbac/rbachttp"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// Store is one in memory that fails when told to.
type Store struct {
	store.Store
	down  atomic.Bool
	hours atomic.Int64 // that have passed
}

// Fail lets the store fail, or no longer, from an hour later on: what is known
// from before is too old to go by.
func (s *Store) Fail(down bool) {
	s.down.Store(down)
	s.hours.Add(1)
}

func (s *Store) now() time.Time { return start.Add(time.Duration(s.hours.Load()) * time.Hour) }

var (
	errDown = errors.New("the database is down")
	start   = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// Heads fails when told to.
func (s *Store) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	if s.down.Load() {
		return nil, errDown
	}
	return s.Store.Heads(ctx, tenants)
}

// Load fails when told to.
func (s *Store) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	if s.down.Load() {
		return store.State{}, errDown
	}
	return s.Store.Load(ctx, tenant, sel)
}

// NewGuard returns a guard for carl, who reads notes, mona, who also writes
// them, and nobody, who may do nothing. It believes the header User, which only
// a test can do.
func NewGuard(t *testing.T) (*rbachttp.Guard, *Store) {
	t.Helper()
	catalog, err := notes.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{Store: memory.New()}
	authority, err := rbac.New(s, catalog, &rbac.Options{Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	host := rbac.System("test")
	reader := rbac.CreateRole(rbac.NewRole{Name: "Reader", Permissions: rbac.Set(notes.View)})
	writer := rbac.CreateRole(rbac.NewRole{Name: "Writer", Permissions: rbac.Set(notes.View, notes.Edit)})
	if _, err := authority.Apply(t.Context(), host, rbac.Bootstrap("olivia"), reader, writer,
		rbac.Assign(rbac.NewAssignment{Subject: rbac.User("carl"), Role: reader.RoleID()}),
		rbac.Assign(rbac.NewAssignment{Subject: rbac.User("mona"), Role: writer.RoleID()})); err != nil {
		t.Fatal(err)
	}
	return rbachttp.NewGuard(authority, func(r *http.Request) (rbachttp.Identity, error) {
		return rbachttp.Identity{Actor: rbac.As(r.Header.Get("User"))}, nil
	}, nil), s
}

// Forgotten is what a handler without a rule says.
const Forgotten = "said by a handler without a rule"

// Router asks a service over HTTP. The function makes it with a guard, and adds
// to it GET /forgotten, without a rule, which answers with Forgotten.
func Router(t *testing.T, service func(*rbachttp.Guard) http.Handler) {
	t.Helper()
	guard, store := NewGuard(t)
	h := service(guard)
	ask := func(user, method, target string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
		r.Header.Set("User", user)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	for _, row := range []struct {
		name, user, method, target string
		status                     int
		body                       string
	}{
		{"public", "", "GET", "/health", 200, "ok"},
		{"signed out", "", "GET", "/notes/todo", 401, ""},
		{"denied", "nobody", "GET", "/notes/todo", 403, ""},
		{"denied by method", "carl", "PUT", "/notes/todo", 403, ""},
		{"allowed", "carl", "GET", "/notes/todo", 200, "buy milk"},
		{"allowed by method", "mona", "PUT", "/notes/todo", 200, "written"},
		{"encoded slash", "carl", "GET", "/notes/a%2Fb", 200, "for everybody"},
		{"encoded slash denied", "nobody", "GET", "/notes/a%2Fb", 403, ""},
		{"encoded twice", "carl", "GET", "/notes/a%252Fb", 404, ""},
		{"encoded twice, allowed", "mona", "GET", "/notes/a%252Fb", 200, "not yet"},
		{"encoded twice, and once", "carl", "GET", "/%6Eotes/a%252Fb", 404, ""},
		{"real slash", "mona", "GET", "/notes/a/b", 404, ""},
		{"trailing slash", "mona", "GET", "/drafts/", 404, ""},
		{"other method", "mona", "DELETE", "/notes/todo", 404, ""},
		{"HEAD", "nobody", "HEAD", "/drafts", 404, ""},
		{"concealed", "carl", "GET", "/drafts", 404, ""},
		{"concealed, allowed", "mona", "GET", "/drafts", 200, "a%2Fb"},
		{"no rule", "olivia", "GET", "/forgotten", 500, ""},
		{"administration", "carl", "GET", "/rbac/me", 200, ""},
		{"administration, signed out", "", "GET", "/rbac/me", 401, ""},
	} {
		rec := ask(row.user, row.method, row.target)
		body := rec.Body.String()
		if rec.Code != row.status || row.body != "" && body != row.body || strings.Contains(body, Forgotten) {
			t.Errorf("%s: answered %d %q, want %d %q", row.name, rec.Code, body, row.status, row.body)
		}
		if row.status >= 400 && rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: answered with %v", row.name, rec.Header())
		}
	}
	for _, method := range []string{"GET", "HEAD", "POST"} {
		hidden, missing := ask("carl", method, "/drafts"), ask("carl", method, "/nowhere")
		if wire(t, hidden) != wire(t, missing) {
			t.Errorf("%s: the concealed answers\n%s\nand the missing\n%s", method, wire(t, hidden), wire(t, missing))
		}
	}
	store.Fail(true)
	for user, status := range map[string]int{"": 401, "carl": 503, "olivia": 503} {
		if rec := ask(user, "GET", "/notes/todo"); rec.Code != status {
			t.Errorf("with the store down, %q is answered %d %s", user, rec.Code, rec.Body)
		}
	}
}

func wire(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	var b strings.Builder
	if err := rec.Result().Header.Write(&b); err != nil {
		t.Fatal(err)
	}
	return http.StatusText(rec.Code) + "\n" + b.String() + rec.Body.String()
}
