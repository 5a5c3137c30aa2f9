package naming

import (
	"strconv"
	"strings"
	"testing"
)

func TestTerms_Metadata(t *testing.T) {
	t.Parallel()
	entries := func(n int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m["k"+strconv.Itoa(i)] = "v"
		}
		return m
	}
	for _, row := range []struct {
		name string
		in   map[string]string
		want string
	}{
		{"nil", nil, ""},
		{"at limit", entries(16), ""},
		{"limit+1", entries(17), "more than 16 entries"},
		{"key at limit", map[string]string{strings.Repeat("k", 64): ""}, ""},
		{"key limit+1", map[string]string{strings.Repeat("k", 65): ""}, "a key: longer than 64 bytes"},
		{"key empty", map[string]string{"": "v"}, "a key: empty"},
		{"key with NUL", map[string]string{"a\x00": "v"}, "a key: " + hasControl},
		{"value empty", map[string]string{"k": ""}, ""},
		{"value at limit", map[string]string{"k": strings.Repeat("v", 256)}, ""},
		{"value limit+1", map[string]string{"k": strings.Repeat("v", 257)}, "a value: longer than 256 bytes"},
		{"value invalid", map[string]string{"k": "\xff"}, "a value: " + invalidUTF8},
		{"value with newline", map[string]string{"k": "a\nb"}, "a value: " + hasControl},
		{"S22 smallest key", map[string]string{"a": "\xff", "b": "\n", " c": ""}, "a key: " + outerSpace},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for range 8 { // map order must not show
				if got := Metadata(row.in); got != row.want {
					t.Fatalf("problem %q, want %q", got, row.want)
				}
			}
		})
	}
}
