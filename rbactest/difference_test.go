package rbactest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDifference(t *testing.T) {
	t.Parallel()
	text := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	for _, tt := range []struct {
		name      string
		want, got string
		diff      string
	}{
		{"one line", text("A", "  1", "  2", "  3", "  4", "B", "  5"), text("A", "  1", "  2", "  3", "  x", "B", "  5"), text(" A", " …", "   3", "-  4", "+  x", " B")},
		{"added", text("A", "  1"), text("A", "  1", "  2"), text(" A", "   1", "+  2", " ")},
		{"removed", text("A", "  1", "  2"), text("A", "  2"), text(" A", "-  1", "   2")},
		{"moved", text("a", "b"), text("b", "a"), text("-a", " b", "+a", " ")},
		{"everything", "a", "b", text("-a", "+b")},
		{"from nothing", "", "b\n", text("+b", " ")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tt.diff, difference(tt.want, tt.got)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}

	// Too long to be aligned: all lines, and no such work.
	var x, y strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&x, "x%d\n", i)
		fmt.Fprintf(&y, "y%d\n", i)
	}
	if got := difference(x.String(), y.String()); strings.Count(got, "\n") != 6_001 {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
}
