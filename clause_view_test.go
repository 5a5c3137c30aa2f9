package rbac_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// See TestP7 for the same over random worlds.
func TestS21_OneDecisionFunction(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesDelete, rbac.RolesAssign, rbac.RolesCreate, fxX, fxA)
	below, big, held := w.role(fxX), w.role(fxX, fxY), w.roleOf("u")
	for _, tt := range []struct {
		name                           string
		id                             rbac.RoleID
		edit, delete, clone, x, y, cls rbac.Reason
	}{
		{"below", below, "", "", "", "", rbac.ReasonCoverage, rbac.ReasonOwnerOnly},
		{"not below", big, rbac.ReasonDominance, rbac.ReasonDominance, rbac.ReasonCoverage, rbac.ReasonDominance, rbac.ReasonDominance, rbac.ReasonDominance},
		{"held", held, rbac.ReasonOwnRole, rbac.ReasonOwnRole, "", rbac.ReasonOwnRole, rbac.ReasonOwnRole, rbac.ReasonOwnRole},
		{"prebuilt", rbac.UserRole, rbac.ReasonPrebuilt, rbac.ReasonPrebuilt, "", rbac.ReasonPrebuilt, rbac.ReasonPrebuilt, rbac.ReasonPrebuilt},
		{"Owner", rbac.OwnerRole, rbac.ReasonPrebuilt, rbac.ReasonPrebuilt, rbac.ReasonOwnerOnly, rbac.ReasonPrebuilt, rbac.ReasonPrebuilt, rbac.ReasonPrebuilt},
	} {
		view, err := w.RoleView(w.ctx, u, tt.id)
		if err != nil {
			t.Fatal(err)
		}
		toggles := map[rbac.Permission]rbac.Toggle{}
		for _, section := range view.Sections {
			for _, toggle := range section.Toggles {
				toggles[toggle.Permission] = toggle
			}
		}
		got := []rbac.Reason{view.Edit.Reason, view.Delete.Reason, view.Clone.Reason, toggles[fxX].Reason, toggles[fxY].Reason, toggles[fxClose].Reason}
		if d := cmp.Diff([]rbac.Reason{tt.edit, tt.delete, tt.clone, tt.x, tt.y, tt.cls}, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, d)
		}
		for p, toggle := range toggles {
			if toggle.On != view.Role.Permissions.Has(p) || toggle.Enabled != (toggle.Reason == "") || toggle.OwnerOnly != (p == fxClose) {
				t.Errorf("%s: %+v", tt.name, toggle)
			}
		}
		if len(toggles) != w.Catalog().Permissions().Len() || len(view.Status) != 3 {
			t.Errorf("%s: %d toggles, %d statuses", tt.name, len(toggles), len(view.Status))
		}
	}
	fresh, err := w.NewRoleView(w.ctx, u)
	if err != nil || !fresh.Create.Enabled {
		t.Errorf("%+v %v", fresh.Create, err)
	}
	if fresh, err = w.NewRoleView(w.ctx, w.user("viewer")); err != nil || fresh.Create.Enabled || fresh.Create.Reason != rbac.ReasonPermission {
		t.Errorf("%+v %v", fresh.Create, err)
	}
}

func TestS23_FailClosed(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	var nobody rbac.Actor
	for name, read := range fxReads(w, nobody, r, rbac.User("u"), "g") {
		t.Run("S23 zero actor "+name, func(t *testing.T) { fxDenied(t, rbac.ReasonActor, read()) })
	}
	for _, a := range []rbac.Actor{nobody, rbac.As("")} {
		fxDenied(t, rbac.ReasonActor, w.Check(w.ctx, a, fxX))
		_, err := w.Resolve(w.ctx, a)
		fxDenied(t, rbac.ReasonActor, err)
	}
	if p := (rbac.Principal{}); p.Can(fxX) || p.IsOwner() || p.Permissions().Len() != 0 {
		t.Error("the zero Principal may do something")
	}
	fxDenied(t, rbac.ReasonNotSupported, w.Check(w.ctx, w.sys, fxX))
	_, err := w.Resolve(w.ctx, w.sys)
	fxDenied(t, rbac.ReasonNotSupported, err)

	// A failing store is neither yes nor no.
	broken := errors.New("broken")
	w.store.setFault(func(context.Context, string, int) error { return broken })
	for name, read := range fxReads(w, w.owner, r, rbac.User("u"), "g") {
		if err := read(); !errors.Is(err, rbac.ErrUnavailable) || !errors.Is(err, broken) || errors.Is(err, rbac.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ok, err := w.Fresh().Can(w.ctx, w.owner, fxX)
	if ok || !errors.Is(err, rbac.ErrUnavailable) {
		t.Errorf("%t %v", ok, err)
	}
	w.store.setFault(nil)

	// An undecodable record confers nothing, is covered by nobody, and is not left out.
	w.give(rbac.User("u"), r)
	w.rawRole(r, func(s *store.Role) { s.Damaged, s.Permissions = true, nil })
	if w.can("u", fxX) || !w.get(r).Damaged {
		t.Error("a damaged role confers, or does not say so")
	}
	w.denied(rbac.ReasonCoverage, w.owner, fxAssign(rbac.User("v"), r))
	w.denied(rbac.ReasonCoverage, w.owner, rbac.Grant(r, fxX)) // would lose what cannot be read
	w.give(rbac.User("ann"), rbac.AdminRole)
	w.denied(rbac.ReasonDominance, rbac.As("ann"), w.set(r, fxX))
	w.accepted(w.sys, fxAssign(rbac.User("v"), r)) // System skips coverage
	w.accepted(w.owner, w.set(r, fxA))             // an Owner gives it a new set
	if got := w.get(r); got.Damaged || !w.can("u", fxA) {
		t.Errorf("%+v", got)
	}
}

func TestS24_Values(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	perms := []rbac.Permission{fxX, fxA}
	set := rbac.Set(perms...)
	perms[0] = fxY
	if set.Has(fxY) || !set.Has(fxX) {
		t.Error("a set follows the slice it was made of")
	}
	meta := map[string]string{"k": "v"}
	op := rbac.CreateRole(rbac.NewRole{Name: "N", Permissions: set, Metadata: meta})
	meta["k"], meta["l"] = "w", "w"
	r := w.accepted(w.owner, op).Role
	r.Metadata["k"] = "x"
	if got := w.get(r.ID).Metadata; got["k"] != "v" || len(got) != 1 {
		t.Errorf("%v", got)
	}
	page, err := w.History(w.ctx, w.owner, rbac.PageQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	page.Items[0].Roles[0].After.Metadata["k"] = "y"
	page.Items[0].Roles[0].After.Name = "changed"
	if got := w.get(r.ID); got.Metadata["k"] != "v" || got.Name != "N" {
		t.Errorf("an event reaches inside: %+v", got)
	}
	roles, err := w.Roles(w.ctx, w.owner, rbac.PageQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range roles.Items {
		roles.Items[i].Name = "changed"
		if roles.Items[i].Metadata != nil {
			roles.Items[i].Metadata["k"] = "z"
		}
	}
	if got := w.get(r.ID); got.Metadata["k"] != "v" {
		t.Errorf("a list reaches inside: %+v", got)
	}
	base := op.Because("one")
	_ = base.Because("two")
	w.denied(rbac.ReasonNameTaken, w.owner, fxNamed("N"))
}
