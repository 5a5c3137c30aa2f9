package rbactest

import (
	"context"
	"errors"

	"github.com/seed80bc5f17/rbac"
)

// broken is an Authority of which the set functions break a promise.
type broken struct {
	*rbac.Authority
	check       func(rbac.Actor, rbac.Permission, error) error
	explain     func(*rbac.Explanation)
	permissions func(rbac.PermissionSet) rbac.PermissionSet
	resolve     func(rbac.Principal) rbac.Principal
	whoCan      func([]string) []string
	newView     func(*rbac.NewRoleView)
	view        func(*rbac.RoleView)
	assignable  func([]rbac.AssignableRole)
	preview     func(rbac.Op, error) error
	fail        string // the method that finds no answer
}

var errBroken = errors.New("broken")

func (b *broken) err(method string) error {
	if b.fail == method {
		return errBroken
	}
	return nil
}

func (b *broken) Check(ctx context.Context, a rbac.Actor, p rbac.Permission) error {
	err := errors.Join(b.Authority.Check(ctx, a, p), b.err("Check"))
	if b.check != nil {
		err = b.check(a, p, err)
	}
	if b.fail == "Check" {
		return errBroken
	}
	return err
}

func (b *broken) Explain(ctx context.Context, a rbac.Actor, s rbac.Subject, p rbac.Permission) (rbac.Explanation, error) {
	e, err := b.Authority.Explain(ctx, a, s, p)
	if b.explain != nil {
		b.explain(&e)
	}
	return e, errors.Join(err, b.err("Explain"))
}

func (b *broken) Permissions(ctx context.Context, a rbac.Actor, user string) (rbac.PermissionSet, error) {
	s, err := b.Authority.Permissions(ctx, a, user)
	if b.permissions != nil {
		s = b.permissions(s)
	}
	return s, errors.Join(err, b.err("Permissions"))
}

func (b *broken) Resolve(ctx context.Context, a rbac.Actor) (rbac.Principal, error) {
	p, err := b.Authority.Resolve(ctx, a)
	if b.resolve != nil {
		p = b.resolve(p)
	}
	return p, errors.Join(err, b.err("Resolve"))
}

func (b *broken) WhoCan(ctx context.Context, a rbac.Actor, p rbac.Permission, q rbac.PageQuery) (rbac.Page[string], error) {
	page, err := b.Authority.WhoCan(ctx, a, p, q)
	if b.whoCan != nil {
		page.Items = b.whoCan(page.Items)
	}
	return page, errors.Join(err, b.err("WhoCan"))
}

func (b *broken) NewRoleView(ctx context.Context, a rbac.Actor) (rbac.NewRoleView, error) {
	v, err := b.Authority.NewRoleView(ctx, a)
	if b.newView != nil {
		b.newView(&v)
	}
	return v, errors.Join(err, b.err("NewRoleView"))
}

func (b *broken) RoleView(ctx context.Context, a rbac.Actor, id rbac.RoleID) (rbac.RoleView, error) {
	v, err := b.Authority.RoleView(ctx, a, id)
	if b.view != nil {
		b.view(&v)
	}
	return v, errors.Join(err, b.err("RoleView"))
}

func (b *broken) AssignableRoles(ctx context.Context, a rbac.Actor, s rbac.Subject, q rbac.PageQuery) (rbac.Page[rbac.AssignableRole], error) {
	page, err := b.Authority.AssignableRoles(ctx, a, s, q)
	if b.assignable != nil {
		b.assignable(page.Items)
	}
	return page, errors.Join(err, b.err("AssignableRoles"))
}

func (b *broken) Preview(ctx context.Context, a rbac.Actor, ops ...rbac.Op) (rbac.Impact, error) {
	i, err := b.Authority.Preview(ctx, a, ops...)
	if b.preview != nil {
		err = b.preview(ops[0], err)
	}
	if b.fail == "Preview" {
		return i, errBroken
	}
	return i, err
}

func (b *broken) Verify(ctx context.Context, a rbac.Actor) (rbac.Verification, error) {
	v, err := b.Authority.Verify(ctx, a)
	return v, errors.Join(err, b.err("Verify"))
}

func (b *broken) Roles(ctx context.Context, a rbac.Actor, q rbac.PageQuery) (rbac.Page[rbac.Role], error) {
	page, err := b.Authority.Roles(ctx, a, q)
	if b.fail == "Roles of a user" && a.UserID() != "" {
		err = errBroken
	}
	return page, errors.Join(err, b.err("Roles"))
}

func (b *broken) Holders(ctx context.Context, a rbac.Actor, id rbac.RoleID, q rbac.PageQuery) (rbac.Page[rbac.Assignment], error) {
	page, err := b.Authority.Holders(ctx, a, id, q)
	return page, errors.Join(err, b.err("Holders"))
}

func (b *broken) Groups(ctx context.Context, a rbac.Actor, q rbac.PageQuery) (rbac.Page[string], error) {
	page, err := b.Authority.Groups(ctx, a, q)
	return page, errors.Join(err, b.err("Groups"))
}

func (b *broken) Members(ctx context.Context, a rbac.Actor, group string, q rbac.PageQuery) (rbac.Page[rbac.Membership], error) {
	page, err := b.Authority.Members(ctx, a, group, q)
	return page, errors.Join(err, b.err("Members"))
}
