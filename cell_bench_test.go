package rbac

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// BenchmarkApply is what another process's assignment costs in memory, once
// its log entry is here.
func BenchmarkApply(b *testing.B) {
	for _, users := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprint("users=", users), func(b *testing.B) {
			c := loadedCell(b, users)
			head := c.snap.Load().head
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				row := store.Assignment{Subject: store.Subject{Kind: store.User, ID: fmt.Sprint("new", i)}, Role: "user"}
				commit := store.Commit{ID: fmt.Sprint("c", i), Assignments: []store.Change[store.Assignment]{{After: &row}}}
				c.mu.Lock()
				ok := c.apply(head, []store.Commit{commit})
				c.mu.Unlock()
				if !ok {
					b.Fatal("not applied")
				}
				head = store.Head{Revision: head.Revision + 1, Commit: commit.ID}
			}
		})
	}
}

// BenchmarkLoad is what it takes to load a tenant as a whole, from a store in
// memory.
func BenchmarkLoad(b *testing.B) {
	for _, users := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint("users=", users), func(b *testing.B) {
			c := loadedCell(b, users)
			for b.Loop() {
				c.mu.Lock()
				c.drop()
				c.mu.Unlock()
				if _, _, err := c.load(context.Background(), c.engine.store, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func loadedCell(b *testing.B, users int) *cell {
	b.Helper()
	s := memory.New()
	commit := store.Commit{ID: "all", Time: 1, Entry: []byte(`{}`)}
	for i := range users {
		commit.Assignments = append(commit.Assignments, store.Change[store.Assignment]{
			After: &store.Assignment{Subject: store.Subject{Kind: store.User, ID: fmt.Sprint("user", i)}, Role: "admin"},
		})
	}
	if err := s.Commit(b.Context(), defaultTenant, store.Head{}, []store.Commit{commit}); err != nil {
		b.Fatal(err)
	}
	catalog, err := NewCatalog()
	if err != nil {
		b.Fatal(err)
	}
	a, err := New(s, catalog, &Options{EagerLimit: 4 * users, CacheBytes: 4 << 30})
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := a.cell.load(b.Context(), s, nil); err != nil {
		b.Fatal(err)
	}
	return a.cell
}
