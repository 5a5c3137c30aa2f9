package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac/examples/internal/readme"
)

// TestREADMEShowsTheDifference compares the diff blocks of README.md with what
// differs between before and after, and sees that each stays small.
func TestREADMEShowsTheDifference(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, file := range []string{"service.go", "page.html"} {
		want = append(want, difference(lines(t, "before/"+file), lines(t, "after/"+file))...)
	}
	for _, block := range readme.Blocks(t, "README.md", "diff") {
		changed := strings.Split(strings.TrimSuffix(block, "\n"), "\n")
		added := slices.DeleteFunc(slices.Clone(changed), func(line string) bool { return line[0] != '+' })
		if len(added) > 12 {
			t.Errorf("a concern takes %d lines:\n%s", len(added), block)
		}
		got = append(got, changed...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("README.md shows\n%s\nand the difference is\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// lines returns the lines of a file that are not about imports or the package.
func lines(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if _, code, ok := strings.Cut(text, "\n)\n"); ok {
		text = code
	}
	return strings.Split(text, "\n")
}

// difference returns the lines that are only in a, with "-", and only in b,
// with "+", by a longest common subsequence.
func difference(a, b []string) []string {
	common := make([][]int, len(a)+1) // of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []string
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "-"+a[i])
			i++
		default:
			out = append(out, "+"+b[j])
			j++
		}
	}
	return out
}
