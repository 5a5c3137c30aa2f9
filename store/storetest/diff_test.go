package storetest

import (
	"bytes"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

// TestDiff sees that what diff leaves out never hides a difference.
func TestDiff(t *testing.T) {
	t.Parallel()
	entry := func(n int) []store.Commit { return []store.Commit{{}, {Entry: bytes.Repeat([]byte("x"), n)}, {}} }
	groups := func(ids ...string) store.Page { return store.Page{Groups: ids} }
	r := role("r")
	r.Metadata = map[string]string{}
	tests := []struct {
		name      string
		want, got any
		same      bool
	}{
		{"equal", entry(300), entry(300), true},
		{"nil and empty page", store.Page{}, groups(), true},
		{"nil and empty metadata", store.State{Roles: []store.Role{role("r")}}, store.State{Roles: []store.Role{r}}, true},
		{"a row more", groups("a", "b"), groups("a", "b", "b"), false},
		{"a row less", groups("a", "b"), groups("b"), false},
		{"another order", groups("a", "b", "c"), groups("a", "c", "b"), false},
		{"another flag", store.Page{More: true}, store.Page{}, false},
		{"another head", []store.Head{{Revision: 1}}, []store.Head{{Revision: 2}}, false},
		{"another change", []store.Commit{insert(r)}, []store.Commit{remove(r)}, false},
		{"another erasure", []store.Commit{erase()}, []store.Commit{{}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if d := diff(tt.want, tt.got); (d == "") != tt.same {
				t.Errorf("diff = %q, want the same: %t", d, tt.same)
			}
		})
	}
	for n := range 250 {
		if diff(entry(n), entry(n+1)) == "" || diff(entry(n+30), entry(n)) == "" {
			t.Errorf("entries that differ from byte %d on are the same", n)
		}
	}
}
