package rbactest

import "testing"

func TestLabel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"carl": "carl", "c@example.org": "c@example.org", "žofie": "žofie", "auth0|12": "auth0|12",
		"": `""`, "a b": `"a b"`, `"a b"`: `"\"a b\""`, "#a": `"#a"`, "a,b": `"a,b"`, "a\u00a0b": `"a\u00a0b"`,
		"a\u202eb": `"a\u202eb"`, "e\u0301": `"e\u0301"`, `a\b`: `"a\\b"`,
	} {
		if got := label(name); got != want {
			t.Errorf("%q is written %s, want %s", name, got, want)
		}
	}
	for text, want := range map[string]string{
		"GET /a/{b...}": "GET /a/{b...}", "public: front page": "public: front page", `say "x"`: `say "x"`,
		"a  b": `"a  b"`, "a\tb": `"a\tb"`, "a\nb": `"a\nb"`, " a": `" a"`, `"x"`: `"\"x\""`, "# a": `"# a"`,
	} {
		if got := phrase(text); got != want {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
	}
}
