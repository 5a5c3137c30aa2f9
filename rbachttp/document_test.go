package rbachttp_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// document is the OpenAPI document, read as JSON, with the part of JSON Schema
// that it uses. What the document uses and this does not know is an error.
type document map[string]any

var (
	variable = regexp.MustCompile(`\{[a-z]+\}`)
	patterns sync.Map
)

func matches(pattern, text string) bool {
	re, ok := patterns.Load(pattern)
	if !ok {
		re, _ = patterns.LoadOrStore(pattern, regexp.MustCompile(pattern))
	}
	return re.(*regexp.Regexp).MatchString(text)
}

func readDocument(t testing.TB, data []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// at follows a path of keys.
func (d document) at(keys ...string) map[string]any {
	node := map[string]any(d)
	for _, key := range keys {
		node, _ = node[key].(map[string]any)
	}
	return node
}

// deref follows a $ref.
func (d document) deref(node map[string]any) map[string]any {
	ref, ok := node["$ref"].(string)
	if !ok {
		return node
	}
	return d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

// operations returns "GET /roles" → operation.
func (d document) operations() map[string]map[string]any {
	out := map[string]map[string]any{}
	for path, methods := range d.at("paths") {
		for method, op := range methods.(map[string]any) {
			out[strings.ToUpper(method)+" "+path] = op.(map[string]any)
		}
	}
	return out
}

// find returns the operation that a request matches.
func (d document) find(method, path string) (string, map[string]any) {
	ops := d.operations()
	for _, name := range slices.Sorted(maps.Keys(ops)) { // {role} sorts after what is literal
		m, template, _ := strings.Cut(name, " ")
		pattern := "^" + variable.ReplaceAllString(template, "[^/]+") + "$"
		if m == method && matches(pattern, path) {
			return name, ops[name]
		}
	}
	return "", nil
}

// response returns the documented response of an operation, or nil.
func (d document) response(op map[string]any, status int) map[string]any {
	r, ok := op["responses"].(map[string]any)[fmt.Sprint(status)].(map[string]any)
	if !ok {
		return nil
	}
	return d.deref(r)
}

// schemaOf returns the schema of a response's or request's body, and its type.
func schemaOf(body map[string]any) (kind string, schema map[string]any) {
	content, _ := body["content"].(map[string]any)
	for kind, c := range content {
		return kind, c.(map[string]any)["schema"].(map[string]any)
	}
	return "", nil
}

// parameters returns the names of an operation's parameters in a place.
func (d document) parameters(op map[string]any, in string) []string {
	var out []string
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		if p := d.deref(p.(map[string]any)); p["in"] == in {
			out = append(out, p["name"].(string))
		}
	}
	return out
}

// validate returns what is wrong with a value, or "".
func (d document) validate(schema map[string]any, v any) string {
	schema = d.deref(schema)
	if schema == nil {
		return "a reference leads nowhere"
	}
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		if problem := d.keyword(schema, keyword, v); problem != "" {
			return problem
		}
	}
	return ""
}

func (d document) keyword(schema map[string]any, keyword string, v any) string {
	text, isText := v.(string)
	number, isNumber := v.(float64)
	object, isObject := v.(map[string]any)
	list, _ := v.([]any)
	limit, _ := schema[keyword].(float64)
	bad := ""
	switch keyword {
	case "description", "title", "default", "$ref":
	case "type":
		types, ok := schema["type"].([]any)
		if !ok {
			types = []any{schema["type"]}
		}
		if !slices.Contains(types, any(typeOf(v))) && (typeOf(v) != "number" || !slices.Contains(types, any("integer")) || number != math.Trunc(number)) {
			bad = fmt.Sprintf("is %s, not %v", typeOf(v), types)
		}
	case "const":
		if v != schema["const"] {
			bad = fmt.Sprintf("is %v, not %v", v, schema["const"])
		}
	case "enum":
		if !slices.Contains(schema["enum"].([]any), v) {
			bad = fmt.Sprintf("is %v, none of %v", v, schema["enum"])
		}
	case "minimum", "maximum":
		if isNumber && (keyword == "minimum" && number < limit || keyword == "maximum" && number > limit) {
			bad = fmt.Sprintf("is %v, beyond %v", number, limit)
		}
	case "minLength", "maxLength":
		n := float64(utf8.RuneCountInString(text))
		if isText && (keyword == "minLength" && n < limit || keyword == "maxLength" && n > limit) {
			bad = fmt.Sprintf("has length %v", n)
		}
	case "pattern":
		if isText && !matches(schema["pattern"].(string), text) {
			bad = fmt.Sprintf("%q does not match", text)
		}
	case "format":
		if _, err := time.Parse(time.RFC3339, text); schema["format"] != "date-time" || err != nil {
			bad = fmt.Sprintf("%q is no time", text)
		}
	case "items":
		for i, item := range list {
			if problem := d.validate(schema["items"].(map[string]any), item); problem != "" {
				return fmt.Sprintf("[%d]%s", i, problem)
			}
		}
	case "required":
		for _, name := range schema["required"].([]any) {
			if _, ok := object[name.(string)]; isObject && !ok {
				bad = "lacks " + name.(string)
			}
		}
	case "properties":
		for name, s := range schema["properties"].(map[string]any) {
			if member, ok := object[name]; ok {
				if problem := d.validate(s.(map[string]any), member); problem != "" {
					return "." + name + problem
				}
			}
		}
	case "additionalProperties":
		known, _ := schema["properties"].(map[string]any)
		more, isSchema := schema["additionalProperties"].(map[string]any)
		for name, member := range object {
			if _, ok := known[name]; ok {
				continue
			}
			if !isSchema {
				return " has " + name + ", which is not described"
			}
			if problem := d.validate(more, member); problem != "" {
				return "." + name + problem
			}
		}
	case "oneOf":
		var problems []string
		for _, s := range schema["oneOf"].([]any) {
			if problem := d.validate(s.(map[string]any), v); problem != "" {
				problems = append(problems, problem)
			}
		}
		if n := len(schema["oneOf"].([]any)) - len(problems); n != 1 {
			bad = fmt.Sprintf("matches %d of %v", n, problems)
		}
	default:
		bad = "keyword " + keyword + " is not known to the test"
	}
	if bad != "" {
		return " " + bad
	}
	return ""
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
