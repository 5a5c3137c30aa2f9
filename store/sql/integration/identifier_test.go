package integration

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac/store"
)

// hostile are identifiers that mean something to SQL, to drivers, or to JSON.
var hostile = []string{
	`'`, `''`, `"`, "`", `\`, `\'`, `'; DROP TABLE rbac_role; --`, `' OR '1'='1`, `$1`, `?`, `:id`, `@id`, `%s`, `%`, `_`,
	`/* */`, `--`, `#`, `{"a":1}`, `[]`, `null`, `NULL`, `0`, `1e5`, `0x41`, `<script>`, `&amp;`, "\u2028", "é", "e\u0301", "😀", "ﬁ", "İ", "ß",
	"Admin", "admin", "ADMIN", "ádmin",
}

func TestHostileIdentifiers(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		s, _, _ := d.migrated(t)
		for i, id := range hostile {
			subject := store.Subject{Kind: store.User, ID: id}
			r := store.Role{ID: id, Name: id, Description: id, Permissions: []string{id}, Metadata: map[string]string{id: id}, Version: 1, CreatedBy: id, SetBy: id}
			a := store.Assignment{Subject: subject, Role: id, GrantedBy: id, Reason: id}
			m := store.Membership{Group: id, Member: subject, AddedBy: id, Reason: id}
			c := store.Commit{
				Revision: 1, ID: "c", Actor: id, Entry: []byte(`{}`),
				Roles:       []store.Change[store.Role]{{After: &r}},
				Assignments: []store.Change[store.Assignment]{{After: &a}},
				Memberships: []store.Change[store.Membership]{{After: &m}},
			}
			if got := head(t, s, id); got != (store.Head{}) {
				t.Fatalf("%d: %q has a head before its time: %v", i, id, got)
			}
			if err := s.Commit(t.Context(), id, store.Head{}, []store.Commit{c}); err != nil {
				t.Fatalf("%q: %v", id, err)
			}
			st, err := s.Load(t.Context(), id, store.Selection{Model: true, Subjects: []store.Subject{subject}})
			if err != nil {
				t.Fatalf("%q: %v", id, err)
			}
			want := store.State{
				Head:  store.Head{Revision: 1, Commit: "c"},
				Roles: []store.Role{r}, Assignments: []store.Assignment{a}, Memberships: []store.Membership{m},
			}
			if diff := cmp.Diff(want, st); diff != "" {
				t.Errorf("%q (-want +got):\n%s", id, diff)
			}
			log, err := s.Log(t.Context(), id, store.LogQuery{Limit: 9})
			if diff := cmp.Diff([]store.Commit{c}, log); err != nil || diff != "" {
				t.Errorf("%q: %v (-want +got):\n%s", id, err, diff)
			}
			groups, err := s.Scan(t.Context(), id, store.Query{List: store.Groups, Limit: 9})
			if diff := cmp.Diff([]string{id}, groups.Groups); err != nil || diff != "" {
				t.Errorf("%q: %v (-want +got):\n%s", id, err, diff)
			}
		}
		if tenants, err := s.Tenants(t.Context(), "", 1000); err != nil || len(tenants) != len(hostile) {
			t.Errorf("%d tenants, %v, want %d", len(tenants), err, len(hostile))
		}
	})
}
