package strictjson

// maxPath bounds the path an error prints, in bytes.
const maxPath = 64

// Error says why JSON was refused, without quoting values.
type Error struct {
	// Problem is what is wrong, a phrase fit for "rbac: invalid JSON: <problem>".
	Problem string

	path string // from the root, as in roles[2].name; "" for the root
	err  error  // what Unmarshal said, which may quote the input
}

// Error returns the problem, and where it is if [Error.Path] tells.
func (e *Error) Error() string {
	if p := e.Path(); p != "" {
		return e.Problem + " at " + p
	}
	return e.Problem
}

// Path returns where the problem is, as in roles[2].name, or "" if it is at the
// root or the path is longer than 64 bytes or has anything but ASCII letters,
// digits and . _ : / - [ ]. Keys come from the caller, and errors go to logs.
func (e *Error) Path() string {
	if len(e.path) > maxPath {
		return ""
	}
	for i := range len(e.path) {
		switch c := e.path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == ':', c == '/', c == '-', c == '[', c == ']':
		default:
			return ""
		}
	}
	return e.path
}

// Unwrap returns the error of a type's own UnmarshalJSON or UnmarshalText, or
// of encoding/json. It may quote the input.
func (e *Error) Unwrap() error { return e.err }

// under returns e as seen from one level up: prefix is a key or an index.
// Paths too long to print do not grow, so that errors stay small.
func (e *Error) under(prefix string) *Error {
	switch {
	case len(e.path) > maxPath:
	case e.path == "" || e.path[0] == '[':
		e.path = prefix + e.path
	default:
		e.path = prefix + "." + e.path
	}
	return e
}
