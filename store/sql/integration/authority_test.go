package integration

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// size is how much of something a test does: with -short, usually, and with
// RBAC_LONG set.
func size(short, usual, long int) int {
	switch {
	case os.Getenv("RBAC_LONG") != "":
		return long
	case testing.Short():
		return short
	}
	return usual
}

var host = rbac.System("test")

// authority returns a new Authority on one tenant, as a process of its own
// would have it.
func authority(tb testing.TB, s store.Store, tenant string) *rbac.Authority {
	tb.Helper()
	a, err := newAuthority(s, tenant)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func newAuthority(s store.Store, tenant string) (*rbac.Authority, error) {
	return newAuthorityOf(s, tenant, rbac.Options{})
}

// newAuthorityAt takes a clock.
func newAuthorityAt(s store.Store, tenant string, now func() time.Time) (*rbac.Authority, error) {
	return newAuthorityOf(s, tenant, rbac.Options{Now: now})
}

// newAuthorityOf takes options.
func newAuthorityOf(s store.Store, tenant string, o rbac.Options) (*rbac.Authority, error) {
	c, err := rbac.NewCatalog(rbac.Section{Name: "App", Permissions: []rbac.PermissionInfo{{ID: "app.x"}, {ID: "app.y"}, {ID: "app.z"}}})
	if err != nil {
		return nil, err
	}
	o.MultiTenant = true
	a, err := rbac.New(s, c, &o)
	if err != nil {
		return nil, err
	}
	return a.Tenant(tenant), nil
}

// processes returns stores on the same tables, each with a pool of its own.
func (d database) processes(tb testing.TB, n int) []*sqlstore.Store {
	tb.Helper()
	_, at, opts := d.migrated(tb)
	all := make([]*sqlstore.Store, n)
	for i := range all {
		db := sql.OpenDB(connector(tb, at))
		tb.Cleanup(func() { db.Close() })
		s, err := sqlstore.New(db, d.dialect, opts)
		if err != nil {
			tb.Fatal(err)
		}
		all[i] = s
	}
	return all
}

// shared returns the ways to get at one database from several processes, one
// of each dialect.
func shared() []database { return oneEach() }

// together makes the calls at once and returns their errors.
func together(calls ...func() error) []error {
	errs := make([]error, len(calls))
	var group sync.WaitGroup
	start := make(chan struct{})
	for i, call := range calls {
		group.Go(func() {
			<-start
			errs[i] = call()
		})
	}
	close(start)
	group.Wait()
	return errs
}

// ledger is what was acknowledged of a tenant.
type ledger struct {
	mu     sync.Mutex
	tokens []rbac.Token
}

// apply makes a change and, if it is acknowledged, notes it.
func (l *ledger) apply(ctx context.Context, a *rbac.Authority, actor rbac.Actor, ops ...rbac.Op) (rbac.Receipt, error) {
	r, err := a.Apply(ctx, actor, ops...)
	if err == nil && r.Changed {
		l.note(r.Token)
	}
	return r, err
}

func (l *ledger) note(t rbac.Token) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = append(l.tokens, t)
}

// must makes a change that is not to be refused.
func (l *ledger) must(tb testing.TB, a *rbac.Authority, actor rbac.Actor, ops ...rbac.Op) rbac.Receipt {
	tb.Helper()
	r, err := l.apply(tb.Context(), a, actor, ops...)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// settle wants the log to be what was acknowledged, each exactly once, and the
// tables to be what the log says.
func (l *ledger) settle(tb testing.TB, a *rbac.Authority) {
	tb.Helper()
	justified(tb, a)
	logged := logged(tb, a)
	l.mu.Lock()
	defer l.mu.Unlock()
	acknowledged := slices.Sorted(slices.Values(l.tokens))
	slices.Sort(logged)
	if !slices.Equal(acknowledged, logged) {
		tb.Fatalf("%d changes were acknowledged and %d logged:\n%q\n%q", len(acknowledged), len(logged), acknowledged, logged)
	}
}

// justified wants a replay of the log to agree with the tables.
func justified(tb testing.TB, a *rbac.Authority) {
	tb.Helper()
	v, err := a.Verify(tb.Context(), host)
	if err != nil || len(v.Problems) > 0 {
		tb.Fatalf("Verify: %v %q", err, v.Problems)
	}
	if v.Judged != v.Entries {
		tb.Fatalf("Verify judged %d of %d entries", v.Judged, v.Entries)
	}
}

// logged returns the tokens of all changes in the log, newest first.
func logged(tb testing.TB, a *rbac.Authority) []rbac.Token {
	tb.Helper()
	var tokens []rbac.Token
	for event, err := range rbac.Each(func(q rbac.PageQuery) (rbac.Page[rbac.Event], error) {
		return a.History(tb.Context(), host, q)
	}) {
		if err != nil {
			tb.Fatal(err)
		}
		tokens = append(tokens, event.Token)
	}
	return tokens
}

// reason returns the rule that refused, or "".
func reason(err error) rbac.Reason {
	var denied *rbac.DeniedError
	if errors.As(err, &denied) {
		return denied.Reason
	}
	return ""
}

func owning(user string) rbac.Op { return giving(user, rbac.OwnerRole) }

func giving(user string, role rbac.RoleID) rbac.Op {
	return rbac.Assign(rbac.NewAssignment{Subject: rbac.User(user), Role: role})
}

func making(name string, permissions ...rbac.Permission) rbac.Op {
	return rbac.CreateRole(rbac.NewRole{Name: name, Permissions: rbac.Set(permissions...)})
}
