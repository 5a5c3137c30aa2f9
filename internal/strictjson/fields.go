package strictjson

import (
	"reflect"
	"strings"
	"sync"
	"unicode"
)

// fieldCache maps a struct's reflect.Type to its map[string]reflect.Type. It
// grows with the types of the program, not with its input.
var fieldCache sync.Map

// fieldsOf returns the keys that encoding/json decodes into struct type t, and
// the types of their fields.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if m, ok := fieldCache.Load(t); ok {
		return m.(map[string]reflect.Type)
	}
	m, _ := fieldCache.LoadOrStore(t, collect(t))
	return m.(map[string]reflect.Type)
}

// candidate is a field that may own a name.
type candidate struct {
	t      reflect.Type
	tagged bool
	count  int // of equal right to the name
}

// collect goes through t and its embedded structs level by level and follows
// encoding/json's rules on who owns a name: the shallowest field; of several
// the one that is tagged; of several of those, none.
func collect(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	taken := map[string]bool{} // owned or disputed on a level above
	visited := map[reflect.Type]bool{}
	level := map[reflect.Type]int{t: 1} // a struct embedded twice disputes with itself
	for len(level) > 0 {
		found := map[string]candidate{}
		below := map[reflect.Type]int{}
		for s, times := range level {
			if visited[s] {
				continue
			}
			visited[s] = true
			for i := range s.NumField() {
				f := s.Field(i)
				name, tagged, embedded := describe(f)
				switch {
				case embedded != nil:
					below[embedded]++
				case name != "":
					add(found, name, candidate{f.Type, tagged, times})
				}
			}
		}
		for name, c := range found {
			if !taken[name] && c.count == 1 {
				fields[name] = c.t
			}
			taken[name] = true
		}
		level = below
	}
	return fields
}

func add(found map[string]candidate, name string, c candidate) {
	old, ok := found[name]
	switch {
	case !ok || c.tagged && !old.tagged:
		found[name] = c
	case c.tagged == old.tagged:
		old.count += c.count
		found[name] = old
	}
}

// describe returns the field's name in JSON, "" if it has none, or the struct
// whose fields it embeds.
func describe(f reflect.StructField) (name string, tagged bool, embedded reflect.Type) {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !f.IsExported() && (!f.Anonymous || t.Kind() != reflect.Struct) {
		return "", false, nil
	}
	tag := f.Tag.Get("json")
	if tag == "-" {
		return "", false, nil
	}
	name, _, _ = strings.Cut(tag, ",")
	if name != "" && validName(name) {
		return name, true, nil
	}
	if f.Anonymous && t.Kind() == reflect.Struct {
		return "", false, t
	}
	return f.Name, false, nil
}

// validName reports whether encoding/json honours name in a tag.
func validName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}
