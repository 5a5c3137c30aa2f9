package storetest

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestIdentifiers sees that the suite asks no more of a store than the
// contract: identifiers that were validated.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, id := range slices.Concat(identifiers, long) {
		switch {
		case seen[id]:
			t.Errorf("%q comes twice", id)
		case id == "" || len(id) > 255 || !utf8.ValidString(id):
			t.Errorf("%q is not 1–255 bytes of UTF-8", id)
		case strings.ContainsFunc(id, unicode.IsControl):
			t.Errorf("%q has a control character", id)
		case strings.Trim(id, " ") != id:
			t.Errorf("%q begins or ends with a space", id)
		}
		seen[id] = true
	}
	for _, id := range identifiers {
		if len(id) > 64 {
			t.Errorf("%q is longer than an id of a role", id)
		}
	}
}
