package naming

// Permission judges a permission name (semantics §1): 1 to MaxPermission
// bytes of
//
//	[A-Za-z0-9]+([._:/-][A-Za-z0-9]+)*
//
// The underscore, like the other four, stands alone between two letters or
// digits: "a_b" and "a_b.c" are names; "_a", "a_", "a__b" and "a_.b" are not.
// Nobody tells "a_b" from "a__b" on a page, and a name refused today can be
// allowed later, but not the other way round. There are no wildcards.
func Permission(s string) string {
	switch {
	case s == "":
		return empty
	case len(s) > MaxPermission:
		return tooManyBytes(MaxPermission)
	}
	// By bytes on purpose: every byte of a non-ASCII or invalid character is
	// refused like any other.
	between := false // the byte before is a letter or digit
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			between = true
		case c != '.' && c != '_' && c != ':' && c != '/' && c != '-':
			return "contains something other than ASCII letters, digits and . _ : / -"
		case !between:
			return "has a separator without a letter or digit before it"
		default:
			between = false
		}
	}
	if !between {
		return "ends with a separator"
	}
	return ""
}
