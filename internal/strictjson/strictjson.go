// Package strictjson decodes JSON that must be exactly what it seems: the
// strict side of what encoding/json takes with a shrug (attacks G01, G15, H03).
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"unicode/utf8"
)

// MaxDepth is how many arrays and objects may enclose one another.
const MaxDepth = 32

// Decode decodes the one JSON value in data into v, a non-nil pointer, as
// [json.Unmarshal] does, and replaces *v whole. It refuses, with an [*Error]
// and *v untouched, what Unmarshal repairs or ignores:
//
//   - an object key that is not, letter for letter, a field's name, and a key
//     given twice in an object, at any depth and however escaped;
//   - invalid UTF-8 and escapes of lone surrogates, which all become U+FFFD;
//   - null for anything but a pointer, map, slice or interface;
//   - an array longer or shorter than the Go array it goes to;
//   - more than MaxDepth arrays and objects in one another;
//   - anything but space after the value.
//
// What is inside a type with its own UnmarshalJSON, or an interface, has no
// known field names: there the type decides about names, and duplicates and depth are
// still refused. Maps must have plain string keys. A missing key is not an
// error: a field that must be told from its zero is a pointer.
//
// Decode takes linear time and is safe for concurrent use.
func Decode(data []byte, v any) error {
	dst := reflect.ValueOf(v)
	if dst.Kind() != reflect.Pointer || dst.IsNil() {
		return &Error{Problem: "destination is not a non-nil pointer"}
	}
	switch {
	case !utf8.Valid(data):
		return &Error{Problem: "not valid UTF-8"}
	case !json.Valid(data):
		return &Error{Problem: "not one JSON value"}
	case loneSurrogate(data):
		return &Error{Problem: "contains half a surrogate pair"}
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(data))}
	w.dec.UseNumber() // a number too large for its field is Unmarshal's to refuse
	if err := w.value(dst.Type().Elem(), 0); err != nil {
		return err
	}
	// A fresh value, since Unmarshal merges into what is there.
	fresh := reflect.New(dst.Type().Elem())
	if err := json.Unmarshal(data, fresh.Interface()); err != nil {
		return refusal(err)
	}
	dst.Elem().Set(fresh.Elem())
	return nil
}

// refusal turns Unmarshal's error, which may quote the input and Go's types,
// into one that does not.
func refusal(err error) *Error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return &Error{Problem: "wrong type or out of range", path: wrong.Field, err: err}
	}
	return &Error{Problem: "value not accepted", err: err}
}

// loneSurrogate reports whether a string of data, which is valid JSON, escapes
// a surrogate that is not half of a pair.
func loneSurrogate(data []byte) bool {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' { // which valid JSON has in strings only
			continue
		}
		i++
		if data[i] != 'u' {
			continue
		}
		unit := hex4(data[i+1:])
		i += 4
		if unit < 0xD800 || 0xDFFF < unit {
			continue
		}
		if 0xDC00 <= unit || data[i+1] != '\\' || data[i+2] != 'u' {
			return true
		}
		if low := hex4(data[i+3:]); low < 0xDC00 || 0xDFFF < low {
			return true
		}
		i += 6
	}
	return false
}

// hex4 returns the value of the four hexadecimal digits that b starts with.
func hex4(b []byte) (n rune) {
	for _, c := range b[:4] {
		n <<= 4
		switch {
		case c <= '9':
			n |= rune(c - '0')
		default:
			n |= rune(c|0x20-'a') + 10
		}
	}
	return n
}
