package naming

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Identifier judges an identifier that the host chose: a tenant (MaxTenant),
// a user or a group (MaxSubject) (semantics §1). It must be valid UTF-8 of 1
// to maxBytes bytes without control characters and without a leading or
// trailing space (Unicode White_Space). It is compared byte for byte.
//
// Four characters are refused beyond Unicode's Cc, because they do not arrive
// everywhere as they were sent, so that two identifiers could become one or one
// line of a log two: U+2028 and U+2029 break lines, U+FEFF is stripped by
// decoders as a byte order mark, and U+FFFD is what decoders (encoding/json
// too) put for any invalid byte.
//
// Other format characters (zero-width, bidirectional) are accepted: they are
// different bytes, so a different identifier. Who prints one quotes it.
func Identifier(s string, maxBytes int) string {
	switch {
	case s == "":
		return empty
	case len(s) > maxBytes:
		return tooManyBytes(maxBytes)
	case !utf8.ValidString(s):
		return invalidUTF8
	}
	for _, r := range s {
		switch {
		case isControl(r):
			return hasControl
		case r == utf8.RuneError:
			return hasBadDecode
		case r == '\uFEFF':
			return "contains U+FEFF, a byte order mark"
		}
	}
	if strings.TrimFunc(s, unicode.IsSpace) != s {
		return outerSpace
	}
	return ""
}

// isControl reports whether r is a control character (Cc) or one of the two
// other characters that break a line.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

func tooManyBytes(limit int) string {
	return "longer than " + strconv.Itoa(limit) + " bytes"
}

func tooManyRunes(limit int) string {
	return "longer than " + strconv.Itoa(limit) + " characters"
}
