package naming

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const (
	notShown = "contains an invisible character"
	notText  = "contains a format, private-use or unassigned character"
	notSpace = "contains a space other than U+0020"
	badMark  = "contains a combining mark with nothing to combine with"
	nothing  = "contains no letter, number or symbol"
	mixes    = "contains a word that mixes scripts of similar letters"
)

func TestS19_RoleName(t *testing.T) {
	t.Parallel()
	judge(t, RoleName, []verdict{
		{"one rune", "a", ""},
		{"at limit", strings.Repeat("é", 64), ""},
		{"limit+1", strings.Repeat("é", 65), "longer than 64 characters"},
		{"G03 space padding", "Admin" + strings.Repeat(" ", 60) + "x", "longer than 64 characters"},
		{"empty", "", "empty"},
		{"words", "Billing manager (EU)", ""},
		{"Arabic", "مدير النظام", ""},
		{"Hindi", "प्रबंधक", ""},
		{"Thai", "ผู้ดูแลระบบ", ""},
		{"Burmese, six marks", "က\u103D\u103E\u102D\u102F\u1036\u1037", ""},
		{"Korean", "관리자", ""},
		{"Japanese", "システム管理者", ""},
		{"emoji", "⭐", ""},
		{"number", "7", ""},
		{"decomposed", "E\u0301diteur", ""},
		{"leading space", " Admin", outerSpace},
		{"G01 trailing space", "Admin ", outerSpace},
		{"only a space", " ", outerSpace},
		{"two spaces", "Ad  min", "contains two spaces in a row"},
		{"G05 NUL", "Admin\x00x", hasControl},
		{"G05 newline", "Admin\n", hasControl},
		{"G05 escape", "\x1b[31mAdmin", hasControl},
		{"tab", "a\tb", hasControl},
		{"C1 control", "a\u0085b", hasControl},
		{"line separator", "a\u2028b", hasControl},
		{"paragraph separator", "a\u2029b", hasControl},
		{"G15 invalid", "Admin\xff", invalidUTF8},
		{"G15 overlong", "\xc1\x81dmin", invalidUTF8},
		{"G15 surrogate", "\xed\xa0\x80", invalidUTF8},
		{"G15 replacement character", "Admin\uFFFD", hasBadDecode},
		{"no-break space", "a\u00A0b", notSpace},
		{"ideographic space", "a\u3000b", notSpace},
		{"Ogham space", "a\u1680b", notSpace},
		{"zero-width space", "Ad\u200Bmin", notText},
		{"zero-width joiner", "a\u200Db", notText},
		{"soft hyphen", "Ad\u00ADmin", notText},
		{"bidi override", "\u202EnimdA", notText},
		{"bidi isolate", "a\u2066b", notText},
		{"byte order mark", "\uFEFFAdmin", notText},
		{"word joiner", "a\u2060b", notText},
		{"private use", "a\uE000", notText},
		{"plane 16 private use", "a\U0010FFFD", notText},
		{"unassigned", "a\u0378", notText},
		{"noncharacter", "a\uFFFF", notText},
		{"tag", "a\U000E0041", notText},
		{"combining grapheme joiner", "a\u034Fb", notShown},
		{"variation selector", "⭐\uFE0F", notShown},
		{"variation selector supplement", "a\U000E0100", notShown},
		{"Mongolian variation selector", "a\u180Bb", notShown},
		{"Hangul choseong filler", "a\u115F", notShown},
		{"Hangul jungseong filler", "a\u1160", notShown},
		{"Hangul filler", "\u3164", notShown},
		{"halfwidth Hangul filler", "\uFFA0", notShown},
		{"Khmer inherent vowel", "a\u17B4", notShown},
		{"Braille blank", "\u2800", notShown},
		{"object replacement", "\uFFFC", notShown},
		{"null notehead", "\U0001D159", notShown},
		{"hieroglyph blank", "\U00013441", notShown},
		{"leading mark", "\u0301a", badMark},
		{"mark after space", "a \u0301b", badMark},
		{"enclosing mark", "\u20DD", badMark},
		{"marks at limit", "a" + strings.Repeat("\u0301", 8), ""},
		{"marks limit+1", "a" + strings.Repeat("\u0301", 9), "contains too many combining marks in a row"},
		{"marks limit+1 when decomposed", "á" + strings.Repeat("\u0323", 8), "contains too many combining marks in a row"},
		{"only punctuation", "...", nothing},
		{"only a spacing accent", "´", nothing},
		{"punctuation and mark", "-\u0301", nothing},
	})
}

func TestS19_MixedScript(t *testing.T) {
	t.Parallel()
	judge(t, RoleName, []verdict{
		{"Cyrillic A", "\u0410dmin", mixes},
		{"Greek A", "\u0391dmin", mixes},
		{"Armenian o", "\u0585wner", mixes},
		{"Cherokee A", "\u13AAdmin", mixes},
		{"small Cherokee", "a\uAB70", mixes},
		{"Lisu A", "\uA4EEdmin", mixes},
		{"Coptic O", "\u2C9Ewner", mixes},
		{"Greek and Cyrillic", "\u0391\u0410", mixes},
		{"mathematical Greek", "\U0001D6A8dmin", mixes},
		{"micro sign is Greek", "\u00B5s", mixes},
		{"in the last word", "the b\u043Ess", mixes},
		{"digits do not part", "\u04101dmin", mixes},
		{"apostrophe does not part", "o'\u0410dmin", mixes},
		{"marks do not part", "\u0410\u0301dmin", mixes},
		{"spacing accent does not part", "\u0410¨dmin", mixes},
		{"whole Cyrillic", "Администратор", ""},
		{"whole Greek", "Διαχειριστής", ""},
		{"whole Armenian", "Ադմին", ""},
		{"whole Cherokee", "ᏣᎳᎩ", ""},
		{"a word each", "Admin Админ", ""},
		{"hyphen parts", "HR-отдел", ""},
		{"slash parts", "Sales/Продажи", ""},
		{"Latin and Han", "HR部門", ""},
		{"Latin and Thai", "ITฝ่าย", ""},
		{"fullwidth Latin", "\uFF21dmin", ""},
	})
}

// Nothing that normalising an accepted character brings in may be something
// that would be refused by itself, a space aside (U+00A8 is a spaced accent).
func TestS19_KeyOfAcceptedIsPrintable(t *testing.T) {
	t.Parallel()
	for r := range unicode.MaxRune + 1 {
		if roleNameRune(r) != "" {
			continue
		}
		for _, k := range Key(string(r)) {
			if p := roleNameRune(k); p != "" {
				t.Errorf("%U is accepted, but has %U in its key: %s", r, k, p)
			}
		}
	}
}

func FuzzS19RoleName(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "Admin")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		p := RoleName(a)
		checkProblem(t, a, p)
		if p != "" {
			return
		}
		if !utf8.ValidString(a) || utf8.RuneCountInString(a) > MaxRoleName || strings.TrimSpace(a) != a ||
			strings.Contains(a, "  ") || strings.ContainsFunc(a, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("accepted %+q", a)
		}
		checkKeys(t, a, b)
	})
}
