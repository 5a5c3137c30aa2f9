package integration

import (
	"errors"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

var errLost = errors.New("the answer is lost")

// TestLostAnswer wants a COMMIT of unknown outcome to be said to be unknown,
// and sending the same again to settle it.
func TestLostAnswer(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		if d.name == "sqlite/memory" || d.name == "sqlite3/memory" {
			t.Skip("another connection is another database")
		}
		for _, before := range []bool{true, false} {
			at, opts := d.fresh(t)
			db, r := record(t, at)
			s := d.store(t, db, opts)
			r.lose = func(commit func() error, rollback func() error) error {
				if before {
					_ = rollback()
				} else if err := commit(); err != nil {
					return err
				}
				return errLost
			}
			cs := granting("c1", "admin", "ann")
			err := s.Commit(t.Context(), "acme", store.Head{}, cs)
			if !errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrTransient) {
				t.Fatalf("lost before it was done: %t: %v, want ErrUnknown", before, err)
			}
			r.lose = nil
			again := s.Commit(t.Context(), "acme", store.Head{}, cs)
			if before && again != nil || !before && !errors.Is(again, store.ErrConflict) {
				t.Errorf("lost before it was done: %t: sent again: %v", before, again)
			}
			if got := head(t, s, "acme"); got != (store.Head{Revision: 1, Commit: "c1"}) {
				t.Errorf("the head is %v", got)
			}
		}
	})
}
