package rbactest

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// Fixture is an Authority with the roles and users of a [Policy], for one
// test. It is safe for concurrent use.
type Fixture struct {
	Authority *rbac.Authority

	t      testing.TB
	roles  map[string]rbac.RoleID
	users  []string
	groups []string
}

// New returns a fixture over a store in memory of its own. The options are as
// for rbac.New, nil for none; with rbac.Options.MultiTenant, call rbac.New and
// then [Populate] for each tenant. What the library refuses ends the test.
func New(t testing.TB, c *rbac.Catalog, o *rbac.Options, p Policy) *Fixture {
	t.Helper()
	if o != nil && o.MultiTenant {
		t.Fatalf("rbactest: New makes one tenant; with Options.MultiTenant use rbac.New, and Populate(t, authority.Tenant(…), policy)")
	}
	a, err := rbac.New(memory.New(), c, o)
	if err != nil {
		t.Fatalf("rbactest: %v", err)
	}
	return Populate(t, a, p)
}

// Populate writes a policy into a tenant that the test has made, on behalf of
// rbac.System. The tenant may have roles and users already; the policy can
// name its roles. What the library refuses ends the test.
func Populate(t testing.TB, a *rbac.Authority, p Policy) *Fixture {
	t.Helper()
	roles, err := p.write(context.Background(), a)
	if err != nil {
		t.Fatalf("rbactest: the policy cannot be written: %v", err)
	}
	users, groups := p.people()
	return &Fixture{Authority: a, t: t, roles: roles, users: users, groups: groups}
}

// Actor returns the actor for a user of the policy. Another name, which is
// probably misspelt, ends the test; a stranger is rbac.As.
func (f *Fixture) Actor(user string) rbac.Actor {
	f.t.Helper()
	if _, found := slices.BinarySearch(f.users, user); !found {
		f.t.Fatalf("rbactest: no user %q in the policy, which has %q", user, f.users)
	}
	return rbac.As(user)
}

// Role returns the id of the role that had the name when the fixture was made.
// Another name ends the test.
func (f *Fixture) Role(name string) rbac.RoleID {
	f.t.Helper()
	id, ok := f.roles[name]
	if !ok {
		f.t.Fatalf("rbactest: no role %q, only %q", name, slices.Sorted(maps.Keys(f.roles)))
	}
	return id
}

// Users returns the users that the policy names, sorted.
func (f *Fixture) Users() []string { return slices.Clone(f.users) }
