package rbac

import (
	"context"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// verifyTenant returns a tenant with some history: a role of y for ann, who
// may assign, and one of x that she cannot give.
func verifyTenant(t *testing.T) (*Authority, store.Store) {
	t.Helper()
	s := memory.New()
	a, _ := raceTenant(t, s, "acme")
	giver := mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: "Giver", Permissions: Set("y", RolesView, RolesAssign)})).Role.ID
	big := mustApply(t, a, As("olivia"), CreateRole(NewRole{Name: "Big", Permissions: Set("x")})).Role.ID
	mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User("ann"), Role: giver}), AddMember("g", User("bob")))
	mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: Group("g"), Role: big}))
	mustVerify(t, a)
	return a, s
}

// forge writes a commit that no decision made, in the form of one that did.
func forge(t *testing.T, a *Authority, s store.Store, c store.Commit) {
	t.Helper()
	heads, err := s.Heads(t.Context(), []string{"acme"})
	if err != nil {
		t.Fatal(err)
	}
	c.ID, c.Time = "forged", a.now().UnixMicro()
	if err := s.Commit(t.Context(), "acme", heads[0], []store.Commit{c}); err != nil {
		t.Fatal(err)
	}
}

func problems(t *testing.T, a *Authority) string {
	t.Helper()
	v, err := a.Verify(t.Context(), System("proof"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(v.Problems, "\n")
}

func TestP5_VerifyFindsWhatNobodyDecided(t *testing.T) {
	t.Parallel()
	row := func(user string, role RoleID, by string) store.Assignment {
		return store.Assignment{Subject: User(user).record(), Role: string(role), GrantedBy: by, GrantedAt: 1}
	}
	for _, tt := range []struct {
		name, want string
		actor      Actor
		ops        []Op
		write      store.Assignment
	}{
		{
			name: "P5 a grant that was not covered", want: "is not justified",
			actor: As("ann"), ops: []Op{Assign(NewAssignment{Subject: User("carl"), Role: AdminRole})}, write: row("carl", AdminRole, "ann"),
		},
		{
			name: "P5 something else than was asked", want: "something else",
			actor: As("olivia"), ops: []Op{Assign(NewAssignment{Subject: User("carl"), Role: UserRole})}, write: row("carl", AdminRole, "olivia"),
		},
		{
			name: "P5 in another's name", want: "something else",
			actor: As("olivia"), ops: []Op{Assign(NewAssignment{Subject: User("carl"), Role: AdminRole})}, write: row("carl", AdminRole, "ann"),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, s := verifyTenant(t)
			forge(t, a, s, store.Commit{
				Actor: tt.actor.user, Entry: encodeEntry(tt.actor, tt.ops, a.rules.fingerprint),
				Assignments: []store.Change[store.Assignment]{{After: &tt.write}},
			})
			if got := problems(t, a); !strings.Contains(got, tt.want) {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
	t.Run("P5 an entry that cannot be read", func(t *testing.T) {
		t.Parallel()
		a, s := verifyTenant(t)
		forge(t, a, s, store.Commit{Entry: []byte("{")})
		if got := problems(t, a); !strings.Contains(got, "cannot be read") {
			t.Errorf("found %q", got)
		}
	})
	t.Run("P5 an entry that names no rules", func(t *testing.T) {
		t.Parallel()
		a, s := verifyTenant(t)
		forge(t, a, s, store.Commit{Entry: []byte("{}")})
		if got := problems(t, a); !strings.Contains(got, "cannot be read") {
			t.Errorf("found %q", got)
		}
	})
	t.Run("P5 other rules are not judged", func(t *testing.T) {
		t.Parallel()
		a, s := verifyTenant(t)
		write := row("carl", AdminRole, "ann")
		forge(t, a, s, store.Commit{
			Actor: "ann", Entry: encodeEntry(As("ann"), []Op{Assign(NewAssignment{Subject: User("carl"), Role: AdminRole})}, "other"),
			Assignments: []store.Change[store.Assignment]{{After: &write}},
		})
		v := mustVerify(t, a)
		if v.Entries != v.Judged+1 {
			t.Errorf("judged %d of %d", v.Judged, v.Entries)
		}
	})
}

// altered is a store whose tables are not what its log says.
type altered struct {
	store.Store
	load func(*store.State)
}

func (s altered) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	st, err := s.Store.Load(ctx, tenant, sel)
	if sel.AllUpTo > 0 {
		s.load(&st)
	}
	return st, err
}

func TestP5_VerifyComparesTablesWithTheLog(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]func(*store.State){
		"P5 a row too many": func(s *store.State) {
			s.Assignments = append(s.Assignments, store.Assignment{Subject: User("eve").record(), Role: "owner"})
		},
		"P5 a row too few":        func(s *store.State) { s.Assignments = s.Assignments[1:] },
		"P5 a row changed":        func(s *store.State) { s.Assignments[0].Until = 5 },
		"P5 a member too many":    func(s *store.State) { s.Memberships = append(s.Memberships, store.Membership{Group: "h"}) },
		"P5 a member too few":     func(s *store.State) { s.Memberships = nil },
		"P5 a role too many":      func(s *store.State) { s.Roles = append(s.Roles, store.Role{ID: "role_x"}) },
		"P5 a role too few":       func(s *store.State) { s.Roles = s.Roles[1:] },
		"P5 a role changed":       func(s *store.State) { s.Roles[0].Status = "blocked" },
		"P5 a head without a log": func(s *store.State) { s.Head.Revision++ },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, s := verifyTenant(t)
			b, err := New(altered{s, load}, a.rules.catalog, &Options{MultiTenant: true})
			if err != nil {
				t.Fatal(err)
			}
			if problems(t, b.Tenant("acme")) == "" {
				t.Error("nothing found")
			}
		})
	}
}

func TestP5_VerifyAfterErasure(t *testing.T) {
	t.Parallel()
	a, _ := verifyTenant(t)
	mustApply(t, a, System("gone"), EraseTenant())
	mustApply(t, a, System("back"), Bootstrap("olivia"))
	if v := mustVerify(t, a); v.Entries != 2 || !v.Whole {
		t.Fatalf("%d entries, whole: %t", v.Entries, v.Whole)
	}
}

// shortened is a store whose log has lost its beginning.
type shortened struct{ store.Store }

func (s shortened) Log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	entries, err := s.Store.Log(ctx, tenant, q)
	for i, c := range entries {
		if c.Revision < 3 {
			return entries[:i], err
		}
	}
	return entries, err
}

func TestP5_VerifySaysWhenTheLogIsShort(t *testing.T) {
	t.Parallel()
	a, s := verifyTenant(t)
	b, err := New(shortened{s}, a.rules.catalog, &Options{MultiTenant: true})
	if err != nil {
		t.Fatal(err)
	}
	whole := mustVerify(t, a)
	short := mustVerify(t, b.Tenant("acme"))
	if !whole.Whole || whole.First != 1 {
		t.Errorf("of all: %+v", whole)
	}
	if short.Whole || short.First != 3 || short.Entries != whole.Entries-2 || short.Judged != short.Entries {
		t.Errorf("from revision 3 on: %+v", short)
	}
}
