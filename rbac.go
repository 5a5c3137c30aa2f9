package rbac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
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

	// MaxStaleness is how far a Check may be behind a change that another
	// process has made (S26). The shorter, the more often the store is asked
	// whether there is something new. Default: 2 s.
	MaxStaleness time.Duration

	// EagerLimit is up to how many assignments and memberships a tenant is
	// loaded as a whole. Of a larger one users are read one by one, when they
	// are first asked about. Negative: of every tenant. Default: 4,096.
	EagerLimit int

	// CacheBytes bounds what the tenants and users kept for checks take in
	// memory. Default: 256 MiB.
	CacheBytes int64

	// Observe is told what happens inside: checks, loads, polls, evictions,
	// conflicts. It is called where it happens, at times with many calls at
	// once, and must be quick and not call the Authority. Default: nil.
	Observe func(Observation)

	// Audit is called after every change and, with Event.Refused set, after
	// every refusal of one: in the caller's goroutine, or another one if the
	// caller has given up, and with no lock held. It may call the Authority.
	// Default: nil, no call.
	Audit func(context.Context, Event)

	// Now is the clock. A check reads it once; one that is coarser than
	// time.Now makes checks cheaper, and lets them be later by as much as it
	// lags. Without a monotonic reading in its times nothing tells that it was
	// set back by less than it has moved since. Default: time.Now, of which
	// most checks, where that is cheaper, read the wall clock alone, while a
	// timer watches the monotonic one. Give time.Now to have both read by each,
	// and for an Authority that is used in a bubble of package synctest without
	// having been made there.
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
	cell   *cell  // nil: the tenant is no proper one
	want   *want  // nil: the ordinary terms
}

// engine is what the Authorities of all tenants share.
type engine struct {
	store store.Store
	rules *ruleset
	*clock
	audit  func(context.Context, Event)
	queues queues
	multi  bool

	observer  func(Observation)
	single    *cell // of the one tenant, unless multi
	cells     cells
	cache     cache
	eager     int   // Selection.AllUpTo
	maxStale  int64 // µs
	refresher refresher
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
	e := &engine{store: s, rules: rules, audit: o.Audit, observer: o.Observe, multi: o.MultiTenant}
	if err := e.bound(o); err != nil {
		return nil, err
	}
	return e.top(), nil
}

// The defaults of what is kept for checks.
const (
	defaultStaleness = 2 * time.Second
	defaultEager     = 4_096
	defaultCache     = 256 << 20
)

// bound takes over the limits.
func (e *engine) bound(o *Options) error {
	switch {
	case o.MaxStaleness < 0 || o.MaxStaleness > 0 && o.MaxStaleness < time.Millisecond:
		return &InvalidError{"max_staleness", "is less than a millisecond"}
	case o.CacheBytes < 0:
		return &InvalidError{"cache_bytes", "is negative"}
	}
	e.maxStale = cmp.Or(o.MaxStaleness, defaultStaleness).Microseconds()
	e.eager = max(cmp.Or(o.EagerLimit, defaultEager), 0)
	e.cache.limit = cmp.Or(o.CacheBytes, defaultCache)
	e.clock = newClock(o.Now, cmp.Or(o.MaxStaleness, defaultStaleness))
	return nil
}

// top is the Authority that New returns.
func (e *engine) top() *Authority {
	if e.multi {
		return &Authority{engine: e}
	}
	e.single = newCell(e, defaultTenant)
	return &e.single.bound
}

// Catalog returns the catalogue given to New.
func (a *Authority) Catalog() *Catalog { return a.rules.catalog }

// Tenant returns the Authority of one tenant: cheap, and sharing everything.
// The id, 1–128 bytes, comes from the host's trusted context, never from the
// request. What is wrong with it is reported by each call: an id that is
// malformed, an Authority that is bound already, or one that is not
// MultiTenant.
func (a *Authority) Tenant(id string) *Authority {
	if a.multi && a.tenant == "" && a.want == nil {
		if c := a.cells.known(id); c != nil {
			return &c.bound
		}
	}
	b := *a
	b.tenant, b.cell = id, nil
	if !a.multi || a.tenant != "" || id == "" {
		b.tenant = badTenant
	} else if naming.Identifier(id, naming.MaxTenant) == "" {
		b.cell = a.cells.of(a.engine, strings.Clone(id))
	}
	return &b
}

// badTenant is refused by every call: it is no identifier.
const badTenant = "\x00"

// AtLeast returns an Authority that answers with the state of the token or a
// later one, or with [ErrStale]: read your own write through another instance.
// A state that this process does not have yet costs one question to the store.
// A token that is garbage or another tenant's is an [InvalidError] of each
// call.
func (a *Authority) AtLeast(t Token) *Authority {
	return a.wanting(func(w *want) {
		tenant, head, err := t.parse()
		switch {
		case err != nil || tenant != a.tenant:
			w.bad = true
		case head.Revision > w.least.Revision:
			w.least = head
		}
	})
}

// Fresh returns an Authority whose checks ask the store each time whether
// there is something new: they see every change that was made, anywhere,
// before the call began. Everything but Check, Can and Resolve does so anyway.
func (a *Authority) Fresh() *Authority {
	return a.wanting(func(w *want) { w.fresh = true })
}

// ServeStale returns an Authority whose checks, while the store cannot be
// reached, are answered with the last known state as long as that is younger
// than limit, instead of [ErrStale]. A revocation can then take as long as
// limit to be honoured: for what does little harm, never for administration.
// Nothing but Check, Can and Resolve is affected.
func (a *Authority) ServeStale(limit time.Duration) *Authority {
	return a.wanting(func(w *want) { w.stale = limit })
}

// wanting returns a copy of a with other terms.
func (a *Authority) wanting(change func(*want)) *Authority {
	b, w := *a, want{}
	if a.want != nil {
		w = *a.want
	}
	change(&w)
	b.want = &w
	return &b
}

// Published tells this process that a transaction of the host's own has been
// committed that a change with the given token was part of (package sqlstore,
// WithTx): its checks see the change at once, instead of within MaxStaleness.
// A token that is garbage or another tenant's is an [InvalidError].
func (a *Authority) Published(t Token) error {
	tenant, head, err := t.parse()
	if err != nil || a.cell == nil || tenant != a.tenant {
		return &InvalidError{"token", "is not a token of this tenant"}
	}
	a.cell.mu.Lock()
	defer a.cell.mu.Unlock()
	if s := a.cell.snap.Load(); s == nil || s.head != head {
		a.cell.expire()
	}
	return nil
}

// Over returns an Authority with the same rules and options over another
// store, of which it keeps its own snapshots: one bound to a transaction of
// the host's, above all.
func (a *Authority) Over(s store.Store) *Authority {
	e := &engine{
		store: s, rules: a.rules, clock: a.clock, audit: a.audit, observer: a.observer, multi: a.multi,
		eager: a.eager, maxStale: a.maxStale,
	}
	e.cache.limit = a.cache.limit
	b := e.top()
	if a.multi && a.tenant != "" {
		b = b.Tenant(a.tenant)
	}
	return b
}

// ready refuses a call on an Authority that is not bound to a proper tenant.
func (a *Authority) ready(ctx context.Context) error {
	switch {
	case a.tenant == "":
		return &InvalidError{"tenant", "is not given: call Tenant first"}
	case a.tenant == badTenant:
		return &InvalidError{"tenant", "cannot be bound: empty, bound twice, or Options.MultiTenant is not set"}
	case a.want != nil && a.want.bad:
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
