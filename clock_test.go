package rbac

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed80bc5f17/rbac/store/memory"
)

// A lease that has ended does not hold at any time.
func TestClock_Ended(t *testing.T) {
	t.Parallel()
	for _, at := range []moment{{}, {-5, -5}, {time.Now().UnixMicro(), 0}} {
		if ended.holds(at, 2_000_000) {
			t.Errorf("it holds at %+v", at)
		}
	}
}

// Over another store the time is the host's, too.
func TestClock_Over(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	a, err := New(memory.New(), cacheCatalog(t), &Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // over one that is over another
		a = a.Over(memory.New())
		if got := a.moment(); got.wall != now.UnixMicro() || !a.now().Equal(now) {
			t.Fatalf("%+v, want %d", got, now.UnixMicro())
		}
		now = now.Add(time.Hour)
	}
}

// By default the time is that of time.Now and of nothing else: in a bubble of
// package synctest checks and leases go by the bubble's.
func TestClock_Synctest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		c, err := NewCatalog(Section{Name: "Things", Permissions: []PermissionInfo{{ID: "things.view"}}})
		if err != nil {
			t.Fatal(err)
		}
		s := memory.New()
		here, err := New(s, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		there, err := New(s, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := there.Bootstrap(ctx, System("test"), "ann"); err != nil {
			t.Fatal(err)
		}
		role, err := there.CreateRole(ctx, As("ann"), NewRole{Name: "Viewer", Permissions: Set("things.view")})
		if err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(time.Hour)
		if _, err := there.Assign(ctx, As("ann"), NewAssignment{Subject: User("bob"), Role: role.Role.ID, Until: end}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := here.Check(ctx, As("bob"), "things.view"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Until(end) - time.Microsecond)
		if err := here.Check(ctx, As("bob"), "things.view"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Microsecond)
		if err := here.Check(ctx, As("bob"), "things.view"); !errors.Is(err, ErrDenied) {
			t.Fatalf("%v when the period is over", err)
		}
		if err := here.Check(ctx, As("ann"), "things.view"); err != nil {
			t.Fatal(err)
		}
		if _, err := there.Assign(ctx, As("ann"), NewAssignment{Subject: User("bob"), Role: role.Role.ID}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(defaultStaleness)
		if err := here.Check(ctx, As("bob"), "things.view"); err != nil {
			t.Fatalf("%v of what was given %v ago", err, defaultStaleness)
		}
	})
}
