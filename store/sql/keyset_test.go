package sqlstore

import (
	"cmp"
	"fmt"
	"testing"
)

func TestWhereAfter(t *testing.T) {
	t.Parallel()
	const never = "never"
	tests := []struct {
		name    string
		columns []column
		row     string // with row values
		ranges  string // without
		args    string
	}{
		{
			"all free",
			[]column{{name: "a", after: "x"}, {name: "b", after: "y"}, {name: "c", after: "z"}},
			"(a, b, c) > (?, ?, ?)", "(a > ? OR (a = ? AND (b > ? OR (b = ? AND c > ?))))", "",
		},
		{"one", []column{{name: "a", after: "x"}}, "(a) > (?)", "a > ?", "[x]"},
		{
			"first fixed, and at it",
			[]column{{name: "a", after: "x", fixed: "x"}, {name: "b", after: "y"}},
			"(b) > (?)", "b > ?", "[y]",
		},
		{"first fixed, and before it", []column{{name: "a", after: "w", fixed: "x"}, {name: "b", after: "y"}}, "", "", ""},
		{"first fixed, and past it", []column{{name: "a", after: "z", fixed: "x"}, {name: "b", after: "y"}}, never, never, ""},
		{
			"last fixed, and at it",
			[]column{{name: "a", after: "x"}, {name: "b", after: "r", fixed: "r"}},
			"(a) > (?)", "a > ?", "[x]",
		},
		{
			"last fixed, and before it: the row itself is still to come",
			[]column{{name: "a", after: "x"}, {name: "b", after: "", fixed: "r"}},
			"(a) >= (?)", "a >= ?", "[x]",
		},
		{
			"last fixed, and past it",
			[]column{{name: "a", after: "x"}, {name: "b", after: "s", fixed: "r"}},
			"(a) > (?)", "a > ?", "[x]",
		},
		{
			"middle fixed, and before it",
			[]column{{name: "a", after: "x"}, {name: "b", after: "q", fixed: "r"}, {name: "c", after: "z"}},
			"(a) >= (?)", "a >= ?", "[x]",
		},
		{"all fixed, and at it", []column{{name: "a", after: "x", fixed: "x"}}, never, never, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, how := range []struct {
				d    *dialect
				want string
			}{{&sqlite, test.row}, {&mysql, test.ranges}} {
				q, some := whereAfter(how.d, test.columns)
				got := q.text.String()
				if !some {
					got = never
				}
				if got != how.want && got != " AND "+how.want {
					t.Errorf("got %q, want %q", got, how.want)
				}
				if test.args != "" && fmt.Sprint(q.args) != test.args {
					t.Errorf("got arguments %v, want %s", q.args, test.args)
				}
			}
		})
	}
}

// TestWhereAfterIsExact compares the condition with the comparison of whole
// keys, for all rows and cursors of a small world.
func TestWhereAfterIsExact(t *testing.T) {
	t.Parallel()
	values := []string{"", "a", "b", "c"}
	for fixed := range 64 {
		for _, x := range values {
			for _, y := range values {
				for _, z := range values {
					columns := []column{{name: "a", after: x}, {name: "b", after: y}, {name: "c", after: z}}
					for i := range columns {
						columns[i].fixed = values[fixed>>(2*i)&3]
					}
					for _, d := range []*dialect{&sqlite, &mysql} {
						compareAll(t, d, columns, values)
					}
				}
			}
		}
	}
}

func compareAll(t *testing.T, d *dialect, columns []column, values []string) {
	t.Helper()
	q, some := whereAfter(d, columns)
	for _, x := range values {
		for _, y := range values {
			for _, z := range values {
				row := map[string]string{"a": x, "b": y, "c": z}
				in := true
				for _, c := range columns {
					in = in && (c.fixed == "" || c.fixed == row[c.name])
				}
				if !in {
					continue
				}
				want := cmp.Or(cmp.Compare(x, columns[0].after), cmp.Compare(y, columns[1].after), cmp.Compare(z, columns[2].after)) > 0
				if got := some && holds(t, q, row); got != want {
					t.Fatalf("%s %v for row %v, columns %+v: %t, want %t", q.text.String(), q.args, row, columns, got, want)
				}
			}
		}
	}
}
