package naming

import "unicode/utf8"

// Description judges a role's description (S19): at most MaxDescription runes
// of valid UTF-8, no control characters but newline. U+2028 and U+2029 are
// refused with the control characters: newline is how a line ends. So is the
// carriage return: a host that takes text from an HTML form turns "\r\n" into
// "\n" first. Empty is valid.
func Description(s string) string {
	return text(s, MaxDescription, true)
}

// Reason judges a reason (semantics §1): at most MaxReason runes of valid
// UTF-8, no control characters or line breaks. Empty is valid; whether a reason may be
// missing is the operation's business.
func Reason(s string) string {
	return text(s, MaxReason, false)
}

func text(s string, maxRunes int, newline bool) string {
	switch {
	case !utf8.ValidString(s):
		return invalidUTF8
	case utf8.RuneCountInString(s) > maxRunes:
		return tooManyRunes(maxRunes)
	}
	for _, r := range s {
		if isControl(r) && (r != '\n' || !newline) {
			return hasControl
		}
	}
	return ""
}
