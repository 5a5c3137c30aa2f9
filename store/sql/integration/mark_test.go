package integration

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac/store"
)

// TestDamagedRoleStaysDamaged writes a role that is marked as damaged, as who
// copies a tenant from another store does, and wants it back as it was.
func TestDamagedRoleStaysDamaged(t *testing.T) {
	on(t, oneEach(), func(t *testing.T, d database) {
		s, _, _ := d.migrated(t)
		last := store.Head{}
		for _, want := range []store.Role{
			{ID: "r1", Name: "A", Damaged: true},
			{ID: "r2", Name: "B", Damaged: true, Permissions: []string{}, Metadata: map[string]string{"k": "v"}},
			{ID: "r3", Name: "C", Damaged: true, Permissions: []string{"app.x"}, Metadata: map[string]string{}},
		} {
			cs := commits("c" + want.ID)
			cs[0].Roles = []store.Change[store.Role]{{After: &want}}
			if err := s.Commit(t.Context(), "acme", last, cs); err != nil {
				t.Fatal(err)
			}
			last = store.Head{Revision: last.Revision + 1, Commit: "c" + want.ID}
			st, err := s.Load(t.Context(), "acme", store.Selection{Model: true})
			if err != nil {
				t.Fatal(err)
			}
			got := st.Roles[len(st.Roles)-1]
			if len(want.Metadata) == 0 {
				got.Metadata, want.Metadata = nil, nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}
