package rbactest

import (
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
)

// sheet is the text of a golden file: blocks of a heading and indented rows, in
// columns. difference relies on the indentation.
type sheet struct{ b strings.Builder }

func newSheet(comment ...string) *sheet {
	s := &sheet{}
	for _, line := range append(comment, "Written by "+updateVariable+"=1 go test.") {
		s.b.WriteString("# " + line + "\n")
	}
	return s
}

// block adds a heading with its columns, and rows.
func (s *sheet) block(heading []string, rows [][]string) {
	s.b.WriteByte('\n')
	w := tabwriter.NewWriter(&s.b, 0, 0, 2, ' ', 0)
	line := func(cells []string) { _, _ = w.Write([]byte(strings.Join(cells, "\t") + "\n")) } // a strings.Builder does not fail
	line(heading)
	for _, row := range rows {
		line(append([]string{"  " + row[0]}, row[1:]...))
	}
	_ = w.Flush()
}

func (s *sheet) String() string { return s.b.String() }

// label writes a name as one word, so that no two names look the same.
func label(name string) string {
	if phrase(name) != name || strings.ContainsAny(name, `"\\, `) {
		return strconv.QuoteToASCII(name)
	}
	return name
}

// phrase writes a text on one line and in one column, so that no two texts look
// the same.
func phrase(text string) string {
	odd := func(r rune) bool {
		return r != ' ' && unicode.IsSpace(r) || !unicode.IsGraphic(r) || unicode.In(r, unicode.Mn, unicode.Cf)
	}
	if text != strings.TrimSpace(text) || text == "" || strings.ContainsFunc(text, odd) ||
		strings.Contains(text, "  ") || strings.HasPrefix(text, "#") || strings.HasPrefix(text, `"`) {
		return strconv.QuoteToASCII(text)
	}
	return text
}
