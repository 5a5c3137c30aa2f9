package rbactest

import "strings"

// maxCompared bounds the work of difference: lines of one text times lines of
// the other, ends that are the same apart.
const maxCompared = 4_000_000

// contextLines is how many unchanged lines a difference shows around a change.
const contextLines = 1

// difference returns the lines of two texts that are in only one of them, -
// for want and + for got, each with the heading above it.
func difference(want, got string) string {
	x, y := strings.Split(want, "\n"), strings.Split(got, "\n")
	start := 0
	for start < min(len(x), len(y)) && x[start] == y[start] {
		start++
	}
	end := 0
	for end < min(len(x), len(y))-start && x[len(x)-1-end] == y[len(y)-1-end] {
		end++
	}
	lines := marked(" ", x[:start])
	lines = append(lines, changes(x[start:len(x)-end], y[start:len(y)-end])...)
	lines = append(lines, marked(" ", x[len(x)-end:])...)
	return excerpt(lines)
}

// changes aligns two texts by a longest common subsequence.
func changes(x, y []string) []string {
	if (len(x)+1)*(len(y)+1) > maxCompared {
		return append(marked("-", x), marked("+", y)...)
	}
	common := make([][]int, len(x)+1) // [i][j]: of x[i:] and y[j:]
	for i := range common {
		common[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		switch {
		case x[i] == y[j]:
			out = append(out, " "+x[i])
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			out = append(out, "-"+x[i])
			i++
		default:
			out = append(out, "+"+y[j])
			j++
		}
	}
	return append(append(out, marked("-", x[i:])...), marked("+", y[j:])...)
}

func marked(mark string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = mark + line
	}
	return out
}

// excerpt leaves out unchanged lines that are neither near a change nor the
// heading, that is the last line without indentation, above one.
func excerpt(lines []string) string {
	show := make([]bool, len(lines))
	heading := -1
	for i, line := range lines {
		if line[0] == ' ' {
			if len(line) > 1 && line[1] != ' ' {
				heading = i
			}
			continue
		}
		for k := max(0, i-contextLines); k <= min(len(lines)-1, i+contextLines); k++ {
			show[k] = true
		}
		if heading >= 0 {
			show[heading] = true
		}
	}
	var b strings.Builder
	gap := false
	for i, line := range lines {
		if !show[i] {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteString(" …\n")
		}
		gap = false
		b.WriteString(line + "\n")
	}
	return b.String()
}
