package rbac

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed80bc5f17/rbac/internal/naming"
	"github.com/seed80bc5f17/rbac/store"
)

// Options configures [New]. The zero value works.
type Options struct {
	// MultiTenant makes every call need a tenant, by [Authority.Tenant]; the
	// Authority that New returns refuses them, so that a forgotten tenant
	// cannot act in the wrong place. Default: false, one tenant, "default".
	MultiTenant bool

	// Prebuilt are roles given by the host's code: more of them, or Admin and
	// User with other permissions. User must be a subset of Admin. Default:
	// Admin has every permission that is not OwnerOnly, User has none.
	Prebuilt []Prebuilt

	// Audit is called after every change and, with Event.Refused set, after
	// every refusal of one: in the caller's goroutine, or another one if the
	// caller has given up, and with no lock held. It may call the Authority.
	// Default: nil, no call.
	Audit func(context.Context, Event)

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Authority makes, changes and hands out roles under the rules, and answers
// who may do what. It is safe for concurrent use.
//
// Every change goes through [Authority.Apply]; the other methods that change
// something are faces of it. Methods return a *[DeniedError] when the rules
// say no, an *[InvalidError] when the request is malformed, and an error that
// matches [ErrUnavailable], [ErrStale], [ErrOutcomeUnknown] or [ErrClock] when
// there is no answer.
type Authority struct {
	*engine
	tenant string // "" = not bound
	least  store.Head
}

// engine is what the Authorities of all tenants share.
type engine struct {
	store  store.Store
	rules  *ruleset
	now    func() time.Time
	audit  func(context.Context, Event)
	models models
	queues queues
	multi  bool
}

const defaultTenant = "default"

// New returns the Authority over a store. It does no I/O. The error is an
// [InvalidError] about the options.
func New(s store.Store, c *Catalog, o *Options) (*Authority, error) {
	if s == nil {
		return nil, &InvalidError{"store", "is nil"}
	}
	if c == nil {
		return nil, &InvalidError{"catalog", "is nil"}
	}
	if o == nil {
		o = &Options{}
	}
	rules, err := newRuleset(c, o.Prebuilt)
	if err != nil {
		return nil, err
	}
	e := &engine{store: s, rules: rules, now: o.Now, audit: o.Audit, multi: o.MultiTenant}
	if e.now == nil {
		e.now = time.Now
	}
	a := &Authority{engine: e}
	if !o.MultiTenant {
		a.tenant = defaultTenant
	}
	return a, nil
}

// Catalog returns the catalogue given to New.
func (a *Authority) Catalog() *Catalog { return a.rules.catalog }

// Tenant returns the Authority of one tenant: cheap, and sharing everything.
// The id, 1–128 bytes, comes from the host's trusted context, never from the
// request. What is wrong with it is reported by each call: an id that is
// malformed, an Authority that is bound already, or one that is not
// MultiTenant.
func (a *Authority) Tenant(id string) *Authority {
	b := *a
	b.tenant = id
	if !a.multi || a.tenant != "" || id == "" {
		b.tenant = badTenant
	}
	return &b
}

// badTenant is refused by every call: it is no identifier.
const badTenant = "\x00"

// AtLeast returns an Authority that answers with the state of the token or a
// later one, or with [ErrStale]: read your own write through another instance.
// A token that is garbage or another tenant's is an [InvalidError] of each
// call.
func (a *Authority) AtLeast(t Token) *Authority {
	b := *a
	tenant, head, err := t.parse()
	switch {
	case err != nil || tenant != a.tenant:
		b.least = store.Head{Commit: badTenant}
	case head.Revision > a.least.Revision:
		b.least = head
	}
	return &b
}

// ready refuses a call on an Authority that is not bound to a proper tenant.
func (a *Authority) ready(ctx context.Context) error {
	switch {
	case a.tenant == "":
		return &InvalidError{"tenant", "is not given: call Tenant first"}
	case a.tenant == badTenant:
		return &InvalidError{"tenant", "cannot be bound: empty, bound twice, or Options.MultiTenant is not set"}
	case a.least.Commit == badTenant:
		return &InvalidError{"token", "is not a token of this tenant"}
	}
	if problem := naming.Identifier(a.tenant, naming.MaxTenant); problem != "" {
		return &InvalidError{"tenant", problem}
	}
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable wraps a failure of the store or the end of the context.
func unavailable(err error) error {
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrStale) || errors.Is(err, ErrConflict) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Receipt tells what a change came to.
type Receipt struct {
	Token    Token  `json:"token"`         // names the state after the change, for AtLeast
	Revision uint64 `json:"revision"`      // of the tenant
	Changed  bool   `json:"changed"`       // false: it was so already, and nothing was written
	Role     Role   `json:"role,omitzero"` // the role of the last operation about one, as it now stands; zero if gone
	Roles    []Role `json:"roles"`         // the same for each operation, in order
}

// CreateRole makes a role that is not beyond its maker (S3). The maker does
// not hold it.
func (a *Authority) CreateRole(ctx context.Context, actor Actor, r NewRole) (Receipt, error) {
	return a.Apply(ctx, actor, CreateRole(r))
}

// EditRole changes a role that is strictly below the actor (S4–S6, S11). A
// stale version is a [DeniedError] that matches [ErrConflict].
func (a *Authority) EditRole(ctx context.Context, actor Actor, e RoleEdit) (Receipt, error) {
	return a.Apply(ctx, actor, EditRole(e))
}

// DeleteRole deletes a role that nobody holds, or reassigns its holders (S12,
// S13). A role in use is a [DeniedError] that matches [ErrInUse].
func (a *Authority) DeleteRole(ctx context.Context, actor Actor, d RoleDeletion) (Receipt, error) {
	return a.Apply(ctx, actor, DeleteRole(d))
}

// Grant adds permissions to a role (S4). It needs no version.
func (a *Authority) Grant(ctx context.Context, actor Actor, role RoleID, permissions ...Permission) (Receipt, error) {
	return a.Apply(ctx, actor, Grant(role, permissions...))
}

// Revoke takes permissions from a role (S4). It needs no version.
func (a *Authority) Revoke(ctx context.Context, actor Actor, role RoleID, permissions ...Permission) (Receipt, error) {
	return a.Apply(ctx, actor, Revoke(role, permissions...))
}

// Assign gives a role to a user or a group (S7, S9). Assigning what is there
// already, for the same period, succeeds and writes nothing.
func (a *Authority) Assign(ctx context.Context, actor Actor, n NewAssignment) (Receipt, error) {
	return a.Apply(ctx, actor, Assign(n))
}

// Unassign takes a role from a user or a group (S8). Users may always resign
// their own. Taking what is not there succeeds and writes nothing.
func (a *Authority) Unassign(ctx context.Context, actor Actor, s Subject, role RoleID) (Receipt, error) {
	return a.Apply(ctx, actor, Unassign(s, role))
}

// AddMember puts a user or a group into a group, which exists as soon as
// something names it (S10).
func (a *Authority) AddMember(ctx context.Context, actor Actor, group string, member Subject) (Receipt, error) {
	return a.Apply(ctx, actor, AddMember(group, member))
}

// RemoveMember takes a user or a group out of a group (S10). Users may always
// leave.
func (a *Authority) RemoveMember(ctx context.Context, actor Actor, group string, member Subject) (Receipt, error) {
	return a.Apply(ctx, actor, RemoveMember(group, member))
}

// Offboard takes everything from a subject: the roles it holds directly and
// its memberships in groups.
func (a *Authority) Offboard(ctx context.Context, actor Actor, s Subject) (Receipt, error) {
	return a.Apply(ctx, actor, Offboard(s))
}

// Bootstrap makes a user the first Owner. For the same user again it succeeds
// and writes nothing; for another one it is a [DeniedError] that matches
// [ErrConflict]. The actor must be [System].
func (a *Authority) Bootstrap(ctx context.Context, actor Actor, user string) (Receipt, error) {
	return a.Apply(ctx, actor, Bootstrap(user))
}

// Sweep deletes expired assignments. The actor must be [System].
func (a *Authority) Sweep(ctx context.Context, actor Actor) (Receipt, error) {
	return a.Apply(ctx, actor, Sweep())
}

// EraseTenant deletes everything of the tenant, its history included; what
// remains is one entry saying so. The actor must be [System].
func (a *Authority) EraseTenant(ctx context.Context, actor Actor) (Receipt, error) {
	return a.Apply(ctx, actor, EraseTenant())
}
