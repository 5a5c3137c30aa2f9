package rbactest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// Invariants asserts that the library keeps on this tenant what it promises on
// every one:
//
//   - the history justifies every record, and the rules every change that was
//     made under the present catalogue and prebuilt roles (rbac.Authority.Verify);
//   - lists and checks agree: for every user and every permission, Check,
//     Resolve, Permissions, WhoCan and Explain say the same;
//   - pages and changes agree: what RoleView, NewRoleView and AssignableRoles
//     show to a user as enabled is accepted from them, and what they show as
//     disabled is refused for the reason they show. Preview tells, and nothing
//     is written.
//
// The users are those who hold a role or are in a group, and the ones given.
// The tenant should be at rest, and no period of an assignment begin or end
// meanwhile. The work grows with users times roles times permissions: for one
// hundred users, twenty roles and fifty permissions, count on seconds.
func Invariants(t testing.TB, a *rbac.Authority, users ...string) {
	t.Helper()
	problems, err := Violations(context.Background(), a, users...)
	if err != nil {
		t.Fatalf("rbactest: %v", err)
	}
	if len(problems) > 0 {
		t.Errorf("rbactest: %s", strings.Join(problems, "\n\t"))
	}
}

// Violations is [Invariants] without a test: it returns what does not hold, at
// most a hundred things, and an error that says why there is no answer.
func Violations(ctx context.Context, a *rbac.Authority, users ...string) ([]string, error) {
	return violations(ctx, a, users...)
}

// maxProblems ends a search that has found enough.
const maxProblems = 100

// inspection looks for problems, for as long as there are answers and not too
// many problems.
type inspection struct {
	a        authority
	tenant   tenant
	problems []string
}

func violations(ctx context.Context, a authority, users ...string) ([]string, error) {
	w, err := survey(ctx, a, users...)
	if err != nil {
		return nil, err
	}
	s := &inspection{a: a, tenant: w}
	for _, step := range []func(context.Context) error{s.history, s.lists, s.pages} {
		if err := step(ctx); err != nil {
			return s.problems, err
		}
	}
	if len(s.problems) > maxProblems {
		s.problems = append(s.problems[:maxProblems], "and more")
	}
	return s.problems, nil
}

func (s *inspection) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

func (s *inspection) history(ctx context.Context) error {
	v, err := s.a.Verify(ctx, host())
	if err != nil {
		return fmt.Errorf("verifying the history: %w", err)
	}
	for _, p := range v.Problems {
		s.problem("history: %s", p)
	}
	return nil
}

// lists holds all answers to "may this user do that" against one another.
func (s *inspection) lists(ctx context.Context) error {
	listed := map[string]map[rbac.Permission]bool{} // by WhoCan
	for _, user := range s.tenant.users {
		listed[user] = map[rbac.Permission]bool{}
	}
	all := s.a.Catalog().Permissions()
	for p := range all.All() {
		who := func(q rbac.PageQuery) (rbac.Page[string], error) { return s.a.WhoCan(ctx, host(), p, q) }
		for user, err := range rbac.Each(who) {
			if err != nil {
				return fmt.Errorf("listing who can %s: %w", p, err)
			}
			if listed[user] == nil {
				s.problem("lists: WhoCan(%s) lists %q, who holds no role and is in no group", p, user)
				continue
			}
			listed[user][p] = true
		}
	}
	for _, user := range s.tenant.users {
		if len(s.problems) > maxProblems {
			break
		}
		if err := s.listsOf(ctx, user, all, listed[user]); err != nil {
			return fmt.Errorf("asking what %q may do: %w", user, err)
		}
	}
	return nil
}

func (s *inspection) listsOf(ctx context.Context, user string, all rbac.PermissionSet, listed map[rbac.Permission]bool) error {
	principal, err := s.a.Resolve(ctx, rbac.As(user))
	if err != nil {
		return err
	}
	theirs, err := s.a.Permissions(ctx, host(), user)
	if err != nil {
		return err
	}
	if more := theirs.Minus(all); more.Len() > 0 {
		s.problem("lists: Permissions of %q has %v, which the catalogue has not", user, more)
	}
	for p := range all.All() {
		err := s.a.Check(ctx, rbac.As(user), p)
		if err != nil && !errors.Is(err, rbac.ErrDenied) {
			return err
		}
		explained, errExplain := s.a.Explain(ctx, host(), rbac.User(user), p)
		if errExplain != nil {
			return errExplain
		}
		allowed := err == nil
		for _, other := range []struct {
			name string
			says bool
		}{
			{"Resolve", principal.Can(p)},
			{"Permissions", theirs.Has(p)},
			{"WhoCan", listed[p]},
			{"Explain", explained.Allowed},
		} {
			if other.says != allowed {
				s.problem("lists: may %q do %s: %t by Check, %t by %s", user, p, allowed, other.says, other.name)
			}
		}
	}
	return nil
}
