package main

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if obeyed, err := obey(os.Stdin, os.Stdout); obeyed {
		exit(err)
	}
	os.Exit(m.Run())
}

// TestTables wants figures for every database that there is. What is measured
// proves itself on the way: changes acknowledged are revisions made.
func TestTables(t *testing.T) {
	z := sizes{window: 20 * time.Millisecond, tenants: 3, crews: []crew{{1, 1}, {2, 3}}, loads: []int{10, 6000}}
	ds, err := databases(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(ds)
	for _, test := range []struct {
		name    string
		measure func(context.Context, io.Writer, []*database, sizes) error
		columns int
		rows    int // of each database
	}{
		{"changes", changes, 11, 4},
		{"loads", loads, 6, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			if err := test.measure(t.Context(), &out, ds, z); err != nil {
				t.Fatalf("%v\n%s", err, &out)
			}
			rows := make(map[string]int)
			for line := range strings.Lines(out.String()) {
				if !strings.HasPrefix(line, "|") {
					continue
				}
				cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
				if len(cells) != test.columns {
					t.Errorf("%d columns, want %d: %s", len(cells), test.columns, line)
				}
				rows[strings.TrimSpace(cells[0])]++
			}
			for _, d := range ds {
				if rows[d.name] != test.rows {
					t.Errorf("%d rows of %s, want %d:\n%s", rows[d.name], d.name, test.rows, &out)
				}
			}
		})
	}
}
