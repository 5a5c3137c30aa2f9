// Package rbactest is for the tests of applications that use package rbac.
//
// # A tenant in three lines
//
// [New] makes an Authority over a store in memory and fills it with a [Policy]:
// roles by name, and the users and groups that hold them. [Populate] fills one
// that the application has made itself: over another store, or of one tenant.
//
//	shop := rbactest.New(t, catalog, nil, rbactest.Policy{
//		Roles: map[string]rbac.PermissionSet{"Clerk": rbac.Set("orders.view", "orders.ship")},
//		Users: map[string][]string{"olivia": {"Owner"}, "carl": {"Clerk"}},
//	})
//
// # Who may do what
//
// [Allowed] and [Denied] ask about one actor; [Refused] looks at the refusal of
// a change. [AllowedExactly] takes a table and asks about every user and every
// permission of the catalogue: what the table does not list must be denied.
//
// [GoldenPermissions], [GoldenAdministration] and [GoldenRoutes] compare what
// is so with a text file that people can read and review. RBAC_UPDATE=1 writes
// the files instead:
//
//	RBAC_UPDATE=1 go test -run TestAccess ./...
//
// # What a handler asks
//
// A [Recorder] stands where the application expects a [Checker], or listens to
// an Authority, and remembers the questions. [Requires] finds out which
// permissions a piece of code takes without a look inside: it calls it on behalf
// of users who each lack one. For handlers on their own, Guard.WithIdentity of
// package rbachttp makes a request that somebody has made.
//
// # Properties
//
// [Rand] is a source of random numbers that can be replayed, [Random] draws
// policies and operations, and [Invariants] says whether the library has kept
// what it promises on a tenant. From a framework with a T of its own,
// [Violations] says the same without a testing.TB:
//
//	rapid.Check(t, func(rt *rapid.T) {
//		random := rbactest.NewRandom(rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0)), catalog)
//		f := rbactest.New(t, catalog, nil, random.Policy())
//		for actor, op := range random.Ops(f, 50) { … }
//		…
//	})
//
// # Time
//
// Assignments for a period are best tested in a bubble of testing/synctest:
// rbac.Options.Now is time.Now by default, and there it moves by time.Sleep.
//
// # Notes
//
// Questions that no user could ask, such as who holds what, are asked as
// rbac.System. A question that finds no answer fails the test; it is never
// taken for a denial. The functions return when they are done and keep no
// state. They may be called in a Cleanup, and with a tenant that nobody else
// changes meanwhile.
package rbactest
