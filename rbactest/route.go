package rbactest

import (
	"iter"
	"slices"
	"testing"
)

// GoldenRoutes compares a file with the matrix of an application's routes:
// each pattern and, as text, the rule that guards it, sorted. maps.All makes
// the sequence of a map. RBAC_UPDATE=1 writes the file, commonly one below
// testdata. A matrix without any route, or with a pattern or a rule that is
// empty, fails.
func GoldenRoutes(t testing.TB, file string, routes iter.Seq2[string, string]) {
	t.Helper()
	var rows [][]string
	for pattern, rule := range routes {
		if pattern == "" || rule == "" {
			t.Fatalf("rbactest: route %q has the rule %q; neither can be empty", pattern, rule)
		}
		rows = append(rows, []string{phrase(pattern), phrase(rule)})
	}
	if len(rows) == 0 {
		t.Fatalf("rbactest: there are no routes")
	}
	slices.SortFunc(rows, slices.Compare[[]string])
	out := newSheet("Which rule guards which route.")
	out.block([]string{"pattern", "rule"}, rows)
	golden(t, file, out.String())
}
