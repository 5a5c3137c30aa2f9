package rbac

import (
	"context"
	"errors"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// nowhere is a store whose pages are empty and say that there is more.
type nowhere struct{ store.Store }

func (s nowhere) Scan(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
	page, err := s.Store.Scan(ctx, tenant, q)
	page.Assignments, page.Memberships, page.Groups, page.More = nil, nil, nil, !q.Count
	return page, err
}

// S23: a list that a store cuts short is a failure to find out, never a shorter
// list, and nothing is decided on it.
func TestS23_APageThatLeadsNowhere(t *testing.T) {
	t.Parallel()
	db := memory.New()
	sound, _ := raceTenant(t, db, "acme")
	ctx, olivia := t.Context(), As("olivia")
	roles := mustApply(t, sound, olivia, CreateRole(NewRole{Name: "Old", Permissions: Set("x")}), CreateRole(NewRole{Name: "New", Permissions: Set("x")})).Roles
	mustApply(t, sound, olivia, Assign(NewAssignment{Subject: User("u"), Role: roles[0].ID}), AddMember("g", User("u")))
	a := sound.Over(nowhere{db})
	before, err := db.Heads(ctx, []string{"acme"})
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func() error{
		"Holders": func() error { _, err := a.Holders(ctx, olivia, roles[0].ID, PageQuery{}); return err },
		"Members": func() error { _, err := a.Members(ctx, olivia, "g", PageQuery{}); return err },
		"Groups":  func() error { _, err := a.Groups(ctx, olivia, PageQuery{}); return err },
		"WhoCan":  func() error { _, err := a.WhoCan(ctx, olivia, "x", PageQuery{}); return err },
		"Doctor":  func() error { _, err := a.Doctor(ctx, System("test")); return err },
		"DeleteRole": func() error {
			_, err := a.DeleteRole(ctx, olivia, RoleDeletion{ID: roles[0].ID, Version: 1, Reassign: roles[1].ID})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, ErrUnavailable) || !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	after, err := db.Heads(ctx, []string{"acme"})
	if err != nil || after[0] != before[0] {
		t.Errorf("something was written: %v", err)
	}
}
