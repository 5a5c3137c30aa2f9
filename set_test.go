package rbac_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac"
)

// fxSetGen draws a set and the plain map that it must agree with.
func fxSetGen(rt *rapid.T, name string) (rbac.PermissionSet, map[rbac.Permission]bool) {
	names := rapid.SliceOfN(rapid.SampledFrom([]rbac.Permission{"a", "b", "c", "a.b", "a-b", "A", "z", "ab", "b.c.d"}), 0, 12).Draw(rt, name)
	want := map[rbac.Permission]bool{}
	for _, p := range names {
		want[p] = true
	}
	if len(names) == 0 && rapid.Bool().Draw(rt, name+" not given") {
		return rbac.PermissionSet{}, want
	}
	return rbac.Set(names...), want
}

func fxSameSet(rt *rapid.T, what string, s rbac.PermissionSet, want func(rbac.Permission) bool, universe map[rbac.Permission]bool) {
	n := 0
	for p := range universe {
		if s.Has(p) != want(p) {
			rt.Fatalf("%s: Has(%s) is %t", what, p, s.Has(p))
		}
		if want(p) {
			n++
		}
	}
	got := slices.Collect(s.All())
	if s.Len() != n || len(got) != n || !slices.IsSorted(got) || len(slices.Compact(got)) != n {
		rt.Fatalf("%s: %v has the length %d, want %d", what, s, s.Len(), n)
	}
}

func TestPermissionSet_Laws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, inS := fxSetGen(rt, "s")
		u, inU := fxSetGen(rt, "u")
		v, _ := fxSetGen(rt, "v")
		all := map[rbac.Permission]bool{"never": true}
		for _, m := range []map[rbac.Permission]bool{inS, inU} {
			for p := range m {
				all[p] = true
			}
		}
		before := []string{s.String(), u.String()}
		fxSameSet(rt, "s", s, func(p rbac.Permission) bool { return inS[p] }, all)
		fxSameSet(rt, "union", s.Union(u), func(p rbac.Permission) bool { return inS[p] || inU[p] }, all)
		fxSameSet(rt, "intersection", s.Intersect(u), func(p rbac.Permission) bool { return inS[p] && inU[p] }, all)
		fxSameSet(rt, "difference", s.Minus(u), func(p rbac.Permission) bool { return inS[p] && !inU[p] }, all)
		subset := true
		for p := range inS {
			subset = subset && inU[p]
		}
		equal := subset && len(inS) == len(inU)
		for law, holds := range map[string]bool{
			"subset":                         s.SubsetOf(u) == subset,
			"equal":                          s.Equal(u) == equal,
			"equal means subsets both ways":  s.Equal(u) == (s.SubsetOf(u) && u.SubsetOf(s)),
			"union commutes":                 s.Union(u).Equal(u.Union(s)),
			"intersection commutes":          s.Intersect(u).Equal(u.Intersect(s)),
			"union associates":               s.Union(u).Union(v).Equal(s.Union(u.Union(v))),
			"intersection associates":        s.Intersect(u).Intersect(v).Equal(s.Intersect(u.Intersect(v))),
			"intersection distributes":       s.Intersect(u.Union(v)).Equal(s.Intersect(u).Union(s.Intersect(v))),
			"absorption":                     s.Union(s.Intersect(u)).Equal(s) && s.Intersect(s.Union(u)).Equal(s),
			"parts":                          s.Minus(u).Union(s.Intersect(u)).Equal(s) && s.Minus(u).Intersect(u).Len() == 0,
			"subset as a union":              s.SubsetOf(u) == s.Union(u).Equal(u),
			"subset as a difference":         s.SubsetOf(u) == (s.Minus(u).Len() == 0),
			"nothing is in everything":       rbac.Set().SubsetOf(s) && (rbac.PermissionSet{}).SubsetOf(s),
			"what is computed is given":      !s.Union(u).IsZero() && !s.Intersect(u).IsZero() && !s.Minus(u).IsZero(),
			"equal sets have equal text":     s.Equal(u) == (s.String() == u.String()),
			"the operands stay as they were": s.String() == before[0] && u.String() == before[1],
		} {
			if !holds {
				rt.Fatalf("%s fails of s = %v, u = %v, v = %v", law, s, u, v)
			}
		}
		data, err := json.Marshal(s)
		if err != nil {
			rt.Fatal(err)
		}
		var back rbac.PermissionSet
		if err := json.Unmarshal(data, &back); err != nil || !back.Equal(s) || back.IsZero() {
			rt.Fatalf("%v encodes as %s and decodes as %v (%v)", s, data, back, err)
		}
		if same, err := json.Marshal(u); err != nil || (string(same) == string(data)) != equal {
			rt.Fatalf("JSON %s and %s (%v)", data, same, err)
		}
	})
}

func TestPermissionSet_ZeroIsNotGiven(t *testing.T) {
	t.Parallel()
	var zero rbac.PermissionSet
	if !zero.IsZero() || rbac.Set().IsZero() || zero.Len() != 0 || zero.Has("a") || !zero.Equal(rbac.Set()) || zero.String() != "{}" {
		t.Error("the zero set")
	}
	if got := rbac.Set("b", "a", "b").String(); got != "{a, b}" {
		t.Error(got)
	}
	for name, text := range map[string]string{"null": `{"s":null}`, "object": `{"s":{}}`, "string": `{"s":"a"}`, "null member": `{"s":[null]}`, "number": `{"s":[1]}`, "wildcard": `{"s":["a.*"]}`, "empty name": `{"s":[""]}`} {
		var v struct{ S rbac.PermissionSet }
		if err := json.Unmarshal([]byte(text), &v); err == nil && !v.S.IsZero() {
			t.Errorf("%s decodes as %v", name, v.S)
		}
	}
	for range rbac.Set("a", "b").All() {
		break // a loop over a set may end early
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	p := func(ids ...rbac.Permission) []rbac.PermissionInfo {
		var out []rbac.PermissionInfo
		for _, id := range ids {
			out = append(out, rbac.PermissionInfo{ID: id})
		}
		return out
	}
	long := rbac.Permission(strings.Repeat("a", 128))
	for _, tt := range []struct {
		name     string
		sections []rbac.Section
		want     bool
	}{
		{"none", nil, true},
		{"one", []rbac.Section{{Name: "S", Permissions: p("a")}}, true},
		{"an empty section", []rbac.Section{{Name: "S"}}, true},
		{"separators", []rbac.Section{{Name: "S", Permissions: p("a.b", "a_b", "a:b", "a/b", "a-b", "A1.b2")}}, true},
		{"128 bytes", []rbac.Section{{Name: "S", Permissions: p(long)}}, true},
		{"129 bytes", []rbac.Section{{Name: "S", Permissions: p(long + "a")}}, false},
		{"empty id", []rbac.Section{{Name: "S", Permissions: p("")}}, false},
		{"wildcard", []rbac.Section{{Name: "S", Permissions: p("a.*")}}, false},
		{"leading separator", []rbac.Section{{Name: "S", Permissions: p(".a")}}, false},
		{"trailing separator", []rbac.Section{{Name: "S", Permissions: p("a.")}}, false},
		{"doubled separator", []rbac.Section{{Name: "S", Permissions: p("a..b")}}, false},
		{"space", []rbac.Section{{Name: "S", Permissions: p("a b")}}, false},
		{"letters beyond ASCII", []rbac.Section{{Name: "S", Permissions: p("é")}}, false},
		{"newline", []rbac.Section{{Name: "S", Permissions: p("a\n")}}, false},
		{"declared twice", []rbac.Section{{Name: "S", Permissions: p("a", "a")}}, false},
		{"declared in two sections", []rbac.Section{{Name: "S", Permissions: p("a")}, {Name: "T", Permissions: p("a")}}, false},
		{"differs by case", []rbac.Section{{Name: "S", Permissions: p("a.b", "A.b")}}, false},
		{"the library's", []rbac.Section{{Name: "S", Permissions: p(rbac.RolesView)}}, false},
		{"the library's prefix", []rbac.Section{{Name: "S", Permissions: p("rbac.mine")}}, false},
		{"the library's prefix in another case", []rbac.Section{{Name: "S", Permissions: p("RBAC.mine")}}, false},
		{"almost the library's prefix", []rbac.Section{{Name: "S", Permissions: p("rbacs.mine", "rbac-mine")}}, true},
		{"section without a name", []rbac.Section{{Permissions: p("a")}}, false},
		{"section with a bad name", []rbac.Section{{Name: "S ", Permissions: p("a")}}, false},
		{"two sections of one name", []rbac.Section{{Name: "S", Permissions: p("a")}, {Name: "s", Permissions: p("b")}}, false},
		{"the library's section", []rbac.Section{{Name: "Roles and access", Permissions: p("a")}}, false},
		{"bad label", []rbac.Section{{Name: "S", Permissions: []rbac.PermissionInfo{{ID: "a", Label: "\x00"}}}}, false},
		{"bad description", []rbac.Section{{Name: "S", Permissions: []rbac.PermissionInfo{{ID: "a", Description: strings.Repeat("d", 1025)}}}}, false},
		{"description of 1,024", []rbac.Section{{Name: "S", Permissions: []rbac.PermissionInfo{{ID: "a", Description: strings.Repeat("d", 1024)}}}}, true},
	} {
		c, err := rbac.NewCatalog(tt.sections...)
		if !tt.want {
			if fxInvalid(t, "", err); t.Failed() {
				t.Fatal(tt.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		own := c.Sections()[len(c.Sections())-1]
		if len(own.Permissions) != len(fxAdminPerms) || !rbac.Set(fxAdminPerms...).SubsetOf(c.Delegable()) {
			t.Errorf("%s: the library's own section is %v", tt.name, own)
		}
	}
	c := fxCatalog(t)
	if c.Delegable().Has(fxClose) || !c.Permissions().Has(fxClose) || c.Permissions().Len() != c.Delegable().Len()+1 {
		t.Error("OwnerOnly is delegable, or not declared")
	}
	if info, ok := c.Info(fxX); !ok || info.Label != string(fxX) {
		t.Errorf("%+v %t", info, ok)
	}
	if _, ok := c.Info("app.unknown"); ok {
		t.Error("an unknown permission has been declared")
	}
}

func TestStatus_JSON(t *testing.T) {
	t.Parallel()
	for s, text := range map[rbac.Status]string{rbac.Active: "active", rbac.Suspended: "suspended", rbac.Blocked: "blocked"} {
		data, err := json.Marshal(s)
		if err != nil || string(data) != `"`+text+`"` || s.String() != text {
			t.Errorf("%v encodes as %s (%v)", s, data, err)
		}
		var back rbac.Status
		if err := json.Unmarshal(data, &back); err != nil || back != s {
			t.Errorf("%s decodes as %v (%v)", data, back, err)
		}
	}
	for _, s := range []rbac.Status{0, 4, 255} {
		if data, err := json.Marshal(s); err == nil {
			t.Errorf("%v encodes as %s", s, data)
		}
	}
	for _, text := range []string{`"Active"`, `"ACTIVE"`, `""`, `"active "`, `"enabled"`, `1`, `true`, `"Status(1)"`} {
		s := rbac.Suspended
		if err := json.Unmarshal([]byte(text), &s); err == nil || s != rbac.Suspended {
			t.Errorf("%s decodes as %v (%v)", text, s, err)
		}
	}
}

// fxReasonConstants reads the documented reasons out of errors.go.
func fxReasonConstants(t *testing.T) map[string]rbac.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]rbac.Reason{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			out[spec.Names[0].Name] = rbac.Reason(strings.Trim(lit.Value, `"`))
		}
		return true
	})
	if len(out) < 20 {
		t.Fatalf("found only %v", out)
	}
	return out
}

func TestReason_EachHasText(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, r := range fxReasonConstants(t) {
		text := r.Text()
		if text == "" || text == string(r) || strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
			t.Errorf("%s says %q", name, text)
		}
		if other := seen[text]; other != "" {
			t.Errorf("%s and %s say the same", name, other)
		}
		seen[text] = name
		if data, err := json.Marshal(r); err != nil || string(data) != `"`+string(r)+`"` {
			t.Errorf("%s encodes as %s (%v)", name, data, err)
		}
		err := &rbac.DeniedError{Op: "assign", Reason: r}
		if got := err.Error(); !strings.HasPrefix(got, "rbac: ") || !strings.Contains(got, text) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := rbac.Reason("made_up").Text(); got != "made_up" {
		t.Error(got)
	}
}
