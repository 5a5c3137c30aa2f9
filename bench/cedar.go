package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
)

var (
	cedarContestant = contestant{
		name:  "cedar",
		about: "a policy for each role, users are entities whose parents are roles; a policy set for each tenant",
		open:  openCedar(false),
	}
	cedarGraphContestant = contestant{
		name:  "cedar-graph",
		about: "one policy, permissions are entities that roles are children of; a policy set for each tenant",
		open:  openCedar(true),
	}
)

// cedarPeer puts a lock around cedar-go, which leaves to its user how policies
// and entities are changed.
type cedarPeer struct {
	graph   bool
	tenants map[string]*cedarTenant
	only    *cedarTenant
}

type cedarTenant struct {
	mu       sync.RWMutex
	policies *cedar.PolicySet
	entities cedar.EntityMap
	roles    map[string][]string // the source of the roles' policies
}

const cedarGraphPolicy = `permit(principal, action == Action::"use", resource) when { principal in resource };`

var (
	cedarUse      = cedar.NewEntityUID("Action", "use")
	cedarResource = cedar.NewEntityUID("Tenant", "this")
)

func cedarID(kind cedar.EntityType, id string) cedar.EntityUID {
	return cedar.NewEntityUID(kind, cedar.String(id))
}

func openCedar(graph bool) func(*data, *meter) (participant, error) {
	return func(d *data, m *meter) (participant, error) {
		p := &cedarPeer{graph: graph, tenants: map[string]*cedarTenant{}}
		return p, m.loading(func() error {
			for i := range d.tenants {
				t, err := p.newTenant(&d.tenants[i])
				if err != nil {
					return err
				}
				p.tenants[d.tenants[i].id] = t
				if len(d.tenants) == 1 {
					p.only = t
				}
			}
			return nil
		})
	}
}

func (p *cedarPeer) newTenant(t *tenant) (*cedarTenant, error) {
	c := &cedarTenant{policies: cedar.NewPolicySet(), entities: cedar.EntityMap{}, roles: map[string][]string{}}
	if p.graph {
		var policy cedar.Policy
		if err := policy.UnmarshalCedar([]byte(cedarGraphPolicy)); err != nil {
			return nil, err
		}
		c.policies.Add("rbac", &policy)
	}
	for _, r := range t.roles {
		if err := p.put(c, r.id, r.permissions); err != nil {
			return nil, err
		}
	}
	for _, u := range t.users {
		var parents []cedar.EntityUID
		for _, r := range u.roles() {
			parents = append(parents, cedarID("Role", t.roles[r].id))
		}
		c.parents(cedarID("User", u.id), parents...)
	}
	return c, nil
}

// put gives a role its permissions.
func (p *cedarPeer) put(c *cedarTenant, role string, permissions []string) error {
	c.roles[role] = permissions
	if p.graph {
		var parents []cedar.EntityUID
		for _, permission := range permissions {
			parents = append(parents, cedarID("Permission", permission))
		}
		c.parents(cedarID("Role", role), parents...)
		return nil
	}
	var actions []string
	for _, permission := range permissions {
		actions = append(actions, fmt.Sprintf("Action::%q", permission))
	}
	var policy cedar.Policy
	text := fmt.Sprintf("permit(principal in Role::%q, action in [%s], resource);", role, strings.Join(actions, ", "))
	if err := policy.UnmarshalCedar([]byte(text)); err != nil {
		return err
	}
	c.policies.Add(cedar.PolicyID(role), &policy)
	return nil
}

func (c *cedarTenant) parents(id cedar.EntityUID, parents ...cedar.EntityUID) {
	c.entities[id] = types.Entity{UID: id, Parents: cedar.NewEntityUIDSet(parents...)}
}

func (p *cedarPeer) tenant(id string) *cedarTenant {
	if p.only != nil {
		return p.only
	}
	return p.tenants[id]
}

func (p *cedarPeer) check(c *cedarTenant, user, permission string) (bool, error) {
	request := cedar.Request{Principal: cedarID("User", user), Action: cedarID("Action", permission), Resource: cedarResource}
	if p.graph {
		request.Action, request.Resource = cedarUse, cedarID("Permission", permission)
	}
	decision, diagnostic := cedar.Authorize(c.policies, c.entities, request)
	if len(diagnostic.Errors) > 0 {
		return false, fmt.Errorf("cedar: %s", diagnostic.Errors[0])
	}
	return decision == cedar.Allow, nil
}

func (p *cedarPeer) ask(qs []question) (int, error) {
	n := 0
	for i := range qs {
		c := p.tenant(qs[i].tenant)
		c.mu.RLock()
		ok, err := p.check(c, qs[i].user, qs[i].permission)
		c.mu.RUnlock()
		if err != nil {
			return 0, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}

func (p *cedarPeer) covers(q coverQuestion) (bool, error) {
	c := p.tenant(q.tenant)
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, permission := range c.roles[q.role] {
		if ok, err := p.check(c, q.user, permission); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (p *cedarPeer) assign(tenant, user, role string) error {
	c := p.tenant(tenant)
	c.mu.Lock()
	defer c.mu.Unlock()
	id := cedarID("User", user)
	c.parents(id, append(slices.Collect(c.entities[id].Parents.All()), cedarID("Role", role))...)
	return nil
}

func (p *cedarPeer) unassign(tenant, user, role string) error {
	c := p.tenant(tenant)
	c.mu.Lock()
	defer c.mu.Unlock()
	id, taken := cedarID("User", user), cedarID("Role", role)
	c.parents(id, slices.DeleteFunc(slices.Collect(c.entities[id].Parents.All()), func(u cedar.EntityUID) bool { return u == taken })...)
	return nil
}

func (p *cedarPeer) grant(tenant, role, permission string) error {
	c := p.tenant(tenant)
	c.mu.Lock()
	defer c.mu.Unlock()
	return p.put(c, role, append(slices.Clone(c.roles[role]), permission))
}

func (p *cedarPeer) revoke(tenant, role, permission string) error {
	c := p.tenant(tenant)
	c.mu.Lock()
	defer c.mu.Unlock()
	return p.put(c, role, slices.DeleteFunc(slices.Clone(c.roles[role]), func(s string) bool { return s == permission }))
}

func (p *cedarPeer) close() {}
