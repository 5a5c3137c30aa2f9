package integration

import (
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

// commits returns commits without changes.
func commits(ids ...string) []store.Commit {
	cs := make([]store.Commit, len(ids))
	for i, id := range ids {
		cs[i] = store.Commit{ID: id, Entry: []byte("{}"), Time: 1}
	}
	return cs
}

// granting returns a commit that gives users the role.
func granting(id, role string, users ...string) []store.Commit {
	cs := commits(id)
	for _, user := range users {
		cs[0].Assignments = append(cs[0].Assignments, store.Change[store.Assignment]{After: holds(user, role)})
	}
	return cs
}

// revoking returns a commit that takes the role from users.
func revoking(id, role string, users ...string) []store.Commit {
	cs := commits(id)
	for _, user := range users {
		cs[0].Assignments = append(cs[0].Assignments, store.Change[store.Assignment]{Before: holds(user, role)})
	}
	return cs
}

func holds(user, role string) *store.Assignment {
	return &store.Assignment{Subject: store.Subject{Kind: store.User, ID: user}, Role: role, GrantedAt: 1}
}

// head returns the tenant's head.
func head(t *testing.T, s store.Store, tenant string) store.Head {
	t.Helper()
	heads, err := s.Heads(t.Context(), []string{tenant})
	if err != nil {
		t.Fatal(err)
	}
	return heads[0]
}

// users returns who holds roles in acme.
func users(t *testing.T, s store.Store) []string {
	t.Helper()
	page, err := s.Scan(t.Context(), "acme", store.Query{List: store.Assignments, Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, a := range page.Assignments {
		ids = append(ids, a.Subject.ID)
	}
	return ids
}
