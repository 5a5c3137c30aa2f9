package naming

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// folder is safe for concurrent use: package cases documents that of Fold,
// unlike of its other Casers.
var folder = cases.Fold()

// Key returns what role names are unique under (S19): NFKC(fold(NFKC(name)))
// with full case folding, of no particular language. Key(Key(s)) == Key(s).
//
// It is computed when judged and never stored: a later Unicode version may
// know more characters. Those assigned today keep their keys, by Unicode's
// stability policies. The name must be valid UTF-8.
func Key(name string) string {
	return norm.NFKC.String(fold(norm.NFKC.String(name)))
}

func fold(s string) string {
	return strings.Map(upperCherokee, folder.String(s))
}

// upperCherokee completes the folding of Cherokee, which alone folds to
// capitals. Do not remove it as redundant: cases.Fold (x/text v0.43) swaps the
// case of these letters, so that without it no two cases ever meet.
func upperCherokee(r rune) rune {
	switch {
	case 0xAB70 <= r && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	case 0x13F8 <= r && r <= 0x13FD:
		return r - 8
	}
	return r
}
