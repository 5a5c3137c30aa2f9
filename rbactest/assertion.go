package rbactest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// Allowed asserts that the actor has each of the permissions. If not, it says
// what stands in the way.
func Allowed(t testing.TB, c Checker, actor rbac.Actor, permissions ...rbac.Permission) {
	t.Helper()
	if len(permissions) == 0 {
		t.Fatalf("rbactest: Allowed was given no permission")
	}
	for _, p := range permissions {
		err := c.Check(context.Background(), actor, p)
		switch {
		case err == nil:
		case errors.Is(err, rbac.ErrDenied):
			t.Errorf("rbactest: %s is denied to %v, want allowed%s", p, actor, because(c, actor, p))
		default:
			t.Errorf("rbactest: no answer whether %v has %s: %v", actor, p, err)
		}
	}
}

// Denied asserts that the actor has none of the permissions. If it has, Denied
// says by which role. That there was no answer is no denial, and neither is a
// question about rbac.System or about what is not in the catalogue.
func Denied(t testing.TB, c Checker, actor rbac.Actor, permissions ...rbac.Permission) {
	t.Helper()
	if len(permissions) == 0 {
		t.Fatalf("rbactest: Denied was given no permission")
	}
	for _, p := range permissions {
		err := c.Check(context.Background(), actor, p)
		switch {
		case err == nil:
			t.Errorf("rbactest: %s is allowed to %v, want denied%s", p, actor, because(c, actor, p))
		case !errors.Is(err, rbac.ErrDenied) || actor.IsSystem():
			t.Errorf("rbactest: no answer whether %v has %s: %v", actor, p, err)
		}
	}
}

// Refused asserts that err is the library's refusal of a change for a reason,
// and returns it for a closer look. It never returns nil.
func Refused(t testing.TB, err error, reason rbac.Reason) *rbac.DeniedError {
	t.Helper()
	var denied *rbac.DeniedError
	switch {
	case err == nil:
		t.Errorf("rbactest: accepted, want a refusal for %q (%s)", reason, reason.Text())
	case !errors.As(err, &denied):
		t.Errorf("rbactest: %v is no refusal, want one for %q (%s)", err, reason, reason.Text())
	case denied.Reason != reason:
		t.Errorf("rbactest: refused for %q (%v), want %q (%s)", denied.Reason, err, reason, reason.Text())
	}
	if denied == nil {
		return &rbac.DeniedError{}
	}
	return denied
}

// because explains an answer in lines to append to a message; nothing, if c
// cannot explain itself or would explain something else: groups that are
// asserted and narrowings are no part of an explanation.
func because(c Checker, actor rbac.Actor, p rbac.Permission) string {
	x, ok := c.(interface {
		Explain(context.Context, rbac.Actor, rbac.Subject, rbac.Permission) (rbac.Explanation, error)
	})
	if !ok || actor.UserID() == "" {
		return ""
	}
	e, err := x.Explain(context.Background(), host(), rbac.User(actor.UserID()), p)
	if err != nil {
		return ""
	}
	var b strings.Builder
	line := func(path rbac.Path, rest string) {
		fmt.Fprintf(&b, "\n\trole %q", path.RoleName)
		for _, group := range path.Groups {
			fmt.Fprintf(&b, ", group %q", group)
		}
		b.WriteString(rest)
	}
	for _, path := range e.Because {
		line(path, " confers it by stored membership")
	}
	for _, path := range e.Withheld {
		line(path, " would confer it, but for: "+string(path.Why))
	}
	if b.Len() == 0 {
		b.WriteString("\n\tno role that reaches the user by stored membership has it")
	}
	return b.String()
}
