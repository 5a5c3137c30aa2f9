package strictjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
)

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// walker goes once over the tokens of valid JSON, beside the type that they
// are to be decoded into.
type walker struct {
	dec *json.Decoder
}

// next returns the next token. The text is known to be valid.
func (w *walker) next() json.Token {
	tok, err := w.dec.Token()
	if err != nil {
		panic("strictjson: valid JSON has a bad token: " + err.Error())
	}
	return tok
}

// value checks the next value against t, which is nil when nothing is known
// about it. depth counts what encloses it.
func (w *walker) value(t reflect.Type, depth int) *Error {
	tok := w.next()
	if tok == nil {
		if t != nil && !nullable(t) {
			return &Error{Problem: "null not allowed"}
		}
		return nil
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return nil // a scalar of the wrong type is Unmarshal's to refuse
	}
	if depth++; depth > MaxDepth {
		return &Error{Problem: "nested too deeply"}
	}
	t = target(t)
	if delim == '[' {
		return w.array(t, depth)
	}
	return w.object(t, depth)
}

func (w *walker) array(t reflect.Type, depth int) *Error {
	var elem reflect.Type
	want := -1
	if t != nil {
		switch t.Kind() {
		case reflect.Array:
			elem, want = t.Elem(), t.Len()
		case reflect.Slice:
			elem = t.Elem()
		}
	}
	n := 0
	for ; w.dec.More(); n++ {
		if err := w.value(elem, depth); err != nil {
			return err.under("[" + strconv.Itoa(n) + "]")
		}
	}
	w.next() // the bracket
	if want >= 0 && n != want {
		return &Error{Problem: "wrong number of elements"}
	}
	return nil
}

func (w *walker) object(t reflect.Type, depth int) *Error {
	var (
		elem   reflect.Type
		fields map[string]reflect.Type
		strict bool
	)
	if t != nil {
		switch t.Kind() {
		case reflect.Map:
			// A key type that parses could make one key of two.
			if t.Key().Kind() != reflect.String || implements(t.Key(), textUnmarshaler) {
				return &Error{Problem: "destination map has other than plain string keys"}
			}
			elem = t.Elem()
		case reflect.Struct:
			fields, strict = fieldsOf(t), true
		}
	}
	seen := map[string]bool{}
	for w.dec.More() {
		key := w.next().(string) // an object has no other keys
		if seen[key] {
			return (&Error{Problem: "duplicate key"}).under(key)
		}
		seen[key] = true
		if strict {
			var known bool
			// Exact: encoding/json would take "Name" for "name".
			if elem, known = fields[key]; !known {
				return (&Error{Problem: "unknown key"}).under(key)
			}
		}
		if err := w.value(elem, depth); err != nil {
			return err.under(key)
		}
	}
	w.next() // the brace
	return nil
}

// target returns the type that an array or object for t is decoded into behind
// its pointers, or nil if that type decodes itself.
func target(t reflect.Type) reflect.Type {
	for t != nil {
		if implements(t, jsonUnmarshaler) || implements(t, textUnmarshaler) {
			return nil
		}
		if t.Kind() != reflect.Pointer {
			break
		}
		t = t.Elem()
	}
	return t
}

// implements reports whether t or a pointer to it does: encoding/json asks
// both, as it decodes into addressable values.
func implements(t, iface reflect.Type) bool {
	return t.Implements(iface) || reflect.PointerTo(t).Implements(iface)
}

// nullable reports whether t has a nil to stand for null. A type with its own
// UnmarshalJSON makes no difference: most ignore null, by json's convention.
func nullable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return true
	}
	return false
}
