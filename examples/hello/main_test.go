package main

import (
	"io"
	"os"
	"testing"

	"github.com/seed80bc5f17/rbac/examples/internal/readme"
)

const readmeFile = "../../README.md"

func TestREADMEShowsThisProgram(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := readme.Blocks(t, readmeFile, "go")
	if len(blocks) == 0 || blocks[0] != string(source) {
		t.Error("the first Go block of README.md is not main.go")
	}
}

func TestREADMEShowsTheOutput(t *testing.T) {
	got := output(t)
	blocks := readme.Blocks(t, readmeFile, "text")
	if len(blocks) == 0 || blocks[0] != got {
		t.Errorf("the first text block of README.md is not the output, which is:\n%s", got)
	}
}

// output runs main, which writes to the standard output.
func output(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func(old *os.File) { os.Stdout = old }(os.Stdout)
	os.Stdout = w
	main() // few lines: they fit into the pipe
	w.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
