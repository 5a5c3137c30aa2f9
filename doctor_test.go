package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// doctored is a store with a doctor.
type doctored struct {
	store.Store
	findings []store.Finding
	err      error
}

func (s doctored) Doctor(context.Context) ([]store.Finding, error) { return s.findings, s.err }

func found(findings []store.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.String())
	}
	return out
}

func TestDoctorFindsNothing(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	role := w.role(fxX)
	w.give(rbac.User("u"), role)
	w.give(rbac.Group("g"), rbac.AdminRole)
	w.must(w.EditRole(w.ctx, w.owner, rbac.RoleEdit{ID: role, Version: 1, Status: new(rbac.Suspended)}))
	findings, err := w.Doctor(w.ctx, w.sys)
	if err != nil || len(findings) != 0 {
		t.Errorf("Doctor = %q, %v, want nothing", findings, err)
	}
}

func TestDoctorFinds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(w *fxWorld, role rbac.RoleID)
		want  []string // {role} is the role's id
	}{
		{"an undeclared permission", func(w *fxWorld, role rbac.RoleID) {
			w.rawRole(role, func(r *store.Role) { r.Permissions = []string{"app.a", "app.gone", "rbac.gone"} })
		}, []string{"role {role}: it has permissions that the catalogue does not declare: {app.gone, rbac.gone}."}},
		{"an OwnerOnly permission", func(w *fxWorld, role rbac.RoleID) {
			w.rawRole(role, func(r *store.Role) { r.Permissions = []string{"app.a", "app.close"} })
		}, []string{"role {role}: it has permissions that only Owners may have: {app.close}."}},
		{"both", func(w *fxWorld, role rbac.RoleID) {
			w.rawRole(role, func(r *store.Role) { r.Permissions = []string{"app.close", "app.gone"} })
		}, []string{"role {role}: it has permissions that the catalogue does not declare: {app.gone}.", "role {role}: it has permissions that only Owners may have: {app.close}."}},
		{"a damaged role", func(w *fxWorld, role rbac.RoleID) {
			w.rawRole(role, func(r *store.Role) { r.Damaged = true })
		}, []string{"role {role}: it cannot be read"}},
		{"a name that is none", func(w *fxWorld, role rbac.RoleID) {
			w.rawRole(role, func(r *store.Role) { r.Permissions = []string{"no name"} })
		}, []string{"role {role}: it cannot be read"}},
		{"an unknown status", func(w *fxWorld, role rbac.RoleID) {
			w.rawRole(role, func(r *store.Role) { r.Status = "frozen" })
		}, []string{`role {role}: its status is "frozen", which counts as blocked.`}},
		{"a stored prebuilt role", func(w *fxWorld, _ rbac.RoleID) {
			w.raw(store.Commit{Roles: []store.Change[store.Role]{{After: &store.Role{ID: "admin", Name: "A", Status: "active", Version: 1}}}})
		}, []string{"role admin: it is stored under the id of a prebuilt role"}},
		{"a prebuilt role that was withdrawn", func(w *fxWorld, _ rbac.RoleID) {
			var c store.Commit
			for i := range 1001 {
				s := store.Subject{Kind: store.User, ID: fmt.Sprint("u", i)}
				c.Assignments = append(c.Assignments, store.Change[store.Assignment]{After: &store.Assignment{Subject: s, Role: "support"}})
			}
			g := store.Subject{Kind: store.Group, ID: "g"}
			c.Assignments = append(c.Assignments, store.Change[store.Assignment]{After: &store.Assignment{Subject: g, Role: "role_gone", Until: 1}})
			w.raw(c)
		}, []string{"role role_gone: it does not exist, and 1 assignments name it", "role support: it does not exist, and 1001 assignments name it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := fxNew(t)
			role := w.role(fxX)
			w.give(rbac.User("u"), role)
			tt.spoil(w, role)
			findings, err := w.Doctor(w.ctx, w.sys)
			if err != nil {
				t.Fatal(err)
			}
			got := found(findings)
			for i, want := range tt.want {
				want = strings.ReplaceAll(want, "{role}", string(role))
				if i >= len(got) || !strings.HasPrefix(got[i], want) || findings[i].Remedy == "" {
					t.Errorf("Doctor = %q, want %q", got, want)
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("Doctor = %q, want %d findings", got, len(tt.want))
			}
		})
	}
}

// TestDoctorAsksTheStore wants the store's findings first, and its failure to
// be no good news.
func TestDoctorAsksTheStore(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.raw(store.Commit{Assignments: []store.Change[store.Assignment]{{After: &store.Assignment{Subject: store.Subject{Kind: store.User, ID: "u"}, Role: "gone"}}}})
	over := func(s store.Store) *rbac.Authority {
		a, err := rbac.New(s, w.Catalog(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	findings, err := over(doctored{Store: w.store, findings: []store.Finding{{Object: "disk", Problem: "it is slow", Remedy: "Wait"}}}).Doctor(w.ctx, w.sys)
	got := found(findings)
	if diff := cmp.Diff([]string{"disk: it is slow. Wait"}, got[:min(1, len(got))]); diff != "" || err != nil || len(got) != 2 {
		t.Errorf("Doctor = %q, %v", got, err)
	}
	errSick := errors.New("sick")
	if _, err := over(doctored{Store: w.store, err: errSick}).Doctor(w.ctx, w.sys); !errors.Is(err, errSick) || !errors.Is(err, rbac.ErrUnavailable) {
		t.Errorf("Doctor of a store that fails: %v", err)
	}
	for _, method := range []string{"Load", "Scan"} {
		w.store.setFault(func(_ context.Context, m string, _ int) error {
			if m == method {
				return errSick
			}
			return nil
		})
		if findings, err := w.Doctor(w.ctx, w.sys); !errors.Is(err, rbac.ErrUnavailable) || findings != nil {
			t.Errorf("with a %s that fails: %v, %v", method, findings, err)
		}
	}
}

func TestDoctorIsForTheHost(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	for _, tt := range []struct {
		actor rbac.Actor
		want  error
	}{{rbac.Actor{}, rbac.ErrDenied}, {w.owner, rbac.ErrDenied}, {rbac.As("u"), rbac.ErrDenied}, {rbac.System(""), rbac.ErrInvalid}} {
		if findings, err := w.Doctor(w.ctx, tt.actor); !errors.Is(err, tt.want) || findings != nil {
			t.Errorf("Doctor for %v = %v, %v, want %v", tt.actor, findings, err, tt.want)
		}
	}
}
