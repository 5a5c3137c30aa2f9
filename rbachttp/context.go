package rbachttp

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed80bc5f17/rbac"
)

// PrincipalFrom returns what the user of a request may do, and true; or the
// zero Principal, which may do nothing, and false if nobody has signed in, it
// could not be found out, or no guard has seen the request. The Principal
// is as of one state, for this request only.
func PrincipalFrom(ctx context.Context) (rbac.Principal, bool) {
	v := visitFrom(ctx)
	if v == nil || v.resolved() != nil {
		return rbac.Principal{}, false
	}
	return v.principal, true
}

// AuthorityFrom returns the Authority for a request, bound to its tenant and to
// the state that its token names, and true if somebody has signed in. The actor
// is PrincipalFrom's.
func AuthorityFrom(ctx context.Context) (*rbac.Authority, bool) {
	v := visitFrom(ctx)
	if v == nil || v.known() != nil {
		return nil, false
	}
	return v.authority, true
}

// Can reports whether the user of a request has a permission; false if that
// could not be found out, or the context has ended. It is for what a page
// shows; it does not count for [Guard.MustCheck].
func Can(ctx context.Context, p rbac.Permission) bool {
	who, ok := PrincipalFrom(ctx)
	return ok && who.Can(p) && ctx.Err() == nil
}

// Check returns nil if the user of a request has all of the permissions, for
// handlers that can tell only late what they need; give the error to
// [Guard.Error]. It counts for [Guard.MustCheck]. If nobody has signed in, the
// error is an [rbac.DeniedError] with ReasonActor. To ask for no permission, or
// for one that is not in the catalogue, is a mistake in the host's code: an error
// that Guard.Error answers with 500.
func Check(ctx context.Context, permissions ...rbac.Permission) error {
	v := visitFrom(ctx)
	if v == nil {
		return errUnguarded
	}
	if len(permissions) == 0 {
		return errors.New("rbachttp: Check was called without a permission")
	}
	for _, p := range permissions {
		if _, ok := v.guard.authority.Catalog().Info(p); !ok {
			return fmt.Errorf("rbachttp: permission %q is not in the catalogue", p)
		}
	}
	v.check()
	err := v.permit(ctx, permissions)
	if observe := v.guard.options.Observe; observe != nil {
		observe(v.request.WithContext(ctx), AllOf(permissions...), err)
	}
	return err
}

// permit returns nil if the user has all of the permissions.
func (v *visit) permit(ctx context.Context, permissions []rbac.Permission) error {
	if err := v.resolved(); err != nil {
		return err
	}
	for _, p := range permissions {
		if !v.principal.Can(p) {
			return denied(v.principal, p)
		}
	}
	return interrupted(ctx)
}

// FuncMap returns functions for the templates of text/template and
// html/template:
//
//	{{if can "billing.manage"}} … {{end}}   what [Can] says
//	{{if signedIn}} … {{end}}               whether PrincipalFrom has somebody
//
// Parse templates with FuncMap(context.Background()), and give a clone of them
// the FuncMap of the request's context before it is executed. Execution stops
// with an error at a permission that is not in the catalogue, and if no guard
// has seen the request.
func FuncMap(ctx context.Context) map[string]any {
	return map[string]any{
		"can": func(permission string) (bool, error) {
			v := visitFrom(ctx)
			if v == nil {
				return false, errUnguarded
			}
			if _, ok := v.guard.authority.Catalog().Info(rbac.Permission(permission)); !ok {
				return false, fmt.Errorf("rbachttp: permission %q is not in the catalogue", permission)
			}
			return Can(ctx, rbac.Permission(permission)), nil
		},
		"signedIn": func() (bool, error) {
			if visitFrom(ctx) == nil {
				return false, errUnguarded
			}
			_, ok := PrincipalFrom(ctx)
			return ok, nil
		},
	}
}
