// Package readme reads the README, for tests that hold it against programs.
package readme

import (
	"os"
	"strings"
	"testing"
)

// Blocks returns the fenced blocks of a Markdown file that are in a language,
// in order, without the fences.
func Blocks(tb testing.TB, file, language string) []string {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var blocks []string
	var block strings.Builder
	inside, wanted := false, false
	for line := range strings.Lines(string(data)) {
		fence, ok := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case ok && inside:
			if wanted {
				blocks = append(blocks, block.String())
			}
			inside = false
		case ok:
			inside, wanted = true, fence == language
			block.Reset()
		case inside:
			block.WriteString(line)
		}
	}
	return blocks
}
