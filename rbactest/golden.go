package rbactest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// updateVariable makes golden files be written instead of compared.
const updateVariable = "RBAC_UPDATE"

// golden compares text with a file, or writes it.
func golden(t testing.TB, file, got string) {
	t.Helper()
	update := false
	if v := os.Getenv(updateVariable); v != "" {
		var err error
		if update, err = strconv.ParseBool(v); err != nil {
			t.Fatalf("rbactest: %s is %q, want 1 or 0", updateVariable, v)
		}
	}
	data, err := os.ReadFile(file)
	// A checkout on Windows may have other line ends; that is no difference.
	want := strings.ReplaceAll(string(data), "\r\n", "\n")
	switch {
	case err == nil && want == got:
	case update:
		if err := write(file, got); err != nil {
			t.Fatalf("rbactest: %v", err)
		}
		t.Logf("rbactest: wrote %s", file)
	case errors.Is(err, fs.ErrNotExist):
		t.Errorf("rbactest: %s does not exist; to write it: %s\nIt would be:\n%s", file, updateCommand(t), got)
	case err != nil:
		t.Fatalf("rbactest: %v", err)
	default:
		t.Errorf("rbactest: %s is not what is so; if that is meant: %s\n(-file +now)\n%s", file, updateCommand(t), difference(want, got))
	}
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

func updateCommand(t testing.TB) string {
	return updateVariable + "=1 go test -run '" + pattern(t.Name()) + "' ."
}

// pattern returns what go test -run takes for a test and its subtests.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}
