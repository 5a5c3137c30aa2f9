package rbachttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// Names that no refusal may contain.
const (
	view   rbac.Permission = "billing.view"
	manage rbac.Permission = "billing.manage"
	purge  rbac.Permission = "billing.purge" // OwnerOnly
)

var secrets = []string{"billing.", "rbac.", "Clerk", "Manager", "olivia", "carl", "mona", "nobody", "accounts"}

// faultyStore fails when told to.
type faultyStore struct {
	store.Store
	down   atomic.Bool
	panics atomic.Bool
}

var errDown = errors.New("the database accounts is down")

func (s *faultyStore) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	if s.panics.Load() {
		panic("Heads")
	}
	if s.down.Load() {
		return nil, errDown
	}
	return s.Store.Heads(ctx, tenants)
}

func (s *faultyStore) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	if s.panics.Load() {
		panic("Load")
	}
	if s.down.Load() {
		return store.State{}, errDown
	}
	return s.Store.Load(ctx, tenant, sel)
}

// world is an Authority with olivia the Owner, mona the Manager, carl the Clerk
// and nobody who holds nothing.
type world struct {
	*rbac.Authority
	t              testing.TB
	store          *faultyStore
	clerk, manager rbac.RoleID
	now            time.Time
	calls          atomic.Int64 // of identify
}

func catalog(t testing.TB) *rbac.Catalog {
	t.Helper()
	c, err := rbac.NewCatalog(rbac.Section{Name: "Billing", Permissions: []rbac.PermissionInfo{
		{ID: view, Label: "View invoices"}, {ID: manage, Label: "Manage invoices"}, {ID: purge, Label: "Purge", OwnerOnly: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, store: &faultyStore{Store: memory.New()}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var err error
	if w.Authority, err = rbac.New(w.store, catalog(t), &rbac.Options{Now: func() time.Time { return w.now }}); err != nil {
		t.Fatal(err)
	}
	ctx, sys := context.Background(), rbac.System("fixture")
	must := func(r rbac.Receipt, err error) rbac.Role {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r.Role
	}
	must(w.Bootstrap(ctx, sys, "olivia"))
	w.clerk = must(w.CreateRole(ctx, sys, rbac.NewRole{Name: "Clerk", Permissions: rbac.Set(view)})).ID
	w.manager = must(w.CreateRole(ctx, sys, rbac.NewRole{Name: "Manager", Permissions: rbac.Set(
		view, manage, rbac.RolesView, rbac.RolesCreate, rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesUnassign, rbac.GroupsEdit,
	)})).ID
	must(w.Assign(ctx, sys, rbac.NewAssignment{Subject: rbac.User("carl"), Role: w.clerk}))
	must(w.Assign(ctx, sys, rbac.NewAssignment{Subject: rbac.User("mona"), Role: w.manager}))
	return w
}

var errSession = errors.New("session store accounts is down")

// identify is a host's function: the header User says who it is, as in carl or
// carl+eng for a group that the host asserts.
func (w *world) identify(r *http.Request) (rbachttp.Identity, error) {
	w.calls.Add(1)
	switch user := r.Header.Get("User"); user {
	case "":
		return rbachttp.Identity{}, nil
	case "!error":
		return rbachttp.Identity{Actor: rbac.As("olivia")}, errSession
	case "!locked":
		return rbachttp.Identity{Actor: rbac.As("olivia")}, fmt.Errorf("account of carl: %w", rbac.ErrDenied)
	case "!elsewhere":
		return rbachttp.Identity{Actor: rbac.As("olivia")}, fmt.Errorf("no tenant for the host name accounts: %w", rbac.ErrNotFound)
	case "!panic":
		panic("identify")
	case "!system":
		return rbachttp.Identity{Actor: rbac.System("by mistake")}, nil
	case "!tenant":
		return rbachttp.Identity{Actor: rbac.As("olivia"), Tenant: "elsewhere"}, nil
	case "!malformed":
		return rbachttp.Identity{Actor: rbac.As(" olivia")}, nil
	default:
		user, group, asserted := strings.Cut(user, "+")
		actor := rbac.As(user)
		if asserted {
			actor = actor.InGroups(group)
		}
		return rbachttp.Identity{Actor: actor}, nil
	}
}

func (w *world) guard(o *rbachttp.GuardOptions) *rbachttp.Guard {
	return rbachttp.NewGuard(w.Authority, w.identify, o)
}

// request makes a request; headers are "Name: value".
func request(method, target string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// passed is what the handlers of these tests answer.
const passed = "the handler's answer"

func handler(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(passed)) }

// wire is all that a client sees of an answer.
func wire(rec *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintln(&b, rec.Code)
	if err := rec.Result().Header.Write(&b); err != nil {
		return err.Error()
	}
	return b.String() + "\n" + rec.Body.String()
}

// discreet fails if an answer names what it must not.
func discreet(t *testing.T, rec *httptest.ResponseRecorder) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(wire(rec), secret) {
			t.Errorf("the answer contains %q:\n%s", secret, wire(rec))
		}
	}
}

// panics fails unless f panics.
func panics(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if recover() == nil {
			t.Errorf("%s: no panic", what)
		}
	}()
	f()
}
