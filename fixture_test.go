package rbac_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// The host's permissions of the fixture, in the notation of the attack corpus.
const (
	fxA rbac.Permission = "app.a"
	fxB rbac.Permission = "app.b"
	fxC rbac.Permission = "app.c"
	fxQ rbac.Permission = "app.q"
	fxX rbac.Permission = "app.x"
	fxY rbac.Permission = "app.y"

	fxClose rbac.Permission = "app.close" // OwnerOnly
)

// fxEpoch is where the clock of a fixture stands.
var fxEpoch = time.Date(2030, time.January, 1, 12, 0, 0, 0, time.UTC)

// fxAdminPerms is every administrative permission.
var fxAdminPerms = []rbac.Permission{
	rbac.RolesView, rbac.RolesCreate, rbac.RolesEdit, rbac.RolesDelete,
	rbac.RolesAssign, rbac.RolesUnassign, rbac.GroupsEdit, rbac.AuditView,
}

func fxCatalog(t testing.TB, more ...rbac.PermissionInfo) *rbac.Catalog {
	t.Helper()
	infos := []rbac.PermissionInfo{{ID: fxA}, {ID: fxB}, {ID: fxC}, {ID: fxQ}, {ID: fxX}, {ID: fxY}, {ID: fxClose, OwnerOnly: true}}
	c, err := rbac.NewCatalog(rbac.Section{Name: "App", Permissions: append(infos, more...)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fxClock is a clock that moves when it is told to.
type fxClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *fxClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *fxClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func (c *fxClock) add(d time.Duration) { c.set(c.now().Add(d)) }

// fxWorld is a tenant with an Owner, olivia, and a clock that stands still.
type fxWorld struct {
	*rbac.Authority
	t      testing.TB
	ctx    context.Context
	store  *fxStore
	clock  *fxClock
	tenant string
	sys    rbac.Actor
	owner  rbac.Actor
	n      int
}

func fxNew(t testing.TB) *fxWorld {
	t.Helper()
	w := fxEmpty(t, nil)
	w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
	return w
}

// fxEmpty is a single tenant that nothing has been written to.
func fxEmpty(t testing.TB, o *rbac.Options) *fxWorld {
	t.Helper()
	if o == nil {
		o = &rbac.Options{}
	}
	w := &fxWorld{
		t: t, ctx: context.Background(), clock: &fxClock{t: fxEpoch}, tenant: "default",
		store: &fxStore{inner: memory.New(), t: t, calls: map[string]int{}},
		sys:   rbac.System("test"), owner: rbac.As("olivia"),
	}
	if o.Now == nil {
		o.Now = w.clock.now
	}
	a, err := rbac.New(w.store, fxCatalog(t), o)
	if err != nil {
		t.Fatal(err)
	}
	w.Authority = a
	return w
}

// fxTwo is two tenants of one Authority, each with an Owner olivia.
func fxTwo(t testing.TB) (one, two *fxWorld) {
	t.Helper()
	base := fxEmpty(t, &rbac.Options{MultiTenant: true})
	bind := func(tenant string) *fxWorld {
		w := *base
		w.Authority, w.tenant = base.Tenant(tenant), tenant
		w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
		return &w
	}
	return bind("one"), bind("two")
}

func (w *fxWorld) must(r rbac.Receipt, err error) rbac.Receipt {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("unexpected refusal: %v (%#v)", err, err)
	}
	return r
}

// role makes a role, as the host itself.
func (w *fxWorld) role(perms ...rbac.Permission) rbac.RoleID {
	w.t.Helper()
	w.n++
	return w.named(fmt.Sprintf("Role %d", w.n), perms...)
}

func (w *fxWorld) named(name string, perms ...rbac.Permission) rbac.RoleID {
	w.t.Helper()
	return w.must(w.CreateRole(w.ctx, w.sys, rbac.NewRole{Name: name, Permissions: rbac.Set(perms...)})).Role.ID
}

// give assigns roles for good, as the host itself.
func (w *fxWorld) give(s rbac.Subject, roles ...rbac.RoleID) {
	w.t.Helper()
	for _, id := range roles {
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: s, Role: id}))
	}
}

// user gives a user one role with rbac.roles.view and the given permissions.
func (w *fxWorld) user(name string, perms ...rbac.Permission) rbac.Actor {
	w.t.Helper()
	return w.bare(name, append(slices.Clone(perms), rbac.RolesView)...)
}

// bare is user without rbac.roles.view.
func (w *fxWorld) bare(name string, perms ...rbac.Permission) rbac.Actor {
	w.t.Helper()
	w.give(rbac.User(name), w.role(perms...))
	return rbac.As(name)
}

// join makes the members belong to a group, as the host itself.
func (w *fxWorld) join(group string, members ...rbac.Subject) {
	w.t.Helper()
	for _, m := range members {
		w.must(w.AddMember(w.ctx, w.sys, group, m))
	}
}

// move changes the status of a role, as the host itself.
func (w *fxWorld) move(id rbac.RoleID, s rbac.Status) {
	w.t.Helper()
	w.must(w.EditRole(w.ctx, w.sys, rbac.RoleEdit{ID: id, Version: w.version(id), Status: &s}))
}

func (w *fxWorld) get(id rbac.RoleID) rbac.Role {
	w.t.Helper()
	r, err := w.Role(w.ctx, w.sys, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *fxWorld) version(id rbac.RoleID) uint64 {
	w.t.Helper()
	return w.get(id).Version
}

// roleOf returns the one role that a user holds directly.
func (w *fxWorld) roleOf(user string) rbac.RoleID {
	w.t.Helper()
	page, err := w.Assignments(w.ctx, w.sys, rbac.User(user), rbac.PageQuery{})
	if err != nil || len(page.Items) != 1 {
		w.t.Fatalf("%s does not hold one role: %v %v", user, page.Items, err)
	}
	return page.Items[0].Role
}

func (w *fxWorld) can(user string, p rbac.Permission) bool {
	w.t.Helper()
	ok, err := w.Fresh().Can(w.ctx, rbac.As(user), p)
	if err != nil {
		w.t.Fatal(err)
	}
	return ok
}

// raw writes past the rules, as a hand at the database would.
func (w *fxWorld) raw(c store.Commit) {
	w.t.Helper()
	st, err := w.store.inner.Load(w.ctx, w.tenant, store.Selection{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.n++
	c.ID, c.Time, c.Entry = fmt.Sprintf("raw%d", w.n), max(st.Time, w.clock.now().UnixMicro()), []byte("{}")
	if err := w.store.inner.Commit(w.ctx, w.tenant, st.Head, []store.Commit{c}); err != nil {
		w.t.Fatal(err)
	}
}

// rawRole changes a stored role past the rules.
func (w *fxWorld) rawRole(id rbac.RoleID, change func(*store.Role)) {
	w.t.Helper()
	st, err := w.store.inner.Load(w.ctx, w.tenant, store.Selection{Model: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range st.Roles {
		if old := st.Roles[i]; old.ID == string(id) {
			next := old
			next.Version++
			next.Metadata, next.Permissions = maps.Clone(old.Metadata), slices.Clone(old.Permissions)
			change(&next)
			w.raw(store.Commit{Roles: []store.Change[store.Role]{{Before: &old, After: &next}}})
			return
		}
	}
	w.t.Fatalf("no role %s", id)
}

// op shorthands that tables use.
func fxAssign(s rbac.Subject, id rbac.RoleID) rbac.Op {
	return rbac.Assign(rbac.NewAssignment{Subject: s, Role: id})
}

func fxCreate(name string, perms ...rbac.Permission) rbac.Op {
	return rbac.CreateRole(rbac.NewRole{Name: name, Permissions: rbac.Set(perms...)})
}

func (w *fxWorld) edit(id rbac.RoleID, change func(*rbac.RoleEdit)) rbac.Op {
	w.t.Helper()
	e := rbac.RoleEdit{ID: id, Version: max(w.version(id), 1)}
	change(&e)
	return rbac.EditRole(e)
}

func (w *fxWorld) rename(id rbac.RoleID, name string) rbac.Op {
	w.t.Helper()
	return w.edit(id, func(e *rbac.RoleEdit) { e.Name = &name })
}

func (w *fxWorld) status(id rbac.RoleID, s rbac.Status) rbac.Op {
	w.t.Helper()
	return w.edit(id, func(e *rbac.RoleEdit) { e.Status = &s })
}

func (w *fxWorld) set(id rbac.RoleID, perms ...rbac.Permission) rbac.Op {
	w.t.Helper()
	s := rbac.Set(perms...)
	return w.edit(id, func(e *rbac.RoleEdit) { e.Permissions = &s })
}

func (w *fxWorld) delete(id rbac.RoleID) rbac.Op {
	w.t.Helper()
	return rbac.DeleteRole(rbac.RoleDeletion{ID: id, Version: max(w.version(id), 1)})
}

func (w *fxWorld) reassign(id, heir rbac.RoleID) rbac.Op {
	w.t.Helper()
	return rbac.DeleteRole(rbac.RoleDeletion{ID: id, Version: max(w.version(id), 1), Reassign: heir})
}
