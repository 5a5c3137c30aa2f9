package integration

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// TestReplay has a crowd change one tenant for long, and all of it judged
// again: each change was justified where it stands in the log, and the tables
// are what the log says.
func TestReplay(t *testing.T) {
	const crowd = 64
	on(t, oneEach(), func(t *testing.T, d database) {
		changes := size(500, 3000, 200_000)
		if d.dialect == sqlstore.SQLite {
			d.fresh = sqliteFile("sqlite", "?_pragma=journal_mode(wal)&_pragma=busy_timeout(1000)&_pragma=synchronous(normal)")
			changes = size(500, 6000, 1_000_000)
		}
		s, _, _ := d.migrated(t)
		a := authority(t, s, "acme")
		clerk := making("Clerk", "app.x")
		chief := making("Chief", "app.x", "app.y", rbac.RolesView, rbac.RolesEdit, rbac.RolesAssign, rbac.RolesUnassign)
		made := 1
		if _, err := a.Apply(t.Context(), host, rbac.Bootstrap("ann"), clerk, chief, giving("bob", chief.RoleID())); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		each := changes/crowd + 1
		var calls []func() error
		for w := range crowd {
			calls = append(calls, func() error {
				user, group := rbac.User(fmt.Sprint("u", w)), fmt.Sprint("g", w)
				own := making(fmt.Sprint("Role ", w), "app.y")
				ann, bob := rbac.As("ann"), rbac.As("bob")
				if _, err := a.Apply(t.Context(), ann, own); err != nil {
					return err
				}
				rounds := []struct {
					actor rbac.Actor
					op    rbac.Op
				}{
					{bob, rbac.Assign(rbac.NewAssignment{Subject: user, Role: clerk.RoleID()})},
					{ann, rbac.AddMember(group, user)},
					{bob, rbac.Grant(own.RoleID(), "app.x")},
					{ann, rbac.Assign(rbac.NewAssignment{Subject: rbac.Group(group), Role: own.RoleID()})},
					{ann, rbac.RemoveMember(group, user)},
					{bob, rbac.Revoke(own.RoleID(), "app.x")},
					{bob, rbac.Unassign(user, clerk.RoleID())},
					{bob, rbac.Unassign(rbac.Group(group), own.RoleID())},
				}
				for n := range each - 1 {
					r := rounds[n%len(rounds)]
					if receipt, err := a.Apply(t.Context(), r.actor, r.op); err != nil || !receipt.Changed {
						return fmt.Errorf("%v by %v: changed: %t, %w", r.op, r.actor, receipt.Changed, err)
					}
				}
				return nil
			})
		}
		for _, err := range together(calls...) {
			if err != nil {
				t.Fatal(err)
			}
		}
		made += each * crowd
		wrote := time.Since(start)
		start = time.Now()
		v, err := a.Verify(t.Context(), host)
		if err != nil || len(v.Problems) > 0 {
			t.Fatalf("Verify: %v %q", err, v.Problems)
		}
		if v.Entries != made || v.Judged != made {
			t.Errorf("%d changes were made, %d are in the log, %d were judged again", made, v.Entries, v.Judged)
		}
		t.Logf("%d changes in %v, judged again in %v", made, wrote.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	})
}
