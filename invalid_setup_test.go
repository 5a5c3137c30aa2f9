package rbac_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// A position made up by the caller is malformed input too: no identifier in
// it may reach the store unless it has been validated (fxStore watches).
func TestInvalid_ForgedPositions(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	forged := func(key string) string { return base64.RawURLEncoding.EncodeToString([]byte("1\x00c\x00" + key)) }
	for _, key := range []string{
		"a\x00b", "\xff\xfe", strings.Repeat("k", 4000),
		`{"Subject":{"kind":"user","id":"a\u0000b"}}`, `{"Group":"a\u0000b"}`, `{"Role":"` + strings.Repeat("r", 4000) + `"}`, "{\"Group\":\"a\xff\"}",
		`{"Stage":1,"stage":1,"key":{"Subject":{"kind":"user","id":"a\u0000"}}}`,
	} {
		for _, read := range fxPages(w, r) {
			if err := read(rbac.PageQuery{After: forged(key)}); err != nil && !errors.Is(err, rbac.ErrInvalid) {
				t.Errorf("%.40q: %v", key, err)
			}
		}
		if _, err := w.Review(w.ctx, w.owner, rbac.ReviewQuery{After: forged(key)}); err != nil && !errors.Is(err, rbac.ErrInvalid) {
			t.Errorf("%.40q: %v", key, err)
		}
	}
}

func TestInvalid_Tenants(t *testing.T) {
	t.Parallel()
	ctx, sys := context.Background(), rbac.System("test")
	multi := fxEmpty(t, &rbac.Options{MultiTenant: true})
	single := fxEmpty(t, nil)
	bound := multi.Tenant("acme")
	for name, a := range map[string]*rbac.Authority{
		"unbound": multi.Authority, "empty": multi.Tenant(""), "bound again": bound.Tenant("other"), "bound again to the same": bound.Tenant("acme"),
		"single": single.Tenant("acme"), "single to its own": single.Tenant("default"), "NUL": multi.Tenant("\x00"), "long": multi.Tenant(strings.Repeat("t", 129)),
		"space": multi.Tenant(" a"), "invalid UTF-8": multi.Tenant("\xff"), "twice after a bad one": multi.Tenant("").Tenant("acme"),
	} {
		w := *multi
		w.Authority = a
		_, err := a.Bootstrap(ctx, sys, "olivia")
		fxInvalid(t, "tenant", err)
		_, err = a.Preview(ctx, sys, rbac.Sweep())
		fxInvalid(t, "tenant", err)
		_, err = a.Outcome(ctx, "")
		fxInvalid(t, "tenant", err)
		fxInvalid(t, "tenant", a.Check(ctx, w.owner, fxX))
		for method, read := range fxReads(&w, w.owner, "role_x", rbac.User("u"), "g") {
			if fxInvalid(t, "tenant", read()); t.Failed() {
				t.Fatal(name, method)
			}
		}
	}
	if multi.store.total()+single.store.total() != 0 {
		t.Error("a store was asked")
	}
	if _, err := multi.Tenant(strings.Repeat("t", 128)).Bootstrap(ctx, sys, "olivia"); err != nil {
		t.Error(err)
	}
}

func TestInvalid_Options(t *testing.T) {
	t.Parallel()
	c := fxCatalog(t)
	if _, err := rbac.New(nil, c, nil); !errors.Is(err, rbac.ErrInvalid) {
		t.Errorf("no store: %v", err)
	}
	if _, err := rbac.New(memory.New(), nil, nil); !errors.Is(err, rbac.ErrInvalid) {
		t.Errorf("no catalogue: %v", err)
	}
	x := rbac.Set(fxX)
	for _, tt := range []struct {
		name     string
		prebuilt []rbac.Prebuilt
		want     bool
	}{
		{"none", nil, true},
		{"one", []rbac.Prebuilt{{ID: "help-desk2", Permissions: x}}, true},
		{"of 64 bytes", []rbac.Prebuilt{{ID: rbac.RoleID(strings.Repeat("a", 64)), Name: "A", Permissions: x}}, true},
		{"of 65 bytes", []rbac.Prebuilt{{ID: rbac.RoleID(strings.Repeat("a", 65)), Name: "A", Permissions: x}}, false},
		{"User within Admin", []rbac.Prebuilt{{ID: rbac.UserRole, Permissions: x}}, true},
		{"User beyond Admin", []rbac.Prebuilt{{ID: rbac.UserRole, Permissions: x}, {ID: rbac.AdminRole, Permissions: rbac.Set(fxY)}}, false},
		{"Owner", []rbac.Prebuilt{{ID: rbac.OwnerRole, Permissions: x}}, false},
		{"twice", []rbac.Prebuilt{{ID: "a", Permissions: x}, {ID: "a", Name: "B", Permissions: x}}, false},
		{"two of one name", []rbac.Prebuilt{{ID: "a", Permissions: x}, {ID: "b", Name: "A", Permissions: x}}, false},
		{"the name of Owner", []rbac.Prebuilt{{ID: "a", Name: "OWNER", Permissions: x}}, false},
		{"the name of Admin", []rbac.Prebuilt{{ID: "a", Name: "admin", Permissions: x}}, false},
		{"without permissions", []rbac.Prebuilt{{ID: "a"}}, false},
		{"of none", []rbac.Prebuilt{{ID: "a", Permissions: rbac.Set()}}, true},
		{"unknown permission", []rbac.Prebuilt{{ID: "a", Permissions: rbac.Set("app.unknown")}}, false},
		{"OwnerOnly", []rbac.Prebuilt{{ID: "a", Permissions: rbac.Set(fxClose)}}, false},
		{"no id", []rbac.Prebuilt{{Permissions: x}}, false},
		{"upper case", []rbac.Prebuilt{{ID: "A", Permissions: x}}, false},
		{"underscore", []rbac.Prebuilt{{ID: "role_x", Permissions: x}}, false},
		{"hyphens", []rbac.Prebuilt{{ID: "a--b", Permissions: x}}, false},
		{"hyphen outside", []rbac.Prebuilt{{ID: "-a", Permissions: x}}, false},
		{"bad name", []rbac.Prebuilt{{ID: "a", Name: "A ", Permissions: x}}, false},
		{"bad description", []rbac.Prebuilt{{ID: "a", Description: "\x00", Permissions: x}}, false},
	} {
		_, err := rbac.New(memory.New(), c, &rbac.Options{Prebuilt: tt.prebuilt})
		if tt.want && err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if !tt.want {
			fxInvalid(t, "", err)
			if t.Failed() {
				t.Fatal(tt.name)
			}
		}
	}
}
