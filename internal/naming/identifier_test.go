package naming

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// verdict is one row of a table: the input and the whole problem expected.
type verdict struct {
	name, in, want string
}

func judge(t *testing.T, check func(string) string, rows []verdict) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := check(row.in); got != row.want {
				t.Errorf("of %+q: problem %q, want %q", row.in, got, row.want)
			}
		})
	}
}

func TestTerms_Identifier(t *testing.T) {
	t.Parallel()
	subject := func(s string) string { return Identifier(s, MaxSubject) }
	judge(t, subject, []verdict{
		{"one byte", "a", ""},
		{"at limit", strings.Repeat("x", 255), ""},
		{"limit+1", strings.Repeat("x", 256), "longer than 255 bytes"},
		{"limit counts bytes", strings.Repeat("é", 128), "longer than 255 bytes"},
		{"empty", "", "empty"},
		{"inner space", "a  b", ""},
		{"leading space", " a", outerSpace},
		{"trailing space", "a ", outerSpace},
		{"trailing no-break space", "a\u00A0", outerSpace},
		{"leading ideographic space", "\u3000a", outerSpace},
		{"only a space", " ", outerSpace},
		{"G05 NUL", "a\x00b", hasControl},
		{"G05 newline", "a\nb", hasControl},
		{"G05 trailing newline", "a\n", hasControl},
		{"G05 escape", "a\x1b[31mb", hasControl},
		{"DEL", "a\x7f", hasControl},
		{"C1 control", "a\u0085b", hasControl},
		{"line separator", "a\u2028b", hasControl},
		{"paragraph separator", "a\u2029b", hasControl},
		{"byte order mark", "\uFEFFa", "contains U+FEFF, a byte order mark"},
		{"G15 replacement character", "a\uFFFD", hasBadDecode},
		{"G15 invalid byte", "a\xff", invalidUTF8},
		{"G15 overlong", "a\xc0\xaf", invalidUTF8},
		{"G15 surrogate", "a\xed\xa0\x80", invalidUTF8},
		{"G15 truncated", "a\xe2\x82", invalidUTF8},
		{"G15 above U+10FFFF", "\xf4\x90\x80\x80", invalidUTF8},
		{"G13 separators", "tenant/a:b|c@d", ""},
		{"zero-width is another identifier", "a\u200Bb", ""},
		{"bidi is another identifier", "a\u202Eb", ""},
		{"decomposed is another identifier", "e\u0301", ""},
	})
	t.Run("tenant", func(t *testing.T) {
		t.Parallel()
		judge(t, func(s string) string { return Identifier(s, MaxTenant) }, []verdict{
			{"default", "default", ""},
			{"at limit", strings.Repeat("x", 128), ""},
			{"limit+1", strings.Repeat("x", 129), "longer than 128 bytes"},
		})
	})
}

func FuzzIdentifier(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := Identifier(s, MaxSubject)
		checkProblem(t, s, p)
		if p != "" {
			return
		}
		if s == "" || len(s) > MaxSubject || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.TrimSpace(s) != s {
			t.Errorf("accepted %+q", s)
		}
		// The round trip that decoders make must not turn it into another.
		if strings.ToValidUTF8(s, "\uFFFD") != s {
			t.Errorf("accepted %+q, which decoding changes", s)
		}
	})
}

// hostile seeds the fuzz targets.
var hostile = []string{
	"", "a", "Admin", "billing.manage", "a_b", "_a", "a__b", "a_.b", "*", "roles.*", " a", "a ", "a  b",
	"Admin\x00x", "\x1b[31m", "a\nb", "a\xff", "a\xc0\xaf", "a\xed\xa0\x80", "\uFFFD", "\uFEFFa",
	"\u0410dmin", "\uFF21\uFF44\uFF4D\uFF49\uFF4E", "Adm\u0131n", "\uFB01", "\u1E9E", "A\u0301dmin",
	"a\u200Bb", "a\u202Eb", "\u3164", "\u2028", "ꓮꓓꓟꓲꓠ", "\uAB70\u13A0", "e\u0301", "¨", "\u0345",
}

// checkProblem tells whether p can be put into an error: short, one line of
// ASCII that says the same whatever s says.
func checkProblem(t *testing.T, s, p string) {
	t.Helper()
	if len(p) > 80 || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("of %+q: problem %+q is not short ASCII", s, p)
	}
}
