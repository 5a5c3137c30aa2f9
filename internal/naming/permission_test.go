package naming

import (
	"regexp"
	"strings"
	"testing"
)

func TestTerms_Permission(t *testing.T) {
	t.Parallel()
	const (
		other  = "contains something other than ASCII letters, digits and . _ : / -"
		before = "has a separator without a letter or digit before it"
		ends   = "ends with a separator"
	)
	judge(t, Permission, []verdict{
		{"one letter", "a", ""},
		{"one digit", "7", ""},
		{"dotted", "billing.manage", ""},
		{"every separator", "A1.b_c:d/e-f", ""},
		{"library's own", "rbac.roles.view", ""},
		{"at limit", strings.Repeat("x", 128), ""},
		{"limit+1", strings.Repeat("x", 129), "longer than 128 bytes"},
		{"empty", "", "empty"},
		{"underscore inside", "a_b", ""},
		{"leading underscore", "_a", before},
		{"trailing underscore", "a_", ends},
		{"two underscores", "a__b", before},
		{"underscore and dot", "a_.b", before},
		{"dot and underscore", "a._b", before},
		{"leading dot", ".a", before},
		{"trailing dot", "a.", ends},
		{"two dots", "a..b", before},
		{"only a separator", "-", before},
		{"H01 star", "*", other},
		{"H01 wildcard", "roles.*", other},
		{"space", "a b", other},
		{"trailing space", "a ", other},
		{"trailing newline", "a\n", other},
		{"NUL", "a\x00", other},
		{"comma", "a,b", other},
		{"plus", "a+b", other},
		{"backslash", `a\b`, other},
		{"G15 invalid byte", "a\xff", other},
		{"fullwidth", "\uFF41", other},
		{"Cyrillic", "\u0430", other},
		{"Arabic digit", "a\u0661", other},
		{"zero-width", "a\u200Bb", other},
	})
}

// grammar is the grammar of semantics §1, word for word.
var grammar = regexp.MustCompile(`\A[A-Za-z0-9]+([._:/-][A-Za-z0-9]+)*\z`)

func FuzzPermission(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := Permission(s)
		checkProblem(t, s, p)
		if want := len(s) <= MaxPermission && grammar.MatchString(s); (p == "") != want {
			t.Errorf("of %+q: problem %q, but valid is %v", s, p, want)
		}
		if p == "" && Identifier(s, MaxPermission) != "" {
			t.Errorf("permission %+q is no identifier", s)
		}
	})
}
