package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

var (
	ownContestant = contestant{
		name:  "rbac",
		about: "this library, Authority.Check, whose error is compared with nil; all tenants loaded before the first question",
		open:  openOwn(ownOptions{preload: true}),
	}
	ownCanContestant = contestant{
		name:  "rbac-can",
		about: "this library, Authority.Can, whose no is a false as with the peers; loaded likewise",
		open:  openOwn(ownOptions{preload: true, can: true}),
	}
	ownLazyContestant = contestant{
		name:  "rbac-lazy",
		about: "this library, Authority.Check; users are loaded when they are first asked about",
		open:  openOwn(ownOptions{}),
		lazy:  true,
	}
)

// options is the one place that sets what is special about this comparison;
// everything else is the default. Preloaded, tenants of any size are read as a
// whole; lazily, every user is read when first asked about, even where so few
// would be loaded together by default. The bound on the cache is raised so
// that a data set fits.
func (p *own) options() *rbac.Options {
	o := &rbac.Options{MultiTenant: p.multi, EagerLimit: 4_000_000, CacheBytes: 4 << 30}
	if !p.preload {
		o.EagerLimit = -1
	}
	return o
}

type ownOptions struct {
	preload bool
	can     bool // ask Can instead of Check
}

// own is this library over its store in memory, which stands for the database
// and is filled beforehand.
type own struct {
	ownOptions
	authority *rbac.Authority
	multi     bool
	owners    map[string]string // by tenant
	spares    map[string]string
}

func openOwn(o ownOptions) func(*data, *meter) (participant, error) {
	return func(d *data, m *meter) (participant, error) {
		p := &own{ownOptions: o, multi: len(d.tenants) > 1, owners: map[string]string{}, spares: map[string]string{}}
		s := memory.New()
		if err := m.filling(func() error { return fill(s, d) }); err != nil {
			return nil, err
		}
		for i := range d.tenants {
			t := &d.tenants[i]
			p.owners[t.id], p.spares[t.id] = t.owner, t.spare
		}
		return p, m.loading(func() error {
			catalog, err := ownCatalog(d)
			if err != nil {
				return err
			}
			if p.authority, err = rbac.New(s, catalog, p.options()); err != nil {
				return err
			}
			if err := p.authority.Start(context.Background()); err != nil {
				return err
			}
			if !p.preload {
				return nil
			}
			for i := range d.tenants {
				t := &d.tenants[i]
				if err := p.tenant(t.id).Check(context.Background(), rbac.As(t.owner), viewRoles); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func ownCatalog(d *data) (*rbac.Catalog, error) {
	section := rbac.Section{Name: "Application"}
	for _, p := range d.permissions {
		if !strings.HasPrefix(p, "rbac.") {
			section.Permissions = append(section.Permissions, rbac.PermissionInfo{ID: rbac.Permission(p)})
		}
	}
	return rbac.NewCatalog(section)
}

// perCommit bounds how many records a commit of fill writes.
const perCommit = 10_000

// fill writes the data as if people had made it, but without the rules: a
// database that is there when the program starts.
func fill(s store.Store, d *data) error {
	for i := range d.tenants {
		t := &d.tenants[i]
		w := filling{store: s, tenant: t.id}
		for _, r := range t.roles {
			w.commit.Roles = append(w.commit.Roles, store.Change[store.Role]{After: &store.Role{
				ID: r.id, Name: "Role " + r.id, Status: "active", Permissions: r.permissions, Version: 1, CreatedBy: t.owner, CreatedAt: 1, SetBy: t.owner, SetAt: 1,
			}})
			w.flush(perCommit)
		}
		w.assign(t, t.owner, string(rbac.OwnerRole))
		for _, u := range t.users {
			for _, r := range u.roles() {
				w.assign(t, u.id, t.roles[r].id)
			}
		}
		if w.flush(1); w.err != nil {
			return w.err
		}
	}
	return nil
}

// filling collects records and commits them, the next on top of the last.
type filling struct {
	store  store.Store
	tenant string
	head   store.Head
	commit store.Commit
	err    error
}

func (w *filling) assign(t *tenant, user, role string) {
	w.commit.Assignments = append(w.commit.Assignments, store.Change[store.Assignment]{After: &store.Assignment{
		Subject: store.Subject{Kind: store.User, ID: user}, Role: role, GrantedBy: t.owner, GrantedAt: 1,
	}})
	w.flush(perCommit)
}

// flush commits if there are at least so many records.
func (w *filling) flush(atLeast int) {
	if n := len(w.commit.Roles) + len(w.commit.Assignments); w.err != nil || n < atLeast {
		return
	}
	w.commit.ID, w.commit.Time, w.commit.Entry = fmt.Sprintf("fill-%d", w.head.Revision+1), 1, []byte("{}")
	w.err = w.store.Commit(context.Background(), w.tenant, w.head, []store.Commit{w.commit})
	w.head = store.Head{Revision: w.head.Revision + 1, Commit: w.commit.ID}
	w.commit = store.Commit{}
}

func (p *own) tenant(id string) *rbac.Authority {
	if p.multi {
		return p.authority.Tenant(id)
	}
	return p.authority
}

func (p *own) check(ctx context.Context, q *question) (bool, error) {
	a := p.authority
	if p.multi {
		a = a.Tenant(q.tenant)
	}
	if p.can {
		return a.Can(ctx, rbac.As(q.user), rbac.Permission(q.permission))
	}
	if a.Check(ctx, rbac.As(q.user), rbac.Permission(q.permission)) != nil {
		return false, nil // as a handler does that is to allow nothing in doubt; wrong answers are found out
	}
	return true, nil
}

func (p *own) ask(qs []question) (int, error) {
	ctx, n := context.Background(), 0
	for i := range qs {
		ok, err := p.check(ctx, &qs[i])
		if err != nil {
			return 0, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}

// covers asks for more than the peers answer: whether the user, as the actor,
// could give the role to somebody who has none, by all rules there are.
func (p *own) covers(q coverQuestion) (bool, error) {
	op := rbac.Assign(rbac.NewAssignment{Subject: rbac.User(p.spares[q.tenant]), Role: rbac.RoleID(q.role)})
	_, err := p.tenant(q.tenant).Preview(context.Background(), rbac.As(q.user), op)
	var denied *rbac.DeniedError
	if errors.As(err, &denied) && denied.Reason == rbac.ReasonCoverage {
		return false, nil
	}
	return err == nil, err
}

func (p *own) apply(tenant string, op rbac.Op) error {
	receipt, err := p.tenant(tenant).Apply(context.Background(), rbac.As(p.owners[tenant]), op)
	return changed(receipt.Changed, err)
}

func (p *own) assign(tenant, user, role string) error {
	return p.apply(tenant, rbac.Assign(rbac.NewAssignment{Subject: rbac.User(user), Role: rbac.RoleID(role)}))
}

func (p *own) unassign(tenant, user, role string) error {
	return p.apply(tenant, rbac.Unassign(rbac.User(user), rbac.RoleID(role)))
}

func (p *own) grant(tenant, role, permission string) error {
	return p.apply(tenant, rbac.Grant(rbac.RoleID(role), rbac.Permission(permission)))
}

func (p *own) revoke(tenant, role, permission string) error {
	return p.apply(tenant, rbac.Revoke(rbac.RoleID(role), rbac.Permission(permission)))
}

func (p *own) close() { p.authority.Close() }
