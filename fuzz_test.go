package rbac_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// fxFuzz is an Authority over a fresh store, with an Owner olivia.
func fxFuzz(t testing.TB) (*rbac.Authority, *memory.Store) {
	t.Helper()
	s := memory.New()
	a, err := rbac.New(s, fxCatalog(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Bootstrap(context.Background(), rbac.System("fuzz"), "olivia"); err != nil {
		t.Fatal(err)
	}
	return a, s
}

// FuzzRoleName: a name is kept byte for byte or refused, and what is accepted
// is what S19 allows.
func FuzzRoleName(f *testing.F) {
	for _, name := range []string{"", "Clerk", " a", "a  b", "Owner", "admın", "pаy", "Бухгалтер", "a\x00", "\xff", "Cafe\u0301", strings.Repeat("n", 65), "a\u202eb", "\u200d", "🙂", "Straße"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		a, s := fxFuzz(t)
		ctx, owner := context.Background(), rbac.As("olivia")
		before := fxDump(t, s, "default")
		r, err := a.CreateRole(ctx, owner, rbac.NewRole{Name: name, Permissions: rbac.Set()})
		if err != nil {
			if !errors.Is(err, rbac.ErrInvalid) && !errors.Is(err, rbac.ErrConflict) {
				t.Fatalf("%q: %v", name, err)
			}
			if fxDump(t, s, "default") != before {
				t.Fatalf("%q: refused and written", name)
			}
			return
		}
		got, err := a.Role(ctx, owner, r.Role.ID)
		if err != nil || got.Name != name {
			t.Fatalf("%q is kept as %q (%v)", name, got.Name, err)
		}
		n := utf8.RuneCountInString(name)
		if !utf8.ValidString(name) || n < 1 || n > 64 || strings.TrimSpace(name) != name || strings.Contains(name, "  ") {
			t.Fatalf("%q is accepted", name)
		}
		for _, c := range name {
			if unicode.In(c, unicode.C) || !unicode.IsPrint(c) {
				t.Fatalf("%q is accepted, with %U", name, c)
			}
		}
		for _, again := range []string{name, strings.ToUpper(name), strings.ToLower(name)} { // of whatever case
			if _, err := a.CreateRole(ctx, owner, rbac.NewRole{Name: again, Permissions: rbac.Set()}); err == nil && again == name {
				t.Fatalf("%q is accepted twice", name)
			}
		}
	})
}

// FuzzPermissionSetJSON: decoding is strict and stable.
func FuzzPermissionSetJSON(f *testing.F) {
	for _, text := range []string{`[]`, `null`, `["app.x"]`, `["b","a","a"]`, `["*"]`, `[null]`, `[1]`, `{"a":1}`, `"app.x"`, `[["a"]]`, `["a"] x`, `["\ud800"]`, `["\u0061"]`, `[""]`, ` [ "a:b/c-d_e" ] `} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s rbac.PermissionSet
		if err := json.Unmarshal(data, &s); err != nil {
			return
		}
		if s.IsZero() && strings.TrimSpace(string(data)) != "null" { // encoding/json itself keeps null from the method
			t.Fatalf("%q decodes as not given", data)
		}
		first, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var again rbac.PermissionSet
		if err := json.Unmarshal(first, &again); err != nil || !again.Equal(s) {
			t.Fatalf("%q, then %q: %v, %v", data, first, again, err)
		}
		if second, err := json.Marshal(again); err != nil || string(second) != string(first) {
			t.Fatalf("%q, then %q: %v", first, second, err)
		}
		last := rbac.Permission("")
		for p := range s.All() {
			if p <= last || !s.Has(p) || strings.ContainsAny(string(p), "* \x00") || len(p) > 128 {
				t.Fatalf("%q decodes with %q", data, p)
			}
			last = p
		}
	})
}

// FuzzOpJSON: decoding never panics, decodes nothing but what it would encode,
// is stable, and lets nobody choose the id of a new role.
func FuzzOpJSON(f *testing.F) {
	until := fxEpoch.AddDate(50, 0, 0)
	name, status, set := "N", rbac.Suspended, rbac.Set(fxX)
	for _, op := range append(fxEveryOp("role_x"),
		rbac.EditRole(rbac.RoleEdit{ID: "r", Version: 7, Name: &name, Status: &status, Permissions: &set, Metadata: map[string]string{"k": "v"}, Reason: "why"}),
		rbac.EditRole(rbac.RoleEdit{ID: "r", Version: 7, Metadata: map[string]string{}}),
		rbac.DeleteRole(rbac.RoleDeletion{ID: "r", Version: 1, Reassign: "s"}),
		rbac.Assign(rbac.NewAssignment{Subject: rbac.Group("g"), Role: "r", From: fxEpoch, Until: until}),
	) {
		data, err := json.Marshal(op)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range []string{
		``, `null`, `{}`, `{"op":"nope"}`, `{"op":"sweep","op":"erase_tenant"}`, `{"OP":"sweep"}`, `{"op":"create_role","name":"N","permissions":[],"role":"owner"}`,
		`{"op":"revoke","role":"r"}`, `{"op":"revoke","role":"r","permissions":null}`, `{"op":"assign","subject":{"kind":"robot","id":"x"},"role":"r"}`,
		`{"op":"assign","subject":{"kind":"user","id":"x"},"role":"r","from":"0001-01-01T00:00:00Z","until":"9999-12-31T23:59:59.999999999Z"}`,
		`{"op":"assign","subject":{"kind":"user","id":"x"},"role":"r","from":"1969-12-31T23:59:59Z"}`,
		`{"op":"edit_role","role":"r","version":1e3}`, `{"op":"sweep"} trailing`, `[]`, `"\ud800"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var op rbac.Op
		if err := op.UnmarshalJSON(data); err != nil {
			if !errors.Is(err, rbac.ErrInvalid) {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		first, err := json.Marshal(op)
		if err != nil {
			t.Fatalf("%q decodes and does not encode: %v", data, err)
		}
		var again rbac.Op
		if err := again.UnmarshalJSON(first); err != nil {
			t.Fatalf("%q, then %q: %v", data, first, err)
		}
		second, err := json.Marshal(again)
		if err != nil || string(second) != string(first) {
			t.Fatalf("%q, then %q, then %q: %v", data, first, second, err)
		}
		var keys map[string]json.RawMessage
		if err := json.Unmarshal(data, &keys); err != nil {
			t.Fatalf("%q decodes and is no object", data)
		}
		for key := range keys {
			if key != strings.ToLower(key) {
				t.Fatalf("%q decodes with the key %q", data, key)
			}
		}
		if op.String() == "create_role" {
			if keys["role"] != nil || op.RoleID() == again.RoleID() || !strings.HasPrefix(string(op.RoleID()), "role_") {
				t.Fatalf("%q chooses the id %q", data, op.RoleID())
			}
		}
		// Whatever it is, an actor without permission is refused, and nothing is written.
		a, s := fxFuzz(t)
		before := fxDump(t, s, "default")
		if r, err := a.Apply(context.Background(), rbac.As("nobody"), op); err == nil && r.Changed {
			t.Fatalf("%q is accepted from nobody", data)
		}
		if fxDump(t, s, "default") != before {
			t.Fatalf("%q: written", data)
		}
	})
}

// FuzzSubjectRoundTrip: ids come back from the store byte for byte, and those
// that differ in any byte stay apart.
func FuzzSubjectRoundTrip(f *testing.F) {
	for _, pair := range [][2]string{{"carl", "Carl"}, {"a", "a "}, {"é", "e\u0301"}, {"a/b", "a"}, {"", "a"}, {"a\x00b", "a"}, {"user:u", "u"}, {"\xff", "\ufffd"}, {"ß", "ss"}, {"1", "01"}, {"%", "_"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		a, s := fxFuzz(t)
		ctx, owner := context.Background(), rbac.As("olivia")
		role, err := a.CreateRole(ctx, owner, rbac.NewRole{Name: "R", Permissions: rbac.Set(fxX)})
		if err != nil {
			t.Fatal(err)
		}
		for _, sub := range []rbac.Subject{rbac.User(one), rbac.Group(one)} {
			_, err := a.Assign(ctx, owner, rbac.NewAssignment{Subject: sub, Role: role.Role.ID})
			if err != nil {
				if !errors.Is(err, rbac.ErrInvalid) {
					t.Fatalf("%q: %v", one, err)
				}
				return
			}
		}
		page, err := a.Holders(ctx, owner, role.Role.ID, rbac.PageQuery{})
		if err != nil || len(page.Items) != 2 || page.Items[0].Subject != rbac.Group(one) || page.Items[1].Subject != rbac.User(one) {
			t.Fatalf("%q comes back as %v (%v)", one, page.Items, err)
		}
		if ok, err := a.Can(ctx, rbac.As(one), fxX); !ok || err != nil {
			t.Fatalf("%q: %t %v", one, ok, err)
		}
		if one != two && two != "olivia" {
			if ok, err := a.Can(ctx, rbac.As(two), fxX); ok {
				t.Fatalf("%q and %q are one (%v)", one, two, err)
			}
		}
		st, err := s.Load(ctx, "default", store.Selection{Subjects: []store.Subject{{Kind: store.User, ID: one}}})
		if err != nil || len(st.Assignments) == 0 || st.Assignments[len(st.Assignments)-1].Subject.ID != one {
			t.Fatalf("%q is stored as %v (%v)", one, st.Assignments, err)
		}
	})
}

// FuzzToken: garbage is an InvalidError, never a panic and never an answer.
func FuzzToken(f *testing.F) {
	a, _ := fxFuzz(f)
	ctx, owner := context.Background(), rbac.As("olivia")
	p, err := a.Resolve(ctx, owner)
	if err != nil {
		f.Fatal(err)
	}
	real := string(p.Token())
	for _, token := range []string{real, "", "v1.", "v2." + real[3:], real + "A", real[:len(real)-1], "v1.AAAA", real + "=", " " + real, real + "\n", strings.ToUpper(real)} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		err := a.AtLeast(rbac.Token(token)).Check(ctx, owner, fxX)
		switch {
		case token == real:
			if err != nil {
				t.Fatal(err)
			}
		case err == nil: // of an earlier state of this tenant
		case !errors.Is(err, rbac.ErrInvalid) && !errors.Is(err, rbac.ErrStale):
			t.Fatalf("%q: %v", token, err)
		}
		written, err := a.Outcome(ctx, rbac.Token(token))
		switch {
		case written && (err != nil || token != real):
			t.Fatalf("%q was written, %v", token, err)
		case err != nil && !errors.Is(err, rbac.ErrInvalid) && !errors.Is(err, rbac.ErrOutcomeUnknown):
			t.Fatalf("%q: %v", token, err)
		}
	})
}
