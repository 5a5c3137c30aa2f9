package integration

import (
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
	"github.com/seed80bc5f17/rbac/store/storetest"
)

// stepping is a store in which other calls come in between the statements of
// one.
type stepping struct {
	*sqlstore.Store
	recorder *recorder
}

var _ storetest.Yielder = stepping{}

// Yield implements storetest.Yielder.
func (s stepping) Yield(f func()) { s.recorder.step = f }

// TestStoreInSteps proves that nothing is torn and nothing decided on stale
// data where two calls interleave. On SQLite a writer waits in its lane before
// it begins, so that no other may be let in there, and without WAL for readers.
func TestStoreInSteps(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		if d.dialect == sqlstore.SQLite && !strings.HasSuffix(d.name, "/wal") {
			t.Skip("readers and writers wait for each other")
		}
		storetest.Run(t, func(tb testing.TB) store.Store {
			at, opts := d.fresh(tb)
			db, r := record(tb, at)
			r.steppedBegin = d.dialect != sqlstore.SQLite
			return stepping{d.store(tb, db, opts), r}
		})
	})
}

// TestStore proves the contract of package store on every database.
func TestStore(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		storetest.Run(t, func(tb testing.TB) store.Store {
			s, _, _ := d.migrated(tb)
			return s
		})
	})
}
