package naming

import (
	"strings"
	"sync"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestS19_Key(t *testing.T) {
	t.Parallel()
	judge(t, Key, []verdict{
		{"G01 capitals", "OWNER", "owner"},
		{"G01 mixed case", "oWner", "owner"},
		{"fullwidth", "\uFF21\uFF44\uFF4D\uFF49\uFF4E", "admin"},
		{"mathematical", "\U0001D400dmin", "admin"},
		{"circled", "Ⓐdmin", "admin"},
		{"Kelvin sign", "\u212Aey", "key"},
		{"ligature", "\uFB01nance", "finance"},
		{"sharp s", "stra\u00DFe", "strasse"},
		{"capital sharp s", "STRA\u1E9EE", "strasse"},
		{"long s", "U\u017Fer", "user"},
		{"final sigma", "ΣΑΣ", "σασ"},
		{"decomposed", "A\u0301dmin", "ádmin"},
		{"composed", "Ádmin", "ádmin"},
		{"marks reordered", "a\u0301\u0323", "ạ\u0301"},
		{"ypogegrammeni", "\u1FB3", "αι"},
		{"dotted capital I", "\u0130", "i\u0307"},
		{"dotless i stays", "Adm\u0131n", "adm\u0131n"},
		{"Cherokee capital", "\u13A0\u13F0", "\u13A0\u13F0"},
		{"Cherokee small", "\uAB70\u13F8", "\u13A0\u13F0"},
		{"halfwidth kana", "\uFF76\uFF9E", "ガ"},
	})
}

// The tables that decide what is assigned and those that fold and normalise
// must be of one Unicode version, or a character could be accepted that has no
// key yet.
func TestS19_UnicodeVersions(t *testing.T) {
	t.Parallel()
	for pkg, version := range map[string]string{"norm": norm.Version, "cases": cases.UnicodeVersion} {
		if version != unicode.Version {
			t.Errorf("package %s has Unicode %s, package unicode %s", pkg, version, unicode.Version)
		}
	}
}

func TestS19_KeyOfEveryCharacter(t *testing.T) {
	t.Parallel()
	marks := []string{"\u0301", "\u0307", "\u0323", "\u0345", "\u0338", "\u3099", "\u05B4"}
	n := 0
	for r := range unicode.MaxRune + 1 {
		if !unicode.IsGraphic(r) {
			continue
		}
		n++
		s := string(r)
		checkIdempotent(t, s)
		for _, same := range []string{
			string(unicode.SimpleFold(r)), fold(s), norm.NFC.String(s), norm.NFD.String(s), norm.NFKC.String(s), norm.NFKD.String(s),
		} {
			if Key(same) != Key(s) {
				t.Errorf("%+q and %+q have different keys", s, same)
			}
		}
		if Key(s) == s && !unicode.IsMark(r) {
			continue // most: neither case nor decomposition, so nothing for a mark to upset
		}
		for _, m := range marks {
			checkIdempotent(t, s+m)
		}
	}
	if n < 140_000 {
		t.Errorf("only %d characters checked", n)
	}
}

func TestS19_KeyIsIdempotent(t *testing.T) {
	t.Parallel()
	graphic := rapid.RuneFrom(nil, unicode.GraphicRanges...)
	cased := rapid.RuneFrom(nil, unicode.Lu, unicode.Lt, unicode.Mn, unicode.Greek, unicode.Latin, unicode.Cherokee)
	texts := rapid.StringOfN(rapid.OneOf(graphic, cased), 0, 100, -1)
	rapid.Check(t, func(t *rapid.T) {
		s := texts.Draw(t, "s")
		checkIdempotent(t, s)
		if RoleName(s) == "" && Key(norm.NFD.String(s)) != Key(s) {
			t.Errorf("%+q has another key when decomposed", s)
		}
	})
}

func TestS19_KeyConcurrently(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if got := ReservedKey("STRA\u1E9EE \uAB70 Adm\u0131n"); got != "strassedadmin" {
					t.Errorf("got %+q", got)
					return
				}
			}
		})
	}
	wg.Wait()
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

func checkIdempotent(t failer, s string) {
	t.Helper()
	k := Key(s)
	if again := Key(k); again != k {
		t.Errorf("of %+q: Key is %+q, of that %+q", s, k, again)
	}
	rk := ReservedKey(s)
	if ReservedKey(k) != rk {
		t.Errorf("of %+q: ReservedKey is %+q, that of its key %+q", s, rk, ReservedKey(k))
	}
	if again := ReservedKey(rk); again != rk {
		t.Errorf("of %+q: ReservedKey is %+q, of that %+q", s, rk, again)
	}
}

// checkKeys checks what uniqueness relies on, of two names.
func checkKeys(t *testing.T, a, b string) {
	t.Helper()
	checkIdempotent(t, a)
	if Key(norm.NFD.String(a)) != Key(a) || Key(norm.NFC.String(a)) != Key(a) {
		t.Errorf("%+q has another key when normalised", a)
	}
	if Key(fold(a)) != Key(a) {
		t.Errorf("%+q has another key when folded", a)
	}
	for _, like := range []string{b, strings.ToLower(a), Key(a), ReservedKey(a)} {
		if Key(a) == Key(like) && ReservedKey(a) != ReservedKey(like) {
			t.Errorf("%+q and %+q have one key and two reserved keys", a, like)
		}
	}
}
