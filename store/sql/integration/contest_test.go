package integration

import (
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// contest is two changes, asked for at the same moment in two processes, of
// which at most one may be made: each alone is right, and both are wrong.
type contest struct {
	name    string
	found   []rbac.Op
	actors  [2]rbac.Actor
	ops     [2]rbac.Op
	wins    int
	refusal rbac.Reason
}

func contests() []contest {
	ann, bob := rbac.As("ann"), rbac.As("bob")
	equal := rbac.CreateRole(rbac.NewRole{Name: "Equal", Permissions: rbac.Set(rbac.RolesView, rbac.RolesUnassign, "app.x")})
	owners := []rbac.Op{rbac.Bootstrap("ann"), owning("bob")}
	return []contest{
		{
			"two owners resign", owners,
			[2]rbac.Actor{ann, bob},
			[2]rbac.Op{rbac.Unassign(rbac.User("ann"), rbac.OwnerRole), rbac.Unassign(rbac.User("bob"), rbac.OwnerRole)},
			1, rbac.ReasonLastOwner,
		},
		{
			"two owners are taken away by the host", owners,
			[2]rbac.Actor{host, host},
			[2]rbac.Op{rbac.Offboard(rbac.User("ann")), rbac.Offboard(rbac.User("bob"))},
			1, rbac.ReasonLastOwner,
		},
		{
			"two owners demote each other", owners,
			[2]rbac.Actor{ann, bob},
			[2]rbac.Op{rbac.Unassign(rbac.User("bob"), rbac.OwnerRole), rbac.Unassign(rbac.User("ann"), rbac.OwnerRole)},
			1, rbac.ReasonPermission,
		},
		{
			"two equals demote each other",
			[]rbac.Op{rbac.Bootstrap("olivia"), equal, giving("ann", equal.RoleID()), giving("bob", equal.RoleID())},
			[2]rbac.Actor{ann, bob},
			[2]rbac.Op{rbac.Unassign(rbac.User("bob"), equal.RoleID()), rbac.Unassign(rbac.User("ann"), equal.RoleID())},
			0, rbac.ReasonHarms,
		},
		{
			"two roles of one name", owners,
			[2]rbac.Actor{ann, bob},
			[2]rbac.Op{making("Clerk", "app.x"), making("CLERK", "app.y")},
			1, rbac.ReasonNameTaken,
		},
		{
			"two halves of a cycle", owners,
			[2]rbac.Actor{ann, bob},
			[2]rbac.Op{rbac.AddMember("g1", rbac.Group("g2")), rbac.AddMember("g2", rbac.Group("g1"))},
			1, rbac.ReasonCycle,
		},
		{
			"two beginnings of a tenant", nil,
			[2]rbac.Actor{host, host},
			[2]rbac.Op{rbac.Bootstrap("ann"), rbac.Bootstrap("bob")},
			1, rbac.ReasonHasOwner,
		},
	}
}

// TestContests has two processes, each with an Authority and a pool of its own,
// attempt what must not both succeed.
func TestContests(t *testing.T) {
	rounds := size(2, 12, 1500)
	on(t, shared(), func(t *testing.T, d database) {
		stores := d.processes(t, 2)
		for n := range contests() {
			for round := range rounds {
				c := contests()[n] // operations that make something are used once
				tenant := fmt.Sprintf("acme-%d-%d", n, round)
				a := [2]*rbac.Authority{authority(t, stores[0], tenant), authority(t, stores[1], tenant)}
				var l ledger
				if c.found != nil {
					l.must(t, a[0], host, c.found...)
				}
				// Half of the rounds with what the processes know already.
				if round%2 == 0 && c.found != nil {
					for _, a := range a {
						if _, err := a.Permissions(t.Context(), host, "ann"); err != nil {
							t.Fatal(err)
						}
					}
				}
				errs := together(
					func() error { _, err := l.apply(t.Context(), a[0], c.actors[0], c.ops[0]); return err },
					func() error { _, err := l.apply(t.Context(), a[1], c.actors[1], c.ops[1]); return err },
				)
				wins := 0
				for _, err := range errs {
					if err == nil {
						wins++
					} else if reason(err) != c.refusal {
						t.Errorf("%s, round %d: %v", c.name, round, err)
					}
				}
				if wins != c.wins {
					t.Errorf("%s, round %d: %d succeeded, want %d", c.name, round, wins, c.wins)
				}
				l.settle(t, a[round%2])
			}
		}
	})
}
