package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func TestJ01_SQLInNamesAndIDs(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	texts := []string{`'; DROP TABLE roles;--`, `' OR '1'='1`, `$1`, `a?`, `back\slash`, `\'`, `%x_`, "`x`", `"quoted"`, `{"k":1}`, `<script>`, `Robert'); --`}
	for i, text := range texts {
		r := w.accepted(w.owner, rbac.CreateRole(rbac.NewRole{
			Name: "Role " + text, Description: text, Permissions: rbac.Set(fxX), Metadata: map[string]string{text: text}, Reason: text,
		})).Role
		w.accepted(w.owner, rbac.Assign(rbac.NewAssignment{Subject: rbac.User(text), Role: r.ID, Reason: text}))
		w.join(text, rbac.User(text))
		got := w.get(r.ID)
		fxDiff(t, []string{"Role " + text, text, text}, []string{got.Name, got.Description, got.Metadata[text]})
		page, err := w.Holders(w.ctx, w.owner, r.ID, rbac.PageQuery{})
		if err != nil || len(page.Items) != 1 || page.Items[0].Subject != rbac.User(text) || page.Items[0].Reason != text {
			t.Errorf("%q: %v %v", text, page.Items, err)
		}
		who, err := w.WhoCan(w.ctx, w.owner, fxX, rbac.PageQuery{})
		if err != nil || len(who.Items) != i+2 {
			t.Errorf("%q: %v %v", text, who.Items, err)
		}
		_, err = w.Role(w.ctx, w.owner, rbac.RoleID(text))
		fxDenied(t, rbac.ReasonNotFound, err)
	}
}

func TestJ03_HundredThousandPermissions(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role()
	known, unknown := make([]rbac.Permission, 100_000), make([]rbac.Permission, 100_000)
	for i := range known {
		known[i], unknown[i] = fxX, rbac.Permission(fmt.Sprintf("app.n%d", i))
	}
	before := w.store.total()
	start := time.Now()
	for _, op := range []rbac.Op{fxCreate("N", unknown...), rbac.Grant(r, unknown...), rbac.Revoke(r, unknown...)} {
		_, err := w.Apply(w.ctx, w.owner, op)
		fxInvalid(t, "permissions", err)
	}
	set := rbac.Set(unknown...)
	_, err := w.EditRole(w.ctx, w.owner, rbac.RoleEdit{ID: r, Version: 1, Permissions: &set})
	fxInvalid(t, "permissions", err)
	if n := w.store.total() - before; n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	w.accepted(w.owner, rbac.Grant(r, known...)) // one name, 100,000 times, is a set of one
}

func TestJ07_JSONTricks(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"op":"assign","op":"sweep","subject":{"kind":"user","id":"u"},"role":"r"}`,
		`{"op":"assign","subject":{"kind":"user","id":"u"},"role":"r","role":"owner"}`,
		`{"op":"assign","subject":{"kind":"user","id":"u","id":"v"},"role":"r"}`,
		`{"op":"assign","subject":{"kind":"user","ID":"u"},"role":"r"}`,
		`{"op":"assign","subject":{"kind":"user","id":"u"},"Role":"r"}`,
		`{"OP":"sweep"}`,
		`{"op":"Sweep"}`,
		`{"op":"sweep"} {}`,
		`{"op":"sweep"}]`,
		`{"op":"sweep","role":"r"}`,
		`{"op":"sweep","extra":null}`,
		`[{"op":"sweep"}]`,
		`null`, ``, `{}`, `"sweep"`,
		`{"op":null}`,
		`{"op":"edit_role","role":"r","version":"1"}`,
		`{"op":"edit_role","role":"r","version":1.5}`,
		`{"op":"edit_role","role":"r","version":-1}`,
		`{"op":"edit_role","role":"r","version":18446744073709551616}`,
		`{"op":"edit_role","role":"r","version":1,"status":"ACTIVE"}`,
		`{"op":"edit_role","role":"r","version":1,"status":1}`,
		`{"op":"edit_role","role":"r","version":1,"permissions":null}`,
		`{"op":"edit_role","role":"r","version":1,"name":null}`,
		`{"op":"edit_role","role":"r","version":1,"metadata":null}`,
		`{"op":"assign","subject":null,"role":"r"}`,
		`{"op":"edit_role","role":"r","version":1,"permissions":"app.x"}`,
		`{"op":"edit_role","role":"r","version":1,"metadata":{"k":"a","k":"b"}}`,
		`{"op":"edit_role","role":"r","version":1,"metadata":{"k":1}}`,
		`{"op":"assign","subject":"u","role":"r"}`,
		`{"op":"assign","subject":{"kind":"user","id":7},"role":"r"}`,
		`{"op":"assign","subject":{"kind":"user","id":"u"},"role":"r","until":"tomorrow"}`,
		`{"op":"assign","subject":{"kind":"user","id":"u"},"role":"r","until":1}`,
	} {
		var op rbac.Op
		err := op.UnmarshalJSON([]byte(text))
		var invalid *rbac.InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v, decoded as %v", text, err, op)
		}
		if op.String() != "" {
			t.Errorf("%s: decoded as %v all the same", text, op)
		}
	}
}

func TestJ09_CallerMutatesTheSlice(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesEdit, rbac.RolesCreate, fxX)
	r := w.role()
	perms := []rbac.Permission{fxX}
	set, meta, name := rbac.Set(perms...), map[string]string{"k": "v"}, "Name"
	ops := []rbac.Op{
		rbac.Grant(r, perms...), rbac.CreateRole(rbac.NewRole{Name: name, Permissions: set, Metadata: meta}),
	}
	edit := rbac.RoleEdit{ID: r, Version: 1, Name: &name, Permissions: &set, Metadata: meta}
	late := rbac.EditRole(edit)
	perms[0], meta["k"], name = fxY, "changed", "Changed"
	set = rbac.Set(fxY)
	w.accepted(u, ops...)
	if w.get(r).Permissions.Has(fxY) || w.get(ops[1].RoleID()).Metadata["k"] != "v" {
		t.Error("what was judged is not what was written")
	}
	got := w.denied(rbac.ReasonVersion, u, late)
	if got.Role != r {
		t.Errorf("%#v", got)
	}
	// The caller's slices change while the call runs: at its first read, and at its commit.
	names := []rbac.Permission{fxX}
	for range 2 {
		batch := []rbac.Op{rbac.Grant(r, names...), rbac.Grant(r, names...)}
		w.store.setFault(func(context.Context, string, int) error {
			names[0], batch[0], batch[1] = fxY, rbac.Grant(r, fxY), rbac.EraseTenant()
			return nil
		})
		_, err := w.Apply(w.ctx, w.owner, batch...)
		w.store.setFault(nil)
		if err != nil || w.get(r).Permissions.Has(fxY) {
			t.Errorf("y was granted: %v", err)
		}
		names[0] = fxX
		w.must(w.Revoke(w.ctx, w.owner, r, fxX))
	}
	// Outputs are copies too.
	role := w.get(ops[1].RoleID())
	role.Metadata["k"] = "mine"
	sections := w.Catalog().Sections()
	sections[0].Permissions[0].OwnerOnly = true
	if w.get(ops[1].RoleID()).Metadata["k"] != "v" || w.Catalog().Sections()[0].Permissions[0].OwnerOnly {
		t.Error("an output reaches inside")
	}
}

func TestJ15_ReentrantHook(t *testing.T) {
	t.Parallel()
	var w *fxWorld
	var events []rbac.Event
	calls := 0
	w = fxEmpty(t, &rbac.Options{Audit: func(ctx context.Context, e rbac.Event) {
		events = append(events, e)
		if calls++; calls > 3 {
			return
		}
		if ok, err := w.Can(ctx, w.owner, fxX); !ok || err != nil { // sees the change it is told of
			t.Errorf("in the hook olivia lacks x: %v", err)
		}
		if _, err := w.CreateRole(ctx, w.owner, rbac.NewRole{Name: fmt.Sprintf("Hook %d", calls), Permissions: rbac.Set()}); err != nil {
			t.Errorf("a change in the hook: %v", err)
		}
	}})
	w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
	if len(events) != 4 || events[0].Revision != 1 || events[3].Revision != 4 {
		t.Errorf("%d events", len(events))
	}
	_, err := w.CreateRole(w.ctx, rbac.As("u"), rbac.NewRole{Name: "N", Permissions: rbac.Set()})
	if last := events[len(events)-1]; len(events) != 5 || !errors.Is(last.Refused, err) || last.Revision != 0 {
		t.Errorf("the refusal %v reached the hook as %+v", err, last)
	}
}

func TestOwnAttacks_Limits(t *testing.T) {
	t.Parallel()
	t.Run("own: deep nesting", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		for i := 1; i < 8; i++ {
			w.join(fmt.Sprintf("g%d", i), rbac.Group(fmt.Sprintf("g%d", i+1)))
		}
		w.denied(rbac.ReasonDepth, w.owner, rbac.AddMember("g8", rbac.Group("g9")))
		w.denied(rbac.ReasonDepth, w.sys, rbac.AddMember("g0", rbac.Group("g1")))
		w.give(rbac.Group("g1"), w.role(fxX))
		w.join("g8", rbac.User("deep"))
		if !w.can("deep", fxX) {
			t.Error("eight levels up is out of reach")
		}
	})
	t.Run("own: a deep document", func(t *testing.T) {
		t.Parallel()
		var op rbac.Op
		deep := `{"op":"create_role","name":"N","permissions":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`
		fxInvalid(t, "", op.UnmarshalJSON([]byte(deep)))
	})
	t.Run("own: one operation applied twice", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		op := fxCreate("Once", fxX)
		w.accepted(w.owner, op)
		w.unchanged(func() {
			if _, err := w.Apply(w.ctx, w.owner, op); err == nil {
				t.Error("the drawn id serves twice")
			}
		})
		w.accepted(w.owner, w.delete(op.RoleID()))
		w.unchanged(func() {
			if _, err := w.Apply(w.ctx, w.owner, op); err == nil {
				t.Error("the id of a deleted role is used again")
			}
		})
		twice := fxCreate("Twice")
		w.denied(rbac.ReasonNameTaken, w.owner, twice, twice)
	})
	t.Run("own: far times", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.role(fxX)
		for _, far := range []time.Time{time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<62, 0)} {
			w.invalid("until", w.owner, rbac.Assign(rbac.NewAssignment{Subject: rbac.User("u"), Role: r, Until: far}))
			w.invalid("from", w.owner, rbac.Assign(rbac.NewAssignment{Subject: rbac.User("u"), Role: r, From: far}))
		}
	})
}
