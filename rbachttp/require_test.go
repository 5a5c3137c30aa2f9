package rbachttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// TestRequire is the table of every status, for programs and for browsers.
func TestRequire(t *testing.T) {
	t.Parallel()
	const header = "Rbac-Token"
	future := func(w *world) string {
		other := newWorld(t) // of the same tenant, further on
		for range 10 {
			if _, err := other.CreateRole(context.Background(), rbac.System("more"), rbac.NewRole{Name: "R", Permissions: rbac.Set()}); err == nil {
				r, _ := other.RoleNamed(context.Background(), rbac.System("more"), "R")
				_, _ = other.DeleteRole(context.Background(), rbac.System("more"), rbac.RoleDeletion{ID: r.ID, Version: r.Version})
			}
		}
		p, err := other.Resolve(context.Background(), rbac.As("olivia"))
		if err != nil {
			t.Fatal(err)
		}
		return header + ": " + string(p.Token())
	}
	always := func(*http.Request, rbac.Principal) error { return nil }
	says := func(err error) rbachttp.Rule {
		return rbachttp.Where(rbachttp.Permission(view), "object", func(*http.Request, rbac.Principal) error { return err })
	}
	for _, row := range []struct {
		name   string
		rule   rbachttp.Rule
		user   string
		prep   func(*world, *http.Request) *http.Request
		status int
		reason string
	}{
		{"allowed", rbachttp.Permission(view), "carl", nil, 200, ""},
		{"signed out", rbachttp.Permission(view), "", nil, 401, ""},
		{"denied", rbachttp.Permission(manage), "carl", nil, 403, ""},
		{"holds nothing", rbachttp.Permission(view), "nobody", nil, 403, ""},
		{"owner", rbachttp.Permission(purge), "olivia", nil, 200, ""},
		{"all of, one lacking", rbachttp.AllOf(view, manage), "carl", nil, 403, ""},
		{"all of", rbachttp.AllOf(view, manage), "mona", nil, 200, ""},
		{"any of", rbachttp.AnyOf(manage, view), "carl", nil, 200, ""},
		{"any of, none", rbachttp.AnyOf(manage, purge), "carl", nil, 403, ""},
		{"signed in", rbachttp.SignedIn(), "nobody", nil, 200, ""},
		{"signed in, signed out", rbachttp.SignedIn(), "", nil, 401, ""},
		{"public", rbachttp.Public("for all"), "", nil, 200, ""},
		{"public, whatever fails", rbachttp.Public("for all"), "!panic", nil, 200, ""},
		{"concealed, allowed", rbachttp.Conceal(rbachttp.Permission(view)), "carl", nil, 200, ""},
		{"concealed, denied", rbachttp.Conceal(rbachttp.Permission(manage)), "carl", nil, 404, ""},
		{"concealed, signed out", rbachttp.Conceal(rbachttp.Permission(manage)), "", nil, 404, ""},
		{"concealed, store down", rbachttp.Conceal(rbachttp.Permission(view)), "carl", down, 503, "unavailable"},
		{"object, yes", rbachttp.Where(rbachttp.Permission(view), "object", always), "carl", nil, 200, ""},
		{"object, yes, but no permission", rbachttp.Where(rbachttp.Permission(manage), "object", always), "carl", nil, 403, ""},
		{"object, denied", says(&rbac.DeniedError{Op: "check", Reason: rbac.ReasonNotHeld}), "carl", nil, 403, ""},
		{"object, just denied", says(rbac.ErrDenied), "carl", nil, 403, ""},
		{"object, missing", says(rbac.ErrNotFound), "carl", nil, 404, ""},
		{"object, failed", says(errDown), "carl", nil, 500, ""},
		{"object, concealed", rbachttp.Conceal(says(rbac.ErrDenied)), "carl", nil, 404, ""},
		{"object, concealed, malformed", rbachttp.Conceal(says(rbac.ErrInvalid)), "carl", nil, 404, ""},
		{"object, concealed, failed", rbachttp.Conceal(says(errDown)), "carl", nil, 500, ""},
		{"object, denied and failed", says(errors.Join(rbac.ErrDenied, rbac.ErrUnavailable)), "carl", nil, 503, "unavailable"},
		{"store down", rbachttp.Permission(view), "carl", down, 503, "unavailable"},
		{"store down, signed in", rbachttp.SignedIn(), "carl", down, 503, "unavailable"},
		{"store down, signed out", rbachttp.Permission(view), "", down, 401, ""},
		{"session store down", rbachttp.Permission(view), "!error", nil, 503, "unavailable"},
		{"stale", rbachttp.Permission(view), "carl", func(w *world, r *http.Request) *http.Request {
			name, value, _ := strings.Cut(future(w), ": ")
			r.Header.Set(name, value)
			return r
		}, 503, "stale"},
		{"garbage token", rbachttp.Permission(view), "carl", with(header, "x"), 400, "invalid"},
		{"two tokens", rbachttp.Permission(view), "carl", func(w *world, r *http.Request) *http.Request {
			p, err := w.Resolve(context.Background(), rbac.As("carl"))
			if err != nil {
				t.Error(err)
			}
			return with(header, string(p.Token()), string(p.Token()))(w, r)
		}, 400, "invalid"},
		{"locked out", rbachttp.Permission(view), "!locked", nil, 403, ""},
		{"unknown tenant", rbachttp.Permission(view), "!elsewhere", nil, 404, ""},
		{"cancelled", rbachttp.Permission(view), "carl", cancelled, 503, "unavailable"},
		{"cancelled, signed in", rbachttp.SignedIn(), "carl", cancelled, 503, "unavailable"},
		{"cancelled by the object's hook", rbachttp.Where(rbachttp.Permission(view), "slow", func(r *http.Request, _ rbac.Principal) error {
			r.Context().Value(cancelKey{}).(context.CancelFunc)()
			return nil
		}), "carl", func(_ *world, r *http.Request) *http.Request {
			ctx, cancel := context.WithCancel(r.Context())
			return r.WithContext(context.WithValue(ctx, cancelKey{}, cancel))
		}, 503, "unavailable"},
		{"System for a request", rbachttp.Permission(view), "!system", nil, 500, ""},
		{"malformed user", rbachttp.Permission(view), "!malformed", nil, 500, ""},
		{"tenant of a single-tenant host", rbachttp.Permission(view), "!tenant", nil, 500, ""},
	} {
		for _, kind := range []string{"API", "navigation"} {
			t.Run(row.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				h := w.guard(&rbachttp.GuardOptions{TokenHeader: header, Page: page}).Require(row.rule)(http.HandlerFunc(handler))
				r := request("GET", "/", "User: "+row.user)
				if kind == "navigation" {
					r.Header.Set("Accept", "text/html,application/xhtml+xml")
				}
				if row.prep != nil {
					r = row.prep(w, r)
				}
				rec := serve(h, r)
				discreet(t, rec)
				body := rec.Body.String()
				if row.status == 200 {
					if rec.Code != 200 || body != passed {
						t.Errorf("answered %d %q", rec.Code, body)
					}
					return
				}
				if kind == "navigation" && row.status == 401 {
					if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/sign-in" {
						t.Errorf("answered %s", wire(rec))
					}
					return
				}
				if rec.Code != row.status || strings.Contains(body, passed) || rec.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("answered %s", wire(rec))
				}
				if kind == "navigation" {
					if body != "<h1>"+http.StatusText(row.status)+"</h1>" {
						t.Errorf("page is %q", body)
					}
					return
				}
				want := rbachttp.Problem{Type: "about:blank", Title: http.StatusText(row.status), Status: row.status, Reason: row.reason}
				var got rbachttp.Problem
				if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
					t.Fatal(err)
				}
				got.Field, got.Detail = "", "" // of an invalid token
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if rec.Header().Get("Content-Type") != "application/problem+json" || (rec.Header().Get("Www-Authenticate") != "") != (row.status == 401) {
					t.Errorf("header is %v", rec.Header())
				}
			})
		}
	}
}

type cancelKey struct{}

func down(w *world, r *http.Request) *http.Request {
	w.store.down.Store(true)
	w.now = w.now.Add(time.Hour) // long past what checks may go by
	return r
}

func cancelled(_ *world, r *http.Request) *http.Request {
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	return r.WithContext(ctx)
}

func with(name string, values ...string) func(*world, *http.Request) *http.Request {
	return func(_ *world, r *http.Request) *http.Request {
		r.Header[name] = values
		return r
	}
}

// page is a host's: sign-in by redirection, no page for what failed.
func page(w http.ResponseWriter, r *http.Request, p rbachttp.Problem) {
	if p.Status == http.StatusUnauthorized {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return
	}
	_, _ = w.Write([]byte("<h1>" + p.Title + "</h1>"))
}
