package integration

import (
	"context"
	"errors"
	"testing"

	"github.com/seed80bc5f17/rbac/store/sql/integration/internal/server"
)

// TestAbsentServer wants tests of what is not installed to be skipped.
func TestAbsentServer(t *testing.T) {
	t.Setenv("RBAC_TEST_DATABASES", "")
	if _, err := (server.Kind{Name: "Nothing", Program: "no-such-program"}).Start(context.Background()); !errors.Is(err, server.ErrAbsent) {
		t.Fatalf("a program that does not exist: %v, want ErrAbsent", err)
	}
	skipped := false
	t.Run("skipped", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		need(t, server.PostgreSQL, server.ErrAbsent)
	})
	if !skipped {
		t.Error("the test was not skipped")
	}
}
