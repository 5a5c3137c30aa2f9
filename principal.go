package rbac

import (
	"context"

	"github.com/seed80bc5f17/rbac/store"
)

// Principal is what a user may do, as of one state: for one request, not to be
// kept. It is immutable and safe for concurrent use. The zero Principal may do
// nothing.
type Principal struct{ of *principal }

type principal struct {
	bits    []uint64 // of rights
	catalog *Catalog
	owner   bool

	actor  Actor
	tenant string
	head   store.Head

	observer func(Observation) // nil: nobody listens
}

func (p *principal) has(i uint16) bool { return p.bits[i/64]>>(i%64)&1 != 0 }

// said tells who listens what p answered.
func (p *principal) said(permission Permission, allowed bool) {
	p.observer(Observation{Event: ObservedCheck, Tenant: p.tenant, Actor: p.actor.user, Permission: permission, Hit: true, Allowed: allowed})
}

// Resolve returns the Principal of the actor, a user: everything that Check
// would say, as of one state. Call it once per request and ask the result.
func (a *Authority) Resolve(ctx context.Context, actor Actor) (Principal, error) {
	var found finding
	var x *rights
	var err error
	if actor.terms == nil {
		found.snap, x = a.quick(ctx, actor.user)
		found.hit = true
	}
	if x == nil {
		found, x, err = a.rightsOf(ctx, actor)
	}
	if a.observer != nil {
		a.observe(Observation{Event: ObservedCheck, Tenant: a.tenant, Actor: actor.String(), Hit: found.hit, Err: trouble(err)})
	}
	if err != nil {
		return Principal{}, err
	}
	return Principal{&principal{
		bits: x.bits, catalog: a.rules.catalog, owner: x.owner,
		actor: actor, tenant: a.tenant, head: found.snap.head, observer: a.observer,
	}}, nil
}

// Can reports whether p's user has the permission. One that is not in the
// catalogue nobody has.
func (p Principal) Can(permission Permission) bool {
	if p.of == nil {
		return false
	}
	i, known := p.of.catalog.number(permission)
	ok := known && p.of.has(i)
	if p.of.observer != nil {
		p.of.said(permission, ok)
	}
	return ok
}

// Holds is Can for a permission that was looked up beforehand.
func (p Principal) Holds(h Handle) bool {
	if p.of == nil || h.catalog == nil {
		return false
	}
	if p.of.catalog != h.catalog {
		return p.Can(h.permission)
	}
	ok := p.of.has(h.number)
	if p.of.observer != nil {
		p.of.said(h.permission, ok)
	}
	return ok
}

// Permissions returns everything that p's user may do.
func (p Principal) Permissions() PermissionSet {
	if p.of == nil {
		return Set()
	}
	var names []Permission
	for i, name := range p.of.catalog.numbered {
		if p.of.has(uint16(i)) {
			names = append(names, name)
		}
	}
	return Set(names...)
}

// IsOwner reports whether p's user is an Owner.
func (p Principal) IsOwner() bool { return p.of != nil && p.of.owner }

// Actor returns the actor that was resolved.
func (p Principal) Actor() Actor {
	if p.of == nil {
		return Actor{}
	}
	return p.of.actor
}

// Token names the state that p is as of; it is "" for the zero Principal.
func (p Principal) Token() Token {
	if p.of == nil {
		return ""
	}
	return newToken(p.of.tenant, p.of.head)
}

// Handle is a permission looked up in a catalogue once, for a route that asks
// about it in every request. The zero Handle nobody holds.
type Handle struct {
	catalog    *Catalog
	number     uint16
	permission Permission
}

// Handle looks a permission up. It is an [InvalidError] if it is not in the
// catalogue.
func (c *Catalog) Handle(p Permission) (Handle, error) {
	i, ok := c.number(p)
	if !ok {
		return Handle{}, c.unknown(p)
	}
	return Handle{c, i, p}, nil
}

// Permission returns the permission's name.
func (h Handle) Permission() Permission { return h.permission }
