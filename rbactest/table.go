package rbactest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// AllowedExactly asserts what every user may do: the permissions that the table
// lists for them, and no other one of the catalogue. Every user who holds a
// role or is in a group is asked about, and every one in the table; a user that
// the table does not list may do nothing. An Owner's line is
// authority.Catalog().Permissions().
func AllowedExactly(t testing.TB, a *rbac.Authority, table map[string]rbac.PermissionSet) {
	t.Helper()
	ctx := context.Background()
	w, err := survey(ctx, a, slices.Collect(maps.Keys(table))...)
	if err != nil {
		t.Fatalf("rbactest: %v", err)
	}
	if len(w.users) == 0 {
		t.Fatalf("rbactest: there is no user to ask about, neither in the tenant nor in the table")
	}
	all := a.Catalog().Permissions()
	var wrong []string
	for _, user := range w.users {
		for p := range table[user].Minus(all).All() {
			wrong = append(wrong, fmt.Sprintf("%q  %s  is in the table and not in the catalogue", user, p))
		}
		for p := range all.All() {
			err := a.Check(ctx, rbac.As(user), p)
			switch listed := table[user].Has(p); {
			case err != nil && !errors.Is(err, rbac.ErrDenied):
				t.Fatalf("rbactest: no answer whether %q has %s: %v", user, p, err)
			case err == nil && !listed:
				wrong = append(wrong, fmt.Sprintf("%q  %s  is allowed and not in the table", user, p))
			case err != nil && listed:
				wrong = append(wrong, fmt.Sprintf("%q  %s  is denied and in the table", user, p))
			}
		}
	}
	if len(wrong) > 0 {
		t.Errorf("rbactest: %d of %d answers are not as the table has them:\n\t%s",
			len(wrong), len(w.users)*all.Len(), strings.Join(wrong, "\n\t"))
	}
}
