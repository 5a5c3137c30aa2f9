package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// TestLoadOneSubjectOften asks for so many copies of one subject that they do
// not fit into one list.
func TestLoadOneSubjectOften(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, _, _ := d.migrated(t)
		if err := s.Commit(t.Context(), "acme", store.Head{}, granting("c1", "admin", "ann")); err != nil {
			t.Fatal(err)
		}
		ann := store.Subject{Kind: store.User, ID: "ann"}
		st, err := s.Load(t.Context(), "acme", store.Selection{Subjects: slices.Repeat([]store.Subject{ann}, 1001)})
		if err != nil || len(st.Assignments) != 1 {
			t.Errorf("Load: %d assignments, %v, want 1", len(st.Assignments), err)
		}
	})
}

// TestLoadAmidCommits lets the tenant change before every statement of a Load
// that takes several. It must not be put off for ever.
func TestLoadAmidCommits(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		if d.dialect == sqlstore.SQLite && !strings.HasSuffix(d.name, "/wal") {
			t.Skip("readers and writers wait for each other")
		}
		writer, at, opts := d.migrated(t)
		db, r := record(t, at)
		s := d.store(t, db, opts)
		head(t, s, "acme")
		var last store.Head
		r.step = func() {
			id := fmt.Sprint("c", last.Revision+1)
			if err := writer.Commit(t.Context(), "acme", last, granting(id, "role-"+id, "ann")); err != nil {
				t.Error(err)
			}
			last = store.Head{Revision: last.Revision + 1, Commit: id}
		}
		for range 5 {
			st, err := s.Load(t.Context(), "acme", store.Selection{Model: true, AllUpTo: 1000})
			if err != nil {
				t.Fatal(err)
			}
			if len(st.Assignments) != int(st.Head.Revision) {
				t.Errorf("at revision %d there are %d assignments", st.Head.Revision, len(st.Assignments))
			}
		}
	})
}
