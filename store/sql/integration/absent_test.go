package integration

import (
	"fmt"
	"testing"
)

// TestAbsentServer wants tests of what is not installed to be skipped.
func TestAbsentServer(t *testing.T) {
	t.Setenv("RBAC_TEST_DATABASES", "")
	if _, err := program("no-such-program", "/nowhere"); err == nil {
		t.Fatal("a program that does not exist is found")
	}
	s := &server{name: "Nothing", env: "RBAC_TEST_NOTHING", start: func() (string, func(), error) {
		return "", nil, fmt.Errorf("nothing: %w", errAbsent)
	}}
	skipped := false
	t.Run("skipped", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		s.require(t)
	})
	if !skipped {
		t.Error("the test was not skipped")
	}
}
