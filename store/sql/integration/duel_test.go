package integration

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

// TestDuel has two admins take the role from each other at the same moment,
// each having seen that both hold it. One must come too late, every time.
func TestDuel(t *testing.T) {
	rounds := size(5, 30, 1500)
	on(t, databases, func(t *testing.T, d database) {
		s, _, _ := d.migrated(t)
		for round := range rounds {
			tenant := fmt.Sprint("acme-", round)
			if err := s.Commit(t.Context(), tenant, store.Head{}, granting("c1", "admin", "ann", "bob")); err != nil {
				t.Fatal(err)
			}
			var group sync.WaitGroup
			start := make(chan struct{})
			errs := make([]error, 2)
			for i, victim := range []string{"ann", "bob"} {
				group.Go(func() {
					<-start
					errs[i] = demote(t, s, tenant, victim)
				})
			}
			close(start)
			group.Wait()
			page, err := s.Scan(t.Context(), tenant, store.Query{List: store.Assignments, Limit: 9})
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Assignments) != 1 || (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("round %d: %d admins are left; %v; %v", round, len(page.Assignments), errs[0], errs[1])
			}
		}
	})
}

var errLastAdmin = errors.New("the last admin stays")

// demote decides on what it reads, and writes on condition that it is still so.
func demote(t *testing.T, s store.Store, tenant, victim string) error {
	for {
		st, err := s.Load(t.Context(), tenant, store.Selection{AllUpTo: 10})
		if errors.Is(err, store.ErrTransient) {
			continue
		}
		if err != nil {
			return err
		}
		if len(st.Assignments) < 2 {
			return errLastAdmin
		}
		err = s.Commit(t.Context(), tenant, st.Head, revoking("by-"+victim, "admin", victim))
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrTransient) {
			return err
		}
	}
}
