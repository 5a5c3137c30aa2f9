package rbachttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// TestDisclosure is what each error comes to, silent and disclosed.
func TestDisclosure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	harmed := &rbac.DeniedError{Op: "edit_role", Actor: "mona", Role: w.clerk, Subject: rbac.User("carl"), Reason: rbac.ReasonHarms}
	for _, row := range []struct {
		err               error
		status            int
		silent, disclosed string // members after status
	}{
		{
			&rbac.DeniedError{Op: "check", Permission: view, Reason: rbac.ReasonNotHeld}, 403, ``,
			`,"reason":"not_held","detail":"the permission is not held","permission":"billing.view"`,
		},
		{
			&rbac.DeniedError{Permission: rbac.RolesEdit, Reason: rbac.ReasonPermission}, 403, `,"reason":"permission"`,
			`,"reason":"permission","detail":"the actor lacks the permission for it","permission":"rbac.roles.edit"`,
		},
		{
			&rbac.DeniedError{Missing: []rbac.Permission{manage}, Reason: rbac.ReasonCoverage}, 403, `,"reason":"coverage"`,
			`,"reason":"coverage","detail":"it takes permissions that the actor does not hold","missing":["billing.manage"]`,
		},
		{
			harmed, 403, `,"reason":"harms"`,
			`,"reason":"harms","detail":"somebody who is not below the actor would lose permissions","subject":{"kind":"user","id":"carl"}`,
		},
		{fmt.Errorf("wrapped: %w", &rbac.DeniedError{Role: w.clerk, Reason: rbac.ReasonNotFound}), 404, ``, ``},
		{&rbac.DeniedError{Reason: rbac.ReasonActor}, 401, ``, `,"detail":"no actor given"`},
		{&rbac.DeniedError{Reason: rbac.ReasonVersion}, 409, `,"reason":"version"`, `,"reason":"version","detail":"the role has changed since it was read"`},
		{&rbac.DeniedError{Reason: rbac.ReasonInUse, Count: 3}, 409, `,"reason":"in_use","count":3`, `,"reason":"in_use","detail":"the role is in use","count":3`},
		{&rbac.DeniedError{Reason: rbac.ReasonLastOwner}, 403, `,"reason":"last_owner"`, `,"reason":"last_owner","detail":"the tenant would have no Owner"`},
		{
			&rbac.InvalidError{Field: "name", Problem: "is empty"}, 400,
			`,"reason":"invalid","detail":"is empty","field":"name"`, `,"reason":"invalid","detail":"is empty","field":"name"`,
		},
		{
			&rbac.InvalidError{Field: "ops[1].permissions", Problem: `has "billing.x"`}, 400,
			`,"reason":"invalid","field":"ops[1].permissions"`, `,"reason":"invalid","detail":"has \"billing.x\"","field":"ops[1].permissions"`,
		},
		{&rbac.InvalidError{Field: "actor.groups", Problem: "carl"}, 500, ``, ``},
		{&rbac.InvalidError{Field: "tenant", Problem: "carl"}, 500, ``, ``},
		{rbac.ErrDenied, 403, ``, ``},
		{rbac.ErrNotFound, 404, ``, ``},
		{rbac.ErrConflict, 409, ``, ``},
		{rbac.ErrInUse, 409, `,"reason":"in_use"`, `,"reason":"in_use"`},
		{rbac.ErrInvalid, 400, `,"reason":"invalid"`, `,"reason":"invalid"`},
		{fmt.Errorf("%w: accounts", rbac.ErrUnavailable), 503, `,"reason":"unavailable"`, `,"reason":"unavailable"`},
		{rbac.ErrStale, 503, `,"reason":"stale"`, `,"reason":"stale"`},
		{rbac.ErrClock, 503, `,"reason":"clock"`, `,"reason":"clock"`},
		{&rbac.OutcomeUnknownError{Token: "v1.x", Err: context.Canceled}, 503, `,"reason":"outcome_unknown","token":"v1.x"`, `,"reason":"outcome_unknown","token":"v1.x"`},
		{rbac.ErrOutcomeUnknown, 503, `,"reason":"outcome_unknown"`, `,"reason":"outcome_unknown"`},
		{context.DeadlineExceeded, 503, `,"reason":"unavailable"`, `,"reason":"unavailable"`},
		{errors.Join(rbac.ErrDenied, rbac.ErrStale), 503, `,"reason":"stale"`, `,"reason":"stale"`},
		{errors.New("carl"), 500, ``, ``},
	} {
		for disclose, want := range map[bool]string{false: row.silent, true: row.disclosed} {
			var seen error
			g := w.guard(&rbachttp.GuardOptions{Disclose: disclose, Observe: func(_ *http.Request, u rbachttp.Rule, err error) { seen = err }})
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Error(w, r, row.err) })
			rec := serve(h, request("GET", "/", "User: mona"))
			want = fmt.Sprintf(`{"type":"about:blank","title":"%s","status":%d%s}`+"\n", http.StatusText(row.status), row.status, want)
			if diff := cmp.Diff(want, rec.Body.String()); diff != "" || rec.Code != row.status {
				t.Errorf("%v, disclosed: %t: %d (-want +got)\n%s", row.err, disclose, rec.Code, diff)
			}
			if !disclose {
				discreet(t, rec)
			}
			if retry := rec.Header().Get("Retry-After") != ""; retry != (row.status == 503 && !errors.Is(row.err, rbac.ErrOutcomeUnknown)) {
				t.Errorf("%v: Retry-After is %t", row.err, retry)
			}
			if !errors.Is(seen, row.err) {
				t.Errorf("Observe saw %v of %v", seen, row.err)
			}
		}
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got []string
	g := w.guard(&rbachttp.GuardOptions{Observe: func(r *http.Request, u rbachttp.Rule, err error) {
		if p, ok := rbachttp.PrincipalFrom(r.Context()); !ok || p.Actor().UserID() != "carl" {
			t.Errorf("%s was asked by %v", u, p.Actor())
		}
		got = append(got, fmt.Sprint(u, ": ", err))
	}})
	m := rbachttp.NewMux(g)
	m.HandleFunc("/a", rbachttp.Permission(view), handler)
	m.HandleFunc("/b", rbachttp.Conceal(rbachttp.Permission(manage)), handler)
	m.HandleFunc("/d", rbachttp.Public("checks late"), func(w http.ResponseWriter, r *http.Request) {
		_ = rbachttp.Check(r.Context(), view)
		g.Error(w, r, rbachttp.Check(r.Context(), view, manage))
	})
	h := g.MustCheck(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/c" {
			m.ServeHTTP(w, r)
		}
	}))
	for _, target := range []string{"/a", "/b", "/c", "/d"} {
		serve(h, request("GET", target, "User: carl"))
	}
	want := []string{
		"permission billing.view: <nil>",
		"concealed: permission billing.manage: rbac: denied: the permission is not held (billing.manage)",
		"nothing: rbachttp: a handler answered without any check",
		"public: checks late: <nil>",
		"permission billing.view: <nil>",
		"all of billing.view, billing.manage: rbac: denied: the permission is not held (billing.manage)",
		"nothing: rbac: denied: the permission is not held (billing.manage)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestToken is reading one's own write through another instance.
func TestToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(&rbachttp.GuardOptions{TokenHeader: "rbac-token"})
	h := g.Require(rbachttp.Permission(view))(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		a, _ := rbachttp.AuthorityFrom(r.Context())
		receipt, err := a.Assign(r.Context(), rbac.System("test"), rbac.NewAssignment{Subject: rbac.User("zoe"), Role: w.clerk})
		if err != nil {
			g.Error(rw, r, err)
			return
		}
		if r.Method == "POST" {
			g.SetToken(rw, receipt.Token)
		}
	}))
	before := serve(h, request("GET", "/", "User: carl")).Header().Get("Rbac-Token")
	after := serve(h, request("POST", "/", "User: carl", "Rbac-Token: "+before)).Header().Get("Rbac-Token")
	if before == "" || after == "" || before == after {
		t.Errorf("tokens %q, %q", before, after)
	}
	behind := newWorld(t) // an instance whose store has not heard of it yet
	h = behind.guard(&rbachttp.GuardOptions{TokenHeader: "rbac-token"}).Require(rbachttp.Permission(view))(http.HandlerFunc(handler))
	if rec := serve(h, request("GET", "/", "User: carl", "Rbac-Token: "+after)); rec.Code != 503 || rec.Header().Get("Rbac-Token") != "" {
		t.Errorf("answered %s", wire(rec))
	}
	both := g.Require(rbachttp.SignedIn())(g.Require(rbachttp.Permission(manage))(http.HandlerFunc(handler)))
	if rec := serve(both, request("GET", "/", "User: carl")); rec.Code != 403 || rec.Header().Get("Rbac-Token") != "" {
		t.Errorf("a refusal tells the state: %s", wire(rec))
	}
	silent := w.guard(nil)
	h = silent.Require(rbachttp.Permission(view))(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { silent.SetToken(rw, "x") }))
	if rec := serve(h, request("GET", "/", "User: carl", "Rbac-Token: x")); rec.Code != 200 || strings.Contains(wire(rec), "Token") {
		t.Errorf("answered %s", wire(rec))
	}
}

func TestTenants(t *testing.T) {
	t.Parallel()
	authority, err := rbac.New(memory.New(), catalog(t), &rbac.Options{MultiTenant: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Tenant("acme").Bootstrap(context.Background(), rbac.System("test"), "olivia"); err != nil {
		t.Fatal(err)
	}
	g := rbachttp.NewGuard(authority, func(r *http.Request) (rbachttp.Identity, error) {
		return rbachttp.Identity{Actor: rbac.As("olivia"), Tenant: r.Header.Get("Session")}, nil
	}, &rbachttp.GuardOptions{TokenHeader: "Token"})
	h := g.Require(rbachttp.Permission(purge))(http.HandlerFunc(handler))
	acme := serve(h, request("GET", "/", "Session: acme"))
	for status, r := range map[int]*http.Request{
		200: request("GET", "/", "Session: acme"), 403: request("GET", "/", "Session: zeta"), 500: request("GET", "/"),
		400: request("GET", "/", "Session: zeta", "Token: "+acme.Header().Get("Token")),
	} {
		if rec := serve(h, r); rec.Code != status {
			t.Errorf("answered %s, want %d", wire(rec), status)
		}
	}
}
