package integration

import (
	"errors"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

// TestDamagedRole spoils a role by hand and wants it reported, kept from
// granting anything, and possible to replace.
func TestDamagedRole(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, at, opts := d.migrated(t)
		r := store.Role{ID: "r1", Name: "Clerk", Permissions: []string{"a.b"}, Version: 1}
		cs := commits("c1")
		cs[0].Roles = []store.Change[store.Role]{{After: &r}}
		if err := s.Commit(t.Context(), "acme", store.Head{}, cs); err != nil {
			t.Fatal(err)
		}
		for _, permissions := range []string{``, `{}`, `["a.b"`, `"a.b"`, `[1]`} {
			execute(t, at.DB, "UPDATE "+table(opts, "role")+" SET permissions = '"+permissions+"'")
			st, err := s.Load(t.Context(), "acme", store.Selection{Model: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(st.Roles) != 1 || st.Roles[0].ID != "r1" || !st.Roles[0].Damaged || len(st.Roles[0].Permissions) != 0 {
				t.Errorf("with permissions %s: %+v, want r1, damaged", permissions, st.Roles)
			}
		}
		old := store.Head{Revision: 1, Commit: "c1"}
		cs = commits("c2")
		cs[0].Roles = []store.Change[store.Role]{{Before: &r, After: &r}}
		if err := s.Commit(t.Context(), "acme", old, cs); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("replacing what is damaged, thinking it is not: %v, want ErrCorrupt", err)
		}
		cs[0].Roles = []store.Change[store.Role]{{Before: &store.Role{ID: "r1", Damaged: true}, After: &r}}
		if err := s.Commit(t.Context(), "acme", old, cs); err != nil {
			t.Errorf("replacing what is damaged: %v", err)
		}
	})
}

// TestChangeByHand edits rows as the package's documentation says.
func TestChangeByHand(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, at, opts := d.migrated(t)
		cs := granting("c1", "r1", "ann")
		cs[0].Roles = []store.Change[store.Role]{{After: &store.Role{ID: "r1", Permissions: []string{"a.b"}, Version: 1}}}
		if err := s.Commit(t.Context(), "acme", store.Head{}, cs); err != nil {
			t.Fatal(err)
		}
		execute(t, at.DB,
			"UPDATE "+table(opts, "tenant")+" SET revision = revision + 1, commit_id = '' WHERE id = 'acme'",
			"UPDATE "+table(opts, "role")+` SET permissions = '[ "a.b", "c.d" ]' WHERE tenant_id = 'acme' AND id = 'r1'`)
		if _, err := s.Log(t.Context(), "acme", store.LogQuery{After: store.Head{Revision: 1, Commit: "c1"}, Limit: 9}); !errors.Is(err, store.ErrCompacted) {
			t.Errorf("Log: %v, want ErrCompacted", err)
		}
		st, err := s.Load(t.Context(), "acme", store.Selection{Model: true})
		if want := (store.Head{Revision: 2}); err != nil || st.Head != want {
			t.Fatalf("Load: %v, %v, want %v", st.Head, err, want)
		}
		after := st.Roles[0]
		after.Version++
		cs = commits("c3")
		cs[0].Roles = []store.Change[store.Role]{{Before: &st.Roles[0], After: &after}}
		if err := s.Commit(t.Context(), "acme", st.Head, cs); err != nil {
			t.Errorf("a commit on it: %v", err)
		}
	})
}

// TestDamagedLog spoils an entry.
func TestDamagedLog(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, at, opts := d.migrated(t)
		if err := s.Commit(t.Context(), "acme", store.Head{}, commits("c1", "c2")); err != nil {
			t.Fatal(err)
		}
		execute(t, at.DB, "UPDATE "+table(opts, "log")+" SET changes = '{' WHERE revision = 2")
		if _, err := s.Log(t.Context(), "acme", store.LogQuery{Limit: 9}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("Log: %v, want ErrCorrupt", err)
		}
	})
}
