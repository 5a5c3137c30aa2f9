package integration

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// TestOneConnection makes every kind of change, and asks everything there is to
// ask, on a pool of one connection: alone, many at once, and in transactions of
// the host's. What took a second connection would wait for ever.
func TestOneConnection(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		db, opts := d.single(t)
		s := d.store(t, db, opts)

		// Alone, and under the lock as well.
		for i := range attempts() {
			c := attempts()[i]
			tenant := fmt.Sprint("alone-", i)
			var l ledger
			if c.found != nil {
				l.must(t, authorityAt(t, s, tenant, founded), host, c.found...)
			}
			counted := &counting{Store: s}
			if c.races {
				// The one connection is taken when the lock is had, so that
				// the other process must have been there before.
				counted.ahead = func() {
					counted.ahead = nil
					l.must(t, authorityAt(t, s, tenant, changed), host, making("Ahead"))
				}
			}
			a := authorityAt(t, counted, tenant, changed)
			l.must(t, a, c.actor, c.ops...)
			if c.name != "erase" {
				l.settle(t, a)
			}
		}

		// In a host's transaction, kept and not.
		for i := range attempts() {
			for _, keep := range []bool{false, true} {
				c := attempts()[i]
				if c.races {
					continue
				}
				tenant := fmt.Sprintf("hosted-%d-%t", i, keep)
				outside := authorityAt(t, s, tenant, changed)
				var l ledger
				if c.found != nil {
					l.must(t, authorityAt(t, s, tenant, founded), host, c.found...)
				}
				tx, err := db.Begin()
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback() // should this test fail
				inside := authorityAt(t, s.WithTx(tx), tenant, changed)
				r, err := inside.Apply(t.Context(), c.actor, c.ops...)
				if err != nil || !r.Changed {
					t.Fatalf("%s, in a transaction: %v", c.name, err)
				}
				askAll(t, inside, true)
				if keep {
					err = tx.Commit()
					l.note(r.Token)
				} else {
					err = tx.Rollback()
				}
				if err != nil {
					t.Fatal(err)
				}
				if c.name != "erase" {
					l.settle(t, outside)
				}
			}
		}

		// Many at once.
		a := authority(t, s, "busy")
		var l ledger
		l.must(t, a, host, rbac.Bootstrap("ann"))
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				other := authority(t, s, "busy")
				for j := range 5 {
					if _, err := l.apply(t.Context(), other, rbac.As("ann"), making(fmt.Sprintf("Role %d %d", i, j))); err != nil {
						t.Errorf("a change among others: %v", err)
					}
					if err := other.Check(t.Context(), rbac.As("ann"), "app.x"); err != nil {
						t.Errorf("a check among others: %v", err)
					}
				}
			})
		}
		group.Wait()
		l.settle(t, a)
		askAll(t, a, false)
		used(t, s)
	})
}

// askAll asks everything that reads.
func askAll(t *testing.T, a *rbac.Authority, inTx bool) {
	t.Helper()
	ctx, page := t.Context(), rbac.PageQuery{}
	errs := map[string]error{}
	_, errs["can"] = a.Can(ctx, rbac.As("ann"), "app.x")
	_, errs["resolve"] = a.Resolve(ctx, rbac.As("ann"))
	_, errs["permissions"] = a.Permissions(ctx, host, "ann")
	_, errs["who can"] = a.WhoCan(ctx, host, "app.x", page)
	errs["check over"] = a.CheckOver(ctx, host, "ann")
	_, errs["explain"] = a.Explain(ctx, host, rbac.User("ann"), "app.x")
	_, errs["history"] = a.History(ctx, host, page)
	_, errs["role"] = a.Role(ctx, host, rbac.AdminRole)
	_, errs["roles"] = a.Roles(ctx, host, page)
	_, errs["holders"] = a.Holders(ctx, host, rbac.OwnerRole, page)
	_, errs["assignments"] = a.Assignments(ctx, host, rbac.User("ann"), page)
	_, errs["memberships"] = a.Memberships(ctx, host, rbac.User("ann"), page)
	_, errs["groups"] = a.Groups(ctx, host, page)
	_, errs["members"] = a.Members(ctx, host, "g", page)
	_, errs["preview"] = a.Preview(ctx, host, making("Preview"))
	_, errs["review"] = a.Review(ctx, host, rbac.ReviewQuery{})
	_, errs["view"] = a.RoleView(ctx, host, rbac.AdminRole)
	_, errs["new view"] = a.NewRoleView(ctx, host)
	_, errs["assignable"] = a.AssignableRoles(ctx, host, rbac.User("ann"), page)
	_, errs["verify"] = a.Verify(ctx, host)
	_, errs["doctor"] = a.Doctor(ctx, host)
	for name, err := range errs {
		if err != nil && reason(err) == "" {
			t.Errorf("%s, in a transaction %t: %v", name, inTx, err)
		}
	}
}

// used calls what an Authority does not, or not often; hand uses the pool, too.
func used(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	ctx := context.Background()
	if _, err := s.Tenants(ctx, "", 10); err != nil {
		t.Errorf("Tenants: %v", err)
	}
	n, err := s.Compact(ctx, "busy", 1<<62, func([]store.Commit) error {
		_, err := s.Heads(ctx, []string{"busy"})
		return err
	})
	if err != nil || n != 40 {
		t.Errorf("Compact = %d, %v, want 40", n, err)
	}
	err = s.Exclusive(ctx, "busy", func(locked store.Store) error {
		h := head(t, locked, "busy")
		return locked.Commit(ctx, "busy", h, commits("last"))
	})
	if err != nil {
		t.Errorf("Exclusive: %v", err)
	}
}
