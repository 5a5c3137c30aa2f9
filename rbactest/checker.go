package rbactest

import (
	"context"

	"github.com/seed80bc5f17/rbac"
)

// Checker is what answers whether an actor has a permission: nil, an error that
// matches rbac.ErrDenied, or one that says why there is no answer.
// *rbac.Authority is one, and so is a [Recorder]. An application whose handlers
// take an interface like this one lets its tests see what they ask.
type Checker interface {
	Check(ctx context.Context, actor rbac.Actor, p rbac.Permission) error
}

var (
	_ Checker = (*rbac.Authority)(nil)
	_ Checker = (*Recorder)(nil)
)
