package memory_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// chain commits to one tenant, each time on top of what it committed before.
type chain struct {
	store *memory.Store
	head  store.Head
}

func (c *chain) commit(tb testing.TB, commit store.Commit) {
	tb.Helper()
	commit.ID = "c" + strconv.FormatUint(c.head.Revision+1, 10)
	if err := c.store.Commit(tb.Context(), "acme", c.head, []store.Commit{commit}); err != nil {
		tb.Fatal(err)
	}
	c.head = store.Head{Revision: c.head.Revision + 1, Commit: commit.ID}
}

func assignment(n int) store.Assignment {
	return store.Assignment{
		Subject: store.Subject{Kind: store.User, ID: fmt.Sprintf("user%06d", n*7919%1_000_000)},
		Role:    fmt.Sprintf("role%d", n%10),
	}
}

// filled returns a tenant of n assignments.
func filled(tb testing.TB, n int) *chain {
	tb.Helper()
	c := &chain{store: memory.New()}
	for from := 0; from < n; from += 1000 {
		var commit store.Commit
		for i := from; i < min(n, from+1000); i++ {
			a := assignment(i)
			commit.Assignments = append(commit.Assignments, store.Change[store.Assignment]{After: &a})
		}
		c.commit(tb, commit)
	}
	return c
}

// BenchmarkCommit replaces one assignment of tenants of different sizes: the
// time must grow with the logarithm of the size at most.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{100, 10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			c := filled(b, n)
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				old := assignment(i % n)
				now := assignment(i%n + n)
				c.commit(b, store.Commit{Assignments: []store.Change[store.Assignment]{{Before: &old}, {After: &now}}})
				c.commit(b, store.Commit{Assignments: []store.Change[store.Assignment]{{Before: &now}, {After: &old}}})
				i++
			}
		})
	}
}
