package rbac_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

func TestRoleNamed(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	made := w.must(w.CreateRole(w.ctx, w.owner, rbac.NewRole{Name: "Night Shift", Permissions: rbac.Set(fxX)})).Role
	for name, want := range map[string]rbac.RoleID{"Night Shift": made.ID, "NIGHT shift": made.ID, "Ｎight Shift": made.ID, "owner": rbac.OwnerRole} {
		if got, err := w.RoleNamed(w.ctx, w.owner, name); err != nil || got.ID != want {
			t.Errorf("%q: %v %v", name, got.ID, err)
		}
	}
	stranger := rbac.As("stranger")
	for _, name := range []string{"Night Shift", "No such"} {
		_, err := w.RoleNamed(w.ctx, stranger, name)
		if !errors.Is(err, rbac.ErrNotFound) || err.Error() != "rbac: cannot view role: no such role" {
			t.Errorf("%q to a stranger: %v", name, err)
		}
	}
	if _, err := w.RoleNamed(w.ctx, w.owner, " x"); !errors.Is(err, rbac.ErrInvalid) {
		t.Errorf("a malformed name: %v", err)
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	for range 3 {
		w.role(fxX)
	}
	list := func(q rbac.PageQuery) (rbac.Page[rbac.Role], error) {
		q.Limit = 2
		return w.Roles(w.ctx, w.owner, q)
	}
	var all []rbac.RoleID
	for r, err := range rbac.Each(list) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.ID)
	}
	if len(all) < 6 || !slices.IsSorted(all) {
		t.Errorf("got %v", all)
	}
	for r := range rbac.Each(list) { // leaving early is no error
		if r.ID != all[0] {
			t.Errorf("begins with %v", r.ID)
		}
		break
	}
	failed := 0
	for _, err := range rbac.Each(func(rbac.PageQuery) (rbac.Page[rbac.Role], error) { return rbac.Page[rbac.Role]{}, rbac.ErrStale }) {
		if !errors.Is(err, rbac.ErrStale) {
			t.Error(err)
		}
		failed++
	}
	if failed != 1 {
		t.Errorf("%d errors", failed)
	}
}

func TestOp_SaysWhatItIs(t *testing.T) {
	t.Parallel()
	op := rbac.AddMember("eng", rbac.User("carl")).Because("hired")
	if op.String() != "add_member" || op.Group() != "eng" || op.Subject() != rbac.User("carl") || op.Reason() != "hired" || op.RoleID() != "" {
		t.Errorf("got %v %v %v %v %v", op, op.Group(), op.Subject(), op.Reason(), op.RoleID())
	}
}

func TestSubject_JSON(t *testing.T) {
	t.Parallel()
	for _, s := range []rbac.Subject{rbac.User("carl"), rbac.Group("a/b \"c\"")} {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got rbac.Subject
		if err := json.Unmarshal(data, &got); err != nil || got != s {
			t.Errorf("%s: %v %v", data, got, err)
		}
	}
	for _, text := range []string{`null`, `{}`, `"user:carl"`, `{"kind":"user"}`, `{"kind":"role","id":"x"}`, `{"kind":"user","id":"x","id":"y"}`, `{"kind":"user","ID":"x"}`, `{"kind":"user","id":"a\u0000"}`} {
		got := rbac.User("before")
		if err := got.UnmarshalJSON([]byte(text)); !errors.Is(err, rbac.ErrInvalid) || got != rbac.User("before") {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

func TestReceipt_JSON(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	for _, op := range []rbac.Op{rbac.AddMember("g", rbac.User("u")), rbac.CreateRole(rbac.NewRole{Name: "R", Permissions: rbac.Set()})} {
		if _, err := json.Marshal(w.must(w.Apply(w.ctx, w.owner, op))); err != nil {
			t.Errorf("%v: %v", op, err)
		}
	}
}
