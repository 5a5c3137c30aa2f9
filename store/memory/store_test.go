package memory_test

import (
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
	"github.com/seed80bc5f17/rbac/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) store.Store { return memory.New() })
}
