package rbac_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// public lists the packages that hosts and stores import.
var public = []string{".", "store", "store/memory", "store/sql", "store/storetest", "rbactest", "rbachttp", "observe"}

// TestAPI compares the exported API with api.txt, so that every change of it
// shows in review. RBAC_UPDATE=1 writes the file.
func TestAPI(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	for _, dir := range public {
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		for _, line := range exported(t, dir) {
			got.WriteString(line + "\n")
		}
	}
	if os.Getenv("RBAC_UPDATE") != "" {
		if err := os.WriteFile("api.txt", got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("api.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the API changed; if that is meant, run RBAC_UPDATE=1 go test -run TestAPI . (-api.txt +code):\n%s", diff)
	}
}

// exported returns one line for each exported declaration of a package.
func exported(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var lines []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		prefix := dir + ": "
		if dir == "." {
			prefix = "rbac: "
		}
		ast.FileExports(file)
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				f.Body = nil
			}
			var b bytes.Buffer
			if err := format.Node(&b, fset, decl); err != nil {
				t.Fatal(err)
			}
			if text := strings.TrimSpace(b.String()); text != "" && !strings.HasPrefix(text, "import") {
				lines = append(lines, prefix+strings.ReplaceAll(text, "\n", "\n\t"))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// TestDependencies proves that hosts get nothing but golang.org/x/text with
// the library, and that its module requires no more than two more for tests,
// the conformance suite among them.
func TestDependencies(t *testing.T) {
	t.Parallel()
	const self = "github.com/seed80bc5f17/rbac"
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.Module.Path}}{{end}}", ".", "./store", "./store/memory", "./store/sql", "./rbactest", "./rbachttp", "./observe")
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{self, "golang.org/x/text"}
	for _, module := range strings.Fields(string(out)) {
		if !slices.Contains(allowed, module) {
			t.Errorf("the library depends on %s", module)
		}
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(mod), "\n") {
		fields := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "v") {
			continue
		}
		if !slices.Contains([]string{"golang.org/x/text", "github.com/google/go-cmp", "pgregory.net/rapid"}, fields[0]) {
			t.Errorf("go.mod requires %s", fields[0])
		}
	}
}
