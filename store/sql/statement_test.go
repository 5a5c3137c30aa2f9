package sqlstore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestStatement(t *testing.T) {
	t.Parallel()
	q := newStatement("SELECT a FROM b WHERE c = ? AND ", 1).in("d", []string{"x", "y"}).append(newStatement(" LIMIT ?", 2))
	if got, want := q.sql(&postgres), "SELECT a FROM b WHERE c = $1 AND d IN ($2, $3) LIMIT $4"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := q.sql(&mysql), "SELECT a FROM b WHERE c = ? AND d IN (?, ?) LIMIT ?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := fmt.Sprint(q.args), "[1 x y 2]"; got != want {
		t.Errorf("got arguments %s, want %s", got, want)
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	row := func(size int) []any { return []any{strings.Repeat("x", size), int64(1)} }
	tests := []struct {
		name string
		rows [][]any
		want []int
	}{
		{"none", nil, nil},
		{"few", slices.Repeat([][]any{row(1)}, 3), []int{3}},
		{"as many as fit", slices.Repeat([][]any{row(1)}, rowChunk), []int{rowChunk}},
		{"one more", slices.Repeat([][]any{row(1)}, rowChunk+1), []int{rowChunk, 1}},
		{"long ones", slices.Repeat([][]any{row(byteChunk / 2)}, 5), []int{2, 2, 1}},
		{"one too long", [][]any{row(1), row(2 * byteChunk), row(1)}, []int{1, 1, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []int
			for chunk := range chunks(test.rows) {
				got = append(got, len(chunk))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
