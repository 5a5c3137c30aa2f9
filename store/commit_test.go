package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac/store"
)

// everything is a commit in which no field is zero.
func everything() store.Commit {
	r := store.Role{
		ID: "role_1", Name: "Näme <b>", Description: "two\nlines", Status: "suspended", Permissions: []string{"a", "b.c"},
		Metadata: map[string]string{"k": "v", "": "&"}, Version: 1<<63 + 1, CreatedBy: "olivia", CreatedAt: 1<<53 + 1,
		SetBy: "paul", SetAt: -1, Damaged: true,
	}
	a := store.Assignment{
		Subject: store.Subject{Kind: store.Group, ID: "eng"}, Role: "role_1", From: 1, Until: 1<<63 - 1,
		GrantedBy: "olivia", GrantedAt: 2, Reason: "because \u2028",
	}
	m := store.Membership{Group: "all", Member: a.Subject, AddedBy: "olivia", AddedAt: 3, Reason: "joined"}
	bare := store.Role{ID: "role_2"}
	return store.Commit{
		Revision: 7, ID: "k7Qw", Time: 1_780_000_000_000_000, Actor: "olivia", Entry: []byte(`{"op":"create"}`), Erase: true,
		Roles:       []store.Change[store.Role]{{Before: &bare, After: &r}, {After: &bare}, {Before: &r}},
		Assignments: []store.Change[store.Assignment]{{After: &a}},
		Memberships: []store.Change[store.Membership]{{Before: &m}},
	}
}

// TestCommitJSON wants every commit back from its JSON, however that is
// written.
func TestCommitJSON(t *testing.T) {
	t.Parallel()
	full := everything()
	tests := []struct {
		name   string
		commit store.Commit
		text   string // part of the JSON
	}{
		{"every field", full, `"entry":{"op":"create"},"erase":true,"roles":[{"before":{"id":"role_2"`},
		{"no field", store.Commit{}, `{"id":"","time":0}`},
	}
	for i, entry := range []struct{ entry, text string }{
		{`{}`, `"entry":{}`},
		{`{"a":{"b":[1,2.50,"\u003c"]}}`, `"entry":{"a":{"b":[1,2.50,"\u003c"]}}`},
		{`{"s":"é😀\ud83d"}`, `"entry":{"s":"é😀\ud83d"}`},
		{`{ "a" : 1 }`, `"entry":"ey`},
		{"{}\n", `"entry":"e30K"`},
		{`{"s":"<b>"}`, `"entry":"ey`},
		{"{\"s\":\"\u2028\"}", `"entry":"ey`},
		{"{\"s\":\"\xff\"}", `"entry":"ey`},
		{`{`, `"entry":"ew=="`},
		{`"text"`, `"entry":"In`},
		{`null`, `"entry":"bnVsbA=="`},
		{`[]`, `"entry":"W10="`},
	} {
		tests = append(tests, struct {
			name   string
			commit store.Commit
			text   string
		}{fmt.Sprintf("entry %d", i), store.Commit{ID: "c", Entry: []byte(entry.entry)}, entry.text})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(tt.commit)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), tt.text) {
				t.Errorf("it is %s, without %s", text, tt.text)
			}
			var plain bytes.Buffer
			e := json.NewEncoder(&plain)
			e.SetEscapeHTML(false)
			if err := e.Encode(tt.commit); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{string(text), plain.String()} {
				var got store.Commit
				if err := json.Unmarshal([]byte(text), &got); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				if diff := cmp.Diff(tt.commit, got); diff != "" {
					t.Errorf("from %s (-want +got):\n%s", text, diff)
				}
			}
		})
	}
	for _, text := range []string{``, `[]`, `{"revision":-1}`, `{"entry":"?"}`} {
		if err := json.Unmarshal([]byte(text), new(store.Commit)); err == nil {
			t.Errorf("%s is taken for a commit", text)
		}
	}
}
