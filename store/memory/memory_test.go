package memory_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
	"github.com/seed80bc5f17/rbac/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) store.Store { return memory.New() })
}

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

func TestZeroValue(t *testing.T) {
	t.Parallel()
	var s memory.Store
	c := &chain{store: &s}
	c.commit(t, store.Commit{})
	heads, err := s.Heads(t.Context(), []string{"acme"})
	if err != nil || len(heads) != 1 || heads[0] != c.head {
		t.Errorf("Heads = %v, %v, want %v", heads, err, c.head)
	}
}

// TestContradictions are changes that memory refuses although the contract
// leaves it to the store whether it notices.
func TestContradictions(t *testing.T) {
	t.Parallel()
	role := store.Role{ID: "r", Permissions: []string{"a"}, Metadata: map[string]string{"k": "v"}}
	assignment := store.Assignment{Subject: store.Subject{Kind: store.User, ID: "ann"}, Role: "r"}
	membership := store.Membership{Group: "g", Member: store.Subject{Kind: store.User, ID: "ann"}}

	otherPermissions, otherMetadata, otherName, otherRole := role, role, role, role
	otherPermissions.Permissions = []string{"b"}
	otherMetadata.Metadata = nil
	otherName.Name = "x"
	otherRole.ID = "q"
	otherAssignment, otherMembership := assignment, membership
	otherAssignment.Until, otherMembership.Reason = 1, "x"

	roles := func(before, after *store.Role) store.Commit {
		return store.Commit{Roles: []store.Change[store.Role]{{Before: before, After: after}}}
	}
	tests := []struct {
		name   string
		commit store.Commit
	}{
		{"no record", roles(nil, nil)},
		{"another key", roles(&role, &otherRole)},
		{"other permissions", roles(&otherPermissions, nil)},
		{"other metadata", roles(&otherMetadata, &role)},
		{"another name", roles(&otherName, &role)},
		{"another assignment", store.Commit{Assignments: []store.Change[store.Assignment]{{Before: &otherAssignment}}}},
		{"another membership", store.Commit{Memberships: []store.Change[store.Membership]{{Before: &otherMembership, After: &membership}}}},
	}
	c := &chain{store: memory.New()}
	c.commit(t, store.Commit{
		Roles:       []store.Change[store.Role]{{After: &role}},
		Assignments: []store.Change[store.Assignment]{{After: &assignment}},
		Memberships: []store.Change[store.Membership]{{After: &membership}},
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.commit.ID = "refused"
			err := c.store.Commit(t.Context(), "acme", c.head, []store.Commit{tt.commit})
			if !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("Commit = %v, want %q", err, store.ErrCorrupt)
			}
		})
	}
}

func TestNoCommits(t *testing.T) {
	t.Parallel()
	s := memory.New()
	if err := s.Commit(t.Context(), "acme", store.Head{}, nil); err != nil {
		t.Errorf("no commits at the present head: %v", err)
	}
	if err := s.Commit(t.Context(), "acme", store.Head{Revision: 1}, nil); !errors.Is(err, store.ErrConflict) {
		t.Errorf("no commits at another head: %v, want %q", err, store.ErrConflict)
	}
}

func TestInvalidQueries(t *testing.T) {
	t.Parallel()
	s := memory.New()
	for _, limit := range []int{math.MinInt, -1, 0, store.MaxPage + 1, math.MaxInt} {
		if _, err := s.Scan(t.Context(), "acme", store.Query{List: store.Groups, Limit: limit}); err == nil {
			t.Errorf("Scan with the limit %d did not fail", limit)
		}
		if _, err := s.Log(t.Context(), "acme", store.LogQuery{Limit: limit}); err == nil {
			t.Errorf("Log with the limit %d did not fail", limit)
		}
	}
	if _, err := s.Scan(t.Context(), "acme", store.Query{Limit: 1}); err == nil {
		t.Error("Scan of no list did not fail")
	}
}

func TestLogAtTheEndOfNumbers(t *testing.T) {
	t.Parallel()
	c := &chain{store: memory.New()}
	c.commit(t, store.Commit{})
	last := store.Head{Revision: math.MaxUint64, Commit: "c1"}
	if _, err := c.store.Log(t.Context(), "acme", store.LogQuery{After: last, Limit: 1}); !errors.Is(err, store.ErrCompacted) {
		t.Errorf("Log after the last number = %v, want %q", err, store.ErrCompacted)
	}
	entries, err := c.store.Log(t.Context(), "acme", store.LogQuery{Backward: true, Before: math.MaxUint64, Limit: 1})
	if err != nil || len(entries) != 1 {
		t.Errorf("Log before the last number = %v, %v, want one entry", entries, err)
	}
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

var sizes = []int{100, 10_000, 100_000}

// BenchmarkCommit adds an assignment to a tenant that has so many, and takes
// one away, so that the number stays. The largest tenant must not take three
// times as long as the smallest.
func BenchmarkCommit(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			c := filled(b, n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				// Of a million possible keys, a window of n moves on.
				old, added := assignment(i), assignment(i+n)
				c.commit(b, store.Commit{Assignments: []store.Change[store.Assignment]{{After: &added}}})
				c.commit(b, store.Commit{Assignments: []store.Change[store.Assignment]{{Before: &old}}})
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s := filled(b, n).store
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				sel := store.Selection{Model: true, Subjects: []store.Subject{assignment(i % n).Subject}}
				if st, err := s.Load(context.Background(), "acme", sel); err != nil || len(st.Assignments) != 1 {
					b.Fatal(st, err)
				}
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s := filled(b, n).store
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				a := assignment(i % n)
				q := store.Query{List: store.Assignments, Role: a.Role, After: store.Key{Subject: a.Subject, Role: a.Role}, Limit: 10}
				if _, err := s.Scan(context.Background(), "acme", q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
