package naive

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// nameKey is NFKC(fold(NFKC(name))) (S19).
func nameKey(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
}

// reservedKey is the key with dotless ı read as i and without combining marks (S19). Two names
// with the same nameKey have the same reservedKey.
func reservedKey(name string) string {
	bare := strings.Map(func(r rune) rune {
		switch {
		case r == 'ı':
			return 'i'
		case unicode.Is(unicode.M, r):
			return -1
		}
		return r
	}, norm.NFKD.String(nameKey(name)))
	return nameKey(bare)
}

// nameTaken tells whether a role other than id has the name, or a prebuilt role reserves it.
func nameTaken(cfg Config, s *State, id, name string) bool {
	for other, r := range s.Roles {
		if other != id && nameKey(r.Name) == nameKey(name) {
			return true
		}
	}
	for _, reserved := range cfg.PrebuiltNames {
		if reservedKey(reserved) == reservedKey(name) {
			return true
		}
	}
	return false
}
