package naming

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// pairs holds the letters of which two look like one. A Replacer is safe for
// concurrent use.
var pairs = strings.NewReplacer("rn", "m", "vv", "w")

// ReservedKey returns what names are compared under with the names of
// prebuilt roles (S19): if ReservedKey(name) equals that of a prebuilt name,
// the name is taken. It depends on [Key] alone, and names with equal keys have
// equal reserved keys.
//
// S19 asks for dotless ı as i and no combining marks. Who wants a second
// "Admin" in the list has more spellings that nobody tells apart, so it also
//   - leaves out spaces, punctuation and modifier letters ("Admin.", "Ad min");
//   - maps letters, and the digits 0 and 1, to the ASCII letter they look like
//     ("ADMlN", "0wner", "ꓮꓓꓟꓲꓠ", "ᴀᴅᴍɪɴ", "Øwner", "🅰dmin");
//   - reads "rn" as "m" and "vv" as "w" ("Adrnin", "Ovvner").
//
// A name it refuses wrongly costs somebody another name; it is no good for
// comparing custom names with one another, for it drops the vowel signs of
// whole scripts.
func ReservedKey(name string) string {
	key := Key(name)
	plain := strings.Map(reserve, norm.NFKD.String(key))
	if plain == "" {
		return key
	}
	return pairs.Replace(Key(plain))
}

// reserve maps a character of a decomposed key to what it stands for in a
// reserved key, or drops it.
func reserve(r rune) rune {
	if c, ok := lookalikes[r]; ok {
		return c
	}
	switch {
	case unicode.In(r, unicode.M, unicode.P, unicode.Z, unicode.Sk),
		0x02B9 <= r && r <= 0x02FF: // modifier letters: quotes, primes, strokes
		return -1
	case 0x1F150 <= r && r <= 0x1F169: // white on black circle
		return toLetter(r - 0x1F150)
	case 0x1F170 <= r && r <= 0x1F189: // white on black square
		return toLetter(r - 0x1F170)
	case 0x1F1E6 <= r && r <= 0x1F1FF: // regional indicator
		return toLetter(r - 0x1F1E6)
	}
	return r
}

// toLetter returns the nth letter, as a reserved key spells it.
func toLetter(n rune) rune {
	if c := 'a' + n; c != 'l' {
		return c
	}
	return 'i'
}
