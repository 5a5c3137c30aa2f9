package main

import (
	"fmt"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"
	"github.com/casbin/casbin/v3/persist"
)

var (
	casbinContestant = contestant{
		name:   "casbin",
		about:  "Enforcer, the RBAC model of its documentation; tenants are domains of one enforcer",
		open:   openCasbin(casbinOptions{domains: true}, func(p ...any) (casbin.IEnforcer, error) { return casbin.NewEnforcer(p...) }),
		unsafe: true,
	}
	casbinTunedContestant = contestant{
		name:  "casbin-tuned",
		about: "SyncedEnforcer, the cheap condition first in the matcher, an enforcer for each tenant",
		open:  openCasbin(casbinOptions{cheapFirst: true}, newSynced),
	}
	casbinRolesContestant = contestant{
		name:  "casbin-roles",
		about: "no Enforce: SyncedEnforcer as a data structure, GetRolesForUser and HasPolicy for each",
		open:  openCasbin(casbinOptions{cheapFirst: true, byHand: true}, newSynced),
	}
	casbinCachedContestant = contestant{
		name:   "casbin-cached",
		about:  "CachedEnforcer, tuned as above",
		open:   openCasbin(casbinOptions{cheapFirst: true}, func(p ...any) (casbin.IEnforcer, error) { return casbin.NewCachedEnforcer(p...) }),
		unsafe: true,
	}
	casbinSyncedCachedContestant = contestant{
		name:  "casbin-synced-cached",
		about: "SyncedCachedEnforcer, tuned as above",
		open: openCasbin(casbinOptions{cheapFirst: true}, func(p ...any) (casbin.IEnforcer, error) {
			return casbin.NewSyncedCachedEnforcer(p...)
		}),
	}
)

func newSynced(p ...any) (casbin.IEnforcer, error) { return casbin.NewSyncedEnforcer(p...) }

type casbinOptions struct {
	domains    bool // several tenants share an enforcer
	cheapFirst bool // the order of the matcher
	byHand     bool // look into the role manager and the policy instead of Enforce
}

// casbinModel is the RBAC model of Casbin's documentation, with one field for
// the permission instead of an object and an action: less to compare.
func (o casbinOptions) model() (model.Model, error) {
	domain, same, g := "", "", "g(r.sub, p.sub)"
	if o.domains {
		domain, same, g = "dom, ", "r.dom == p.dom && ", "g(r.sub, p.sub, r.dom)"
	}
	matcher := g + " && " + same + "r.perm == p.perm"
	if o.cheapFirst {
		matcher = same + "r.perm == p.perm && " + g
	}
	roles := "_, _"
	if o.domains {
		roles = "_, _, _"
	}
	return model.NewModelFromString(fmt.Sprintf(`
[request_definition]
r = sub, %[1]sperm
[policy_definition]
p = sub, %[1]sperm
[role_definition]
g = %[2]s
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = %[3]s
`, domain, roles, matcher))
}

type casbinPeer struct {
	casbinOptions
	shards map[string]casbin.IEnforcer // by tenant; all the same one with domains
	only   casbin.IEnforcer            // if there is one enforcer
}

func openCasbin(o casbinOptions, make func(...any) (casbin.IEnforcer, error)) func(*data, *meter) (participant, error) {
	return func(d *data, m *meter) (participant, error) {
		p := &casbinPeer{casbinOptions: o, shards: map[string]casbin.IEnforcer{}}
		p.domains = o.domains && len(d.tenants) > 1
		return p, m.loading(func() error {
			if p.domains || len(d.tenants) == 1 {
				return p.shard(d.tenants, make)
			}
			for i := range d.tenants {
				if err := p.shard(d.tenants[i:i+1], make); err != nil {
					return err
				}
			}
			p.only = nil
			return nil
		})
	}
}

// shard makes one enforcer for some tenants.
func (p *casbinPeer) shard(tenants []tenant, make func(...any) (casbin.IEnforcer, error)) error {
	m, err := p.model()
	if err != nil {
		return err
	}
	e, err := make(m, &casbinAdapter{tenants: tenants, domains: p.domains})
	if err != nil {
		return err
	}
	e.EnableAutoSave(false)
	for i := range tenants {
		p.shards[tenants[i].id] = e
	}
	p.only = e
	return nil
}

// casbinAdapter hands out the generated data as a database adapter would hand
// out its rows.
type casbinAdapter struct {
	persist.Adapter // nil: nothing is saved
	tenants         []tenant
	domains         bool
}

func (a *casbinAdapter) LoadPolicy(m model.Model) error {
	for i := range a.tenants {
		t := &a.tenants[i]
		for _, r := range t.roles {
			for _, permission := range r.permissions {
				rule := []string{"p", r.id, permission}
				if a.domains {
					rule = []string{"p", r.id, t.id, permission}
				}
				if err := persist.LoadPolicyArray(rule, m); err != nil {
					return err
				}
			}
		}
		for _, u := range t.users {
			for _, r := range u.roles() {
				rule := []string{"g", u.id, t.roles[r].id}
				if a.domains {
					rule = append(rule, t.id)
				}
				if err := persist.LoadPolicyArray(rule, m); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *casbinPeer) shardOf(tenant string) casbin.IEnforcer {
	if p.only != nil {
		return p.only
	}
	return p.shards[tenant]
}

func (p *casbinPeer) check(q *question) (bool, error) {
	e := p.shardOf(q.tenant)
	switch {
	case p.byHand:
		roles, err := e.GetRolesForUser(q.user)
		if err != nil {
			return false, err
		}
		for _, r := range roles {
			if ok, err := e.HasPolicy([]string{r, q.permission}); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	case p.domains:
		return e.Enforce(q.user, q.tenant, q.permission)
	default:
		return e.Enforce(q.user, q.permission)
	}
}

func (p *casbinPeer) ask(qs []question) (int, error) {
	n := 0
	for i := range qs {
		ok, err := p.check(&qs[i])
		if err != nil {
			return 0, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}

// domain is the domain argument of the RBAC API, if there are domains.
func (p *casbinPeer) domain(tenant string) []string {
	if p.domains {
		return []string{tenant}
	}
	return nil
}

func (p *casbinPeer) rule(tenant, role, permission string) []string {
	if p.domains {
		return []string{role, tenant, permission}
	}
	return []string{role, permission}
}

func (p *casbinPeer) covers(q coverQuestion) (bool, error) {
	rules, err := p.shardOf(q.tenant).GetPermissionsForUser(q.role, p.domain(q.tenant)...)
	if err != nil {
		return false, err
	}
	for _, rule := range rules {
		ok, err := p.check(&question{tenant: q.tenant, user: q.user, permission: rule[len(rule)-1]})
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (p *casbinPeer) assign(tenant, user, role string) error {
	return changed(p.shardOf(tenant).AddRoleForUser(user, role, p.domain(tenant)...))
}

func (p *casbinPeer) unassign(tenant, user, role string) error {
	return changed(p.shardOf(tenant).DeleteRoleForUser(user, role, p.domain(tenant)...))
}

func (p *casbinPeer) grant(tenant, role, permission string) error {
	return changed(p.shardOf(tenant).AddPolicy(p.rule(tenant, role, permission)))
}

func (p *casbinPeer) revoke(tenant, role, permission string) error {
	return changed(p.shardOf(tenant).RemovePolicy(p.rule(tenant, role, permission)))
}

func changed(ok bool, err error) error {
	if err == nil && !ok {
		return fmt.Errorf("the change changed nothing")
	}
	return err
}

func (p *casbinPeer) close() {}
