package rbactest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

func invariantCatalog(t testing.TB) *rbac.Catalog {
	t.Helper()
	c, err := rbac.NewCatalog(rbac.Section{Name: "App", Permissions: []rbac.PermissionInfo{{ID: "app.x"}, {ID: "app.close", OwnerOnly: true}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newBroken(t testing.TB) *broken {
	t.Helper()
	return &broken{Authority: New(t, invariantCatalog(t), nil, Policy{
		Roles: map[string]rbac.PermissionSet{"R": rbac.Set("app.x"), "S": rbac.Set("app.x", rbac.RolesView, rbac.RolesEdit)},
		Users: map[string][]string{"olivia": {"Owner"}, "u": {"R"}, "v": {"S"}},
		Groups: map[string]Group{
			"g": {Roles: []string{"R"}, Users: []string{"w"}},
		},
	}).Authority}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	if problems, err := violations(ctx, newBroken(t), "stranger"); err != nil || len(problems) > 0 {
		t.Fatalf("%v %v", problems, err)
	}
	flip := func(a *rbac.Affordance) { *a = rbac.Affordance{Enabled: !a.Enabled, Reason: a.Reason} }
	for _, tt := range []struct {
		name   string
		change func(*broken)
		word   string
	}{
		{"Check says yes", func(b *broken) { b.check = func(rbac.Actor, rbac.Permission, error) error { return nil } }, "true by Check, false by Resolve"},
		{"Check says no", func(b *broken) {
			b.check = func(a rbac.Actor, p rbac.Permission, err error) error {
				if p == "app.x" {
					return rbac.ErrDenied
				}
				return err
			}
		}, "false by Check, true by Permissions"},
		{"Explain", func(b *broken) { b.explain = func(e *rbac.Explanation) { e.Allowed = false } }, "false by Explain"},
		{"Permissions lack one", func(b *broken) {
			b.permissions = func(s rbac.PermissionSet) rbac.PermissionSet { return s.Minus(rbac.Set("app.x")) }
		}, "false by Permissions"},
		{"Permissions invent one", func(b *broken) {
			b.permissions = func(s rbac.PermissionSet) rbac.PermissionSet { return s.Union(rbac.Set("app.y")) }
		}, "{app.y}"},
		{"Resolve", func(b *broken) { b.resolve = func(rbac.Principal) rbac.Principal { return rbac.Principal{} } }, "false by Resolve"},
		{"WhoCan leaves out", func(b *broken) { b.whoCan = func(users []string) []string { return nil } }, "false by WhoCan"},
		{"WhoCan lists too many", func(b *broken) { b.whoCan = func(users []string) []string { return append(users, "w") } }, "true by WhoCan"},
		{"WhoCan lists a stranger", func(b *broken) { b.whoCan = func(users []string) []string { return append(users, "zoe") } }, `lists "zoe"`},
		{"NewRoleView create", func(b *broken) { b.newView = func(v *rbac.NewRoleView) { flip(&v.Create) } }, `"create a role"`},
		{"NewRoleView toggle", func(b *broken) {
			b.newView = func(v *rbac.NewRoleView) { flip(&v.Sections[0].Toggles[1].Affordance) }
		}, "create a role with app.close"},
		{"RoleView edit", func(b *broken) { b.view = func(v *rbac.RoleView) { flip(&v.Edit) } }, `edit \"R\"`},
		{"RoleView delete", func(b *broken) { b.view = func(v *rbac.RoleView) { flip(&v.Delete) } }, "delete"},
		{"RoleView delete reason", func(b *broken) {
			b.view = func(v *rbac.RoleView) { v.Delete.Reason = rbac.ReasonLastOwner }
		}, "as last_owner, and it is"},
		{"RoleView clone", func(b *broken) { b.view = func(v *rbac.RoleView) { flip(&v.Clone) } }, "clone"},
		{"RoleView status", func(b *broken) {
			b.view = func(v *rbac.RoleView) { v.Status[rbac.Blocked] = rbac.Affordance{Enabled: true} }
		}, "make blocked"},
		{"RoleView toggle", func(b *broken) { b.view = func(v *rbac.RoleView) { flip(&v.Sections[0].Toggles[0].Affordance) } }, "revoke app.x of"},
		{"RoleView toggle off", func(b *broken) { b.view = func(v *rbac.RoleView) { flip(&v.Sections[0].Toggles[1].Affordance) } }, "grant app.close to"},
		{"RoleView on", func(b *broken) { b.view = func(v *rbac.RoleView) { v.Sections[0].Toggles[0].On = false } }, "is shown app.x of"},
		{"RoleView unknown", func(b *broken) {
			b.view = func(v *rbac.RoleView) {
				v.Unknown = []rbac.Toggle{{Permission: "app.gone", Affordance: rbac.Affordance{Enabled: true}}}
			}
		}, "grant app.gone to"},
		{"AssignableRoles", func(b *broken) { b.assignable = func(r []rbac.AssignableRole) { flip(&r[0].Affordance) } }, "assign"},
		{"a malformed operation shown as enabled", func(b *broken) {
			b.preview = func(op rbac.Op, err error) error {
				if op.String() == "delete_role" && err == nil {
					return rbac.ErrInvalid
				}
				return err
			}
			b.view = func(v *rbac.RoleView) { v.Delete = rbac.Affordance{Enabled: true} }
		}, "delete"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBroken(t)
			tt.change(b)
			problems, err := violations(ctx, b)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(problems, "\n"), tt.word) {
				t.Errorf("%d problems without %q: %q", len(problems), tt.word, problems)
			}
			if len(problems) > maxProblems+1 {
				t.Errorf("%d problems", len(problems))
			}
		})
	}
	for _, method := range []string{
		"Check", "Explain", "Permissions", "Resolve", "WhoCan", "NewRoleView", "RoleView", "AssignableRoles", "Preview", "Verify",
		"Roles", "Roles of a user", "Holders", "Groups", "Members",
	} {
		t.Run("without answer "+method, func(t *testing.T) {
			t.Parallel()
			b := newBroken(t)
			b.fail = method
			if _, err := violations(ctx, b); !errors.Is(err, errBroken) {
				t.Errorf("%v", err)
			}
			if method == "Check" || method == "NewRoleView" || method == "RoleView" || method == "AssignableRoles" || method == "Roles" {
				_, matrix := permissionMatrix(ctx, b)
				_, administration := administrationMatrix(ctx, b)
				if !errors.Is(errors.Join(matrix, administration), errBroken) {
					t.Errorf("%v %v", matrix, administration)
				}
			}
		})
	}
}

// Many problems end the search, and do not fill the screen.
func TestViolations_many(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var users []string
	for i := range 30 {
		users = append(users, fmt.Sprintf("user%d", i))
	}
	lists, pages := newBroken(t), newBroken(t)
	lists.check = func(rbac.Actor, rbac.Permission, error) error { return nil }
	pages.newView = func(v *rbac.NewRoleView) {
		for _, section := range v.Sections {
			for i := range section.Toggles {
				section.Toggles[i].Reason = rbac.ReasonCycle
			}
		}
	}
	for _, b := range []*broken{lists, pages} {
		problems, err := violations(ctx, b, users...)
		if err != nil || len(problems) != maxProblems+1 || problems[maxProblems] != "and more" {
			t.Errorf("%d problems, %v", len(problems), err)
		}
	}
}

// A hand at the database is noticed, by Invariants too.
func TestInvariants_history(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := memory.New()
	a, err := rbac.New(s, invariantCatalog(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := Populate(t, a, Policy{Users: map[string][]string{"u": nil, "olivia": {"Owner"}}})
	Invariants(t, a, f.Users()...)
	state, err := s.Load(ctx, "default", store.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	row := store.Assignment{Subject: store.Subject{Kind: store.User, ID: "u"}, Role: "owner", GrantedAt: state.Time}
	err = s.Commit(ctx, "default", state.Head, []store.Commit{{
		ID: "raw", Time: state.Time, Entry: []byte("forged"), Assignments: []store.Change[store.Assignment]{{After: &row}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := Violations(ctx, a); err != nil || len(problems) == 0 {
		t.Errorf("%q %v", problems, err)
	}
	for name, a := range map[string]*rbac.Authority{"history": a, "no answer": a.Tenant("x")} {
		fake := &failingT{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			Invariants(fake, a)
		}()
		<-done
		if !fake.failed {
			t.Errorf("%s: Invariants does not fail", name)
		}
	}
}

func TestTenantNames(t *testing.T) {
	t.Parallel()
	w := tenant{users: []string{"newcomer", "newcomer'"}, roles: []rbac.Role{{Name: "RBACtest 1"}}}
	if w.newcomer() != "newcomer''" || w.freeName() != "rbactest 2" {
		t.Errorf("%q %q", w.newcomer(), w.freeName())
	}
	empty := New(t, invariantCatalog(t), nil, Policy{})
	Invariants(t, empty.Authority)
	random := NewRandom(rand.New(rand.NewPCG(1, 1)), invariantCatalog(t))
	if set := random.Permissions(); !set.SubsetOf(empty.Authority.Catalog().Delegable()) {
		t.Errorf("%v", set)
	}
}
