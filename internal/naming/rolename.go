package naming

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxMarks bounds the combining marks in a row. The spelling of living
// languages needs at most six; eight keeps names from piling marks over the
// lines around them, and is far below the 30 after which the normaliser
// inserts U+034F, so equivalent names have equal keys.
const maxMarks = 8

// RoleName judges a role name (S19): valid UTF-8, 1 to MaxRoleName runes of
// letters, marks, numbers, punctuation, symbols and single inner U+0020, with
// no word that mixes lookalike scripts.
//
// Refused in consequence are control, format, private-use and unassigned
// characters (by the Unicode version of package unicode), line separators and
// every other kind of space. Zero-width joiners are format characters: the
// few emoji and Persian spellings that need one are refused too.
//
// Refused in addition, since a name is read by people:
//   - U+FFFD, which decoders put for garbage, and U+FFFC;
//   - characters that render as nothing: Default_Ignorable_Code_Point
//     (Hangul fillers, variation selectors, U+034F) and the blanks that Unicode
//     files under letters, marks and symbols;
//   - a combining mark at the start or after a space, where it would attach to
//     what the page prints before it, and more than eight in a row;
//   - a name without any letter, number or symbol.
func RoleName(s string) string {
	switch {
	case s == "":
		return empty
	case !utf8.ValidString(s):
		return invalidUTF8
	case utf8.RuneCountInString(s) > MaxRoleName:
		return tooManyRunes(MaxRoleName)
	}
	visible := false
	prev := ' '
	for i, r := range s {
		if p := roleNameRune(r); p != "" {
			return p
		}
		switch {
		case r == ' ' && i == 0:
			return outerSpace
		case r == ' ' && prev == ' ':
			return "contains two spaces in a row"
		case prev == ' ' && unicode.IsMark(r):
			return "contains a combining mark with nothing to combine with"
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsSymbol(r) && !unicode.Is(unicode.Sk, r):
			visible = true
		}
		prev = r
	}
	switch {
	case prev == ' ':
		return outerSpace
	case !visible:
		return "contains no letter, number or symbol"
	case crowded(s):
		return "contains too many combining marks in a row"
	case mixed(s), mixed(norm.NFKC.String(s)):
		// Both forms: compatibility characters belong to no script until they
		// are mapped, and the mapping may bring in a space.
		return "contains a word that mixes scripts of similar letters"
	}
	return ""
}

// roleNameRune judges one character wherever it stands in a role name.
func roleNameRune(r rune) string {
	switch {
	case isControl(r):
		return hasControl
	case r == utf8.RuneError:
		return hasBadDecode
	case r != ' ' && unicode.IsSpace(r):
		return "contains a space other than U+0020"
	case blank(r):
		return "contains an invisible character"
	case !unicode.IsPrint(r):
		return "contains a format, private-use or unassigned character"
	}
	return ""
}

// blank reports whether r is shown as nothing although Unicode counts it among
// the graphic characters.
func blank(r rune) bool {
	switch r {
	case '\u2800', // Braille pattern blank
		'\uFFFC',                   // object replacement character
		'\U00013441', '\U00013442', // Egyptian hieroglyph blanks
		'\U00016FE4', // Khitan small script filler
		'\U0001D159': // musical symbol null notehead
		return true
	}
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// crowded reports whether more than maxMarks combining marks follow one
// another once s is decomposed.
func crowded(s string) bool {
	n := 0
	for _, r := range norm.NFD.String(s) {
		if !unicode.IsMark(r) {
			n = 0
		} else if n++; n > maxMarks {
			return true
		}
	}
	return false
}

// alike lists the scripts that share letter shapes with Latin. S19 names the
// first five. The others are here because their letters pass for Latin ones
// just as well (U+A4EE is a perfect A), and hardly anybody needs them beside
// Latin in one word.
var alike = []*unicode.RangeTable{
	unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Cherokee,

	unicode.Canadian_Aboriginal, unicode.Carian, unicode.Coptic, unicode.Deseret,
	unicode.Elbasan, unicode.Gothic, unicode.Lisu, unicode.Lycian, unicode.Lydian,
	unicode.Miao, unicode.Old_Italic, unicode.Osage, unicode.Runic,
	unicode.Tifinagh, unicode.Vithkuqi, unicode.Warang_Citi,
}

// mixed reports whether a word of s has letters of two scripts of alike.
func mixed(s string) bool {
	var word *unicode.RangeTable // the script of the word so far
	for _, r := range s {
		if endsWord(r) {
			word = nil
			continue
		}
		for _, script := range alike {
			if !unicode.Is(script, r) {
				continue
			}
			if word != nil && word != script {
				return true
			}
			word = script
		}
	}
	return false
}

// endsWord reports whether r separates words. Only marks that nobody overlooks
// do, so that "HR-отдел" is two words; an apostrophe, a dot or a digit does not.
func endsWord(r rune) bool {
	return strings.ContainsRune(" -/&+,;:()[]\u2010\u2011\u2012\u2013\u2014", r)
}
