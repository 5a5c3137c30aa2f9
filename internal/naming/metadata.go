package naming

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Metadata judges a role's metadata (semantics §1): at most MaxMetadata
// entries; each key an [Identifier] of at most MaxMetadataKey bytes; each value at
// most MaxMetadataValue bytes of valid UTF-8 without control characters or
// line breaks, possibly empty. Of several problems it returns the one of the
// smallest key (S22). A nil map is valid.
func Metadata(m map[string]string) string {
	if len(m) > MaxMetadata {
		return "more than " + strconv.Itoa(MaxMetadata) + " entries"
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if p := Identifier(k, MaxMetadataKey); p != "" {
			return "a key: " + p
		}
		if p := metadataValue(m[k]); p != "" {
			return "a value: " + p
		}
	}
	return ""
}

func metadataValue(v string) string {
	switch {
	case len(v) > MaxMetadataValue:
		return tooManyBytes(MaxMetadataValue)
	case !utf8.ValidString(v):
		return invalidUTF8
	case strings.ContainsFunc(v, isControl):
		return hasControl
	}
	return ""
}
