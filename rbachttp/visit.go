package rbachttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/seed80bc5f17/rbac"
)

// visit is what is known of one request: who makes it, found out at most once,
// and whether anything was checked. It is safe for concurrent use.
type visit struct {
	guard   *Guard
	outer   *visit        // of another guard around this one
	request *http.Request // as it came to the guard
	checked atomic.Bool

	identifying sync.Once
	authority   *rbac.Authority // bound to the tenant and the token
	actor       rbac.Actor
	unknown     error

	resolving  sync.Once
	principal  rbac.Principal
	unresolved error
}

type visitKey struct{}

var (
	errSignedOut = error(&rbac.DeniedError{Op: "check", Reason: rbac.ReasonActor}) // as of the zero Actor
	errSystem    = errors.New("rbachttp: the host's function returned a System actor for a request")
	errPanicked  = errors.New("rbachttp: finding out who makes the request ended in a panic")
	errUnguarded = errors.New("rbachttp: the context is not one of a request that a guard has seen")
)

// enter returns the visit of a request, and the request with the visit in its
// context.
func (g *Guard) enter(r *http.Request) (*visit, *http.Request) {
	outer := visitFrom(r.Context())
	if outer != nil && outer.guard == g {
		return outer, r
	}
	v := &visit{guard: g, outer: outer, request: r}
	return v, r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// WithIdentity returns a request like r that the guard takes for one made by
// id, without calling the host's function: for unit tests of single handlers,
// templates and anything else that asks [Can], [Check] or [PrincipalFrom],
//
//	r := guard.WithIdentity(httptest.NewRequest("GET", "/", nil), rbachttp.Identity{Actor: rbac.As("carl")})
//
// and for hosts whose own middleware has authenticated r by then. Like what
// that function returns, id must never be something that a client could choose.
func (g *Guard) WithIdentity(r *http.Request, id Identity) *http.Request {
	v := &visit{guard: g, outer: visitFrom(r.Context()), request: r}
	v.identifying.Do(func() { v.unknown = v.accept(id, nil) })
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

func visitFrom(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// check notes that something was checked, for every MustCheck around it.
func (v *visit) check() {
	for ; v != nil; v = v.outer {
		if !v.checked.Load() {
			v.checked.Store(true)
		}
	}
}

// known returns nil once the user is known: actor and authority may be used.
func (v *visit) known() error {
	v.identifying.Do(v.identify)
	return v.unknown
}

func (v *visit) identify() {
	v.unknown = errPanicked // stands if the host's function panics
	id, err := v.guard.identify(v.request)
	v.unknown = v.accept(id, err)
}

func (v *visit) accept(id Identity, err error) error {
	switch {
	case err != nil && statusOf(err) == http.StatusInternalServerError:
		return fmt.Errorf("%w: who makes the request: %w", rbac.ErrUnavailable, err)
	case err != nil:
		return err
	case id.Actor.IsSystem():
		return errSystem
	case id.Actor.UserID() == "":
		return errSignedOut
	}
	v.actor, v.authority = id.Actor, v.guard.authority
	if id.Tenant != "" {
		v.authority = v.authority.Tenant(id.Tenant)
	}
	switch tokens := v.request.Header[v.guard.options.TokenHeader]; {
	case v.guard.options.TokenHeader == "" || len(tokens) == 0:
	case len(tokens) > 1:
		return &rbac.InvalidError{Field: "token", Problem: "is given twice"}
	default:
		v.authority = v.authority.AtLeast(rbac.Token(tokens[0]))
	}
	return nil
}

// resolved returns nil once the Principal is known.
func (v *visit) resolved() error {
	if err := v.known(); err != nil {
		return err
	}
	v.resolving.Do(v.resolve)
	return v.unresolved
}

func (v *visit) resolve() {
	v.unresolved = errPanicked
	v.principal, v.unresolved = v.authority.Resolve(v.request.Context(), v.actor)
}

// interrupted returns an error if the context has ended.
func interrupted(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", rbac.ErrUnavailable, err)
	}
	return nil
}
