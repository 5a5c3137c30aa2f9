package rbactest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// GoldenPermissions compares a file with the matrix of what every user of the
// tenant may do: a line for each permission of the catalogue, by section, and
// a column for each user who holds a role or is in a group.
//
//	Orders         carl  olivia
//	  orders.view  x     x
//	  orders.ship  .     x
//
// RBAC_UPDATE=1 writes the file, commonly one below testdata.
func GoldenPermissions(t testing.TB, file string, a *rbac.Authority) {
	t.Helper()
	text, err := permissionMatrix(context.Background(), a)
	if err != nil {
		t.Fatalf("rbactest: %v", err)
	}
	golden(t, file, text)
}

func permissionMatrix(ctx context.Context, a authority) (string, error) {
	w, err := survey(ctx, a)
	if err != nil {
		return "", err
	}
	out := newSheet("Who may do what: x = allowed, . = denied.")
	for _, section := range a.Catalog().Sections() {
		heading := []string{section.Name}
		for _, user := range w.users {
			heading = append(heading, label(user))
		}
		var rows [][]string
		for _, p := range section.Permissions {
			row := []string{string(p.ID)}
			for _, user := range w.users {
				err := a.Check(ctx, rbac.As(user), p.ID)
				switch {
				case err == nil:
					row = append(row, "x")
				case errors.Is(err, rbac.ErrDenied):
					row = append(row, ".")
				default:
					return "", fmt.Errorf("no answer whether %q has %s: %w", user, p.ID, err)
				}
			}
			rows = append(rows, row)
		}
		out.block(heading, rows)
	}
	return out.String(), nil
}
