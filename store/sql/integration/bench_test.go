package integration

import (
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

// BenchmarkStore measures the steps of a host's life on a tenant of 20,000
// users: a poll, a user seen for the first time, a page, a change.
func BenchmarkStore(b *testing.B) {
	for _, d := range databases {
		b.Run(d.name, func(b *testing.B) {
			at, opts := d.fresh(b)
			s := d.store(b, at.DB, opts)
			last := store.Head{}
			commit := func(c store.Commit) {
				c.ID, c.Entry = fmt.Sprint("c", last.Revision), []byte("{}")
				if err := s.Commit(b.Context(), "acme", last, []store.Commit{c}); err != nil {
					b.Fatal(err)
				}
				last = store.Head{Revision: last.Revision + 1, Commit: c.ID}
			}
			var all store.Commit
			for i := range 20_000 {
				all.Assignments = append(all.Assignments, store.Change[store.Assignment]{After: holds(fmt.Sprint("user-", i), "clerk")})
			}
			commit(all)
			b.Run("heads", func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Heads(b.Context(), []string{"acme"}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("subject", func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					sel := store.Selection{Subjects: []store.Subject{{Kind: store.User, ID: fmt.Sprint("user-", i%20_000)}}}
					if _, err := s.Load(b.Context(), "acme", sel); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("page of 100", func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					q := store.Query{List: store.Assignments, Role: "clerk", Limit: 100}
					q.After = store.Key{Subject: store.Subject{Kind: store.User, ID: fmt.Sprint("user-", i%20_000)}, Role: "clerk"}
					if _, err := s.Scan(b.Context(), "acme", q); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("commit", func(b *testing.B) {
				held := holds("somebody", "clerk")
				for i := 0; b.Loop(); i++ {
					ch := store.Change[store.Assignment]{After: held}
					if i%2 == 1 {
						ch = store.Change[store.Assignment]{Before: held}
					}
					commit(store.Commit{Assignments: []store.Change[store.Assignment]{ch}})
				}
				if last.Revision%2 == 0 { // held
					commit(store.Commit{Assignments: []store.Change[store.Assignment]{{Before: held}}})
				}
			})
		})
	}
}
