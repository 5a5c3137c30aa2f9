package rbac

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// worldCase is a guard that no safety property sees: friction, order, or a
// second line. What is asked for is refused for the reason want, and without
// the guard it ends as in without.
type worldCase struct {
	name          string
	guard         guard
	masked        []guard // off in both: guards that answer first
	reserved      bool    // the catalogue has an OwnerOnly permission
	actor         Actor
	first         worldState
	cur           *worldState // what the batch has made of first; nil = nothing yet
	op            Op
	want, without string
}

const worldAccepted = "accepted"

// worldHeld builds a state of roles, memberships and rows.
func worldHeld(roles [3]worldRole, members uint8, rows ...worldRow) worldState {
	return worldBegin("", roles, members, rows...).state
}

func worldCases() []worldCase {
	var (
		a, owner = As("a"), As("c")
		clerk    = worldMade(worldAdm|worldX, Active)
		x        = worldMade(worldX, Active)
		y        = worldMade(worldY, Active)
		adm      = worldMade(worldAdm, Active)
		late     = worldMade(worldX, Suspended)
		blocked  = worldMade(worldX, Blocked)
		mine     = worldRow{worldA, 0, worldOpen}
		owned    = worldRow{worldC, worldOwnerRole, worldOpen}
		b, g     = worldSubject(worldB), worldSubject(worldG)
		status   = func(slot int, s Status) Op {
			return EditRole(RoleEdit{ID: worldRoleIDs[slot], Version: 1, Status: &s})
		}
		set = func(slot int, bits uint8) Op {
			names := worldPermissions(bits)
			return EditRole(RoleEdit{ID: worldRoleIDs[slot], Version: 1, Permissions: &names})
		}
		create = func(bits uint8, s Status) Op {
			return CreateRole(NewRole{Name: "New", Permissions: worldPermissions(bits), Status: s})
		}
		assign = func(s Subject, slot int) Op {
			return Assign(NewAssignment{Subject: s, Role: worldRoleIDs[slot]})
		}
		remove = func(slot int, version uint64, heir RoleID) Op {
			return DeleteRole(RoleDeletion{ID: worldRoleIDs[slot], Version: version, Reassign: heir})
		}
		revoke = func(role RoleID) Op { return Revoke(role, "w.x") }
	)
	held := func(role worldRole, members uint8, rows ...worldRow) worldState {
		return worldHeld([3]worldRole{clerk, role}, members, append(rows, mine)...)
	}
	one := func(sub int) worldRow { return worldRow{sub, 1, worldOpen} }
	before := worldHeld([3]worldRole{adm, x}, 0, mine)
	raised, resigned := before, held(x, 0)
	raised.rows[worldA][1] = worldOpen
	inG, outOfG := held(x, worldIn(worldA, worldG)), held(x, 0)
	everything := worldHeld([3]worldRole{worldMade(worldKnown, Active), x}, 0, mine, owned, one(worldB))
	withOwner := held(x, 0, owned)
	senior := worldHeld([3]worldRole{clerk, x, x}, 0, mine, worldRow{worldC, 0, worldOpen})
	return []worldCase{
		{name: "S5 equal sets", guard: guardStrict, actor: a, first: held(clerk, 0), op: set(1, worldX), want: "dominance", without: worldAccepted},
		{name: "S5 equal sets, delete", guard: guardStrict, actor: a, first: held(clerk, 0), op: remove(1, 1, ""), want: "dominance", without: worldAccepted},
		{name: "S6 own role", guard: guardOwnRole, actor: a, first: held(x, 0, one(worldA)), op: revoke("role_1"), want: "own_role", without: worldAccepted},
		{name: "S6 own role, suspended", guard: guardOwnRole, actor: a, first: held(late, 0, one(worldA)), op: status(1, Active), want: "own_role", without: worldAccepted},
		{name: "S6 own role, in a group's group and in future", guard: guardOwnRole, actor: a, first: held(x, worldIn(worldA, worldG)|worldGinH, worldRow{worldH, 1, worldFrom2}), op: revoke("role_1"), want: "own_role", without: worldAccepted},
		{name: "S6 own role, in an asserted group", guard: guardOwnRole, actor: a.InGroups("g"), first: held(x, 0, one(worldG)), op: revoke("role_1"), want: "own_role", without: worldAccepted},
		{name: "S6 own role, delete and reassign", guard: guardOwnRole, actor: a, first: held(x, 0, one(worldA)), op: remove(1, 1, UserRole), want: "own_role", without: worldAccepted},
		{name: "S4 old set", guard: guardDominance, actor: a, first: held(y, 0), op: set(1, worldX), want: "dominance", without: worldAccepted},
		{name: "S4 old set, delete", guard: guardDominance, actor: a, first: held(y, 0), op: remove(1, 1, ""), want: "dominance", without: worldAccepted},
		{name: "S14 prebuilt", guard: guardPrebuilt, actor: owner, first: withOwner, op: revoke(AdminRole), want: "prebuilt", without: worldAccepted},
		{name: "S11 frozen, edit by an Owner", guard: guardFrozen, actor: owner, first: held(blocked, 0, owned), op: set(1, worldY), want: "frozen", without: worldAccepted},
		{name: "S11 frozen, edit", guard: guardFrozen, actor: a, first: held(blocked, 0), op: revoke("role_1"), want: "frozen", without: worldAccepted},
		{name: "S11 frozen, out of Blocked", guard: guardFrozen, actor: a, first: held(blocked, 0), op: status(1, Active), want: "frozen", without: worldAccepted},
		{name: "S11 frozen, into Blocked", guard: guardFrozen, actor: a, first: held(x, 0), op: status(1, Blocked), want: "frozen", without: worldAccepted},
		{name: "S11 frozen, delete", guard: guardFrozen, actor: a, first: held(blocked, 0), op: remove(1, 1, ""), want: "frozen", without: worldAccepted},
		{name: "S11 frozen, assign by an Owner", guard: guardFrozen, actor: owner, first: held(blocked, 0, owned), op: assign(b, 1), want: "frozen", without: "inactive"},
		{name: "S11 frozen, create", guard: guardFrozen, actor: a, first: held(x, 0), op: create(worldX, Blocked), want: "frozen", without: worldAccepted},
		{name: "S12 version", guard: guardVersion, actor: a, first: held(x, 0), op: remove(1, 2, ""), want: "version", without: worldAccepted},
		{name: "S7 explicit Owner guard alone, assign", guard: guardOwner, actor: a, first: everything, op: Assign(NewAssignment{Subject: b, Role: OwnerRole}), want: "owner", without: "coverage"},
		{name: "S8 explicit Owner guard alone, unassign", guard: guardOwner, actor: a, first: everything, op: Unassign(worldSubject(worldC), OwnerRole), want: "owner", without: "coverage"},
		{name: "S8 explicit Owner guard alone, offboard", guard: guardOwner, actor: a, first: everything, op: Offboard(worldSubject(worldC)), want: "owner", without: "coverage"},
		{name: "S13 explicit Owner guard alone, reassign", guard: guardOwner, actor: a, first: everything, op: remove(1, 1, OwnerRole), want: "owner", without: "coverage"},
		{name: "S13 Owner to a group", guard: guardOwner, actor: owner, first: held(x, 0, owned, one(worldG)), op: remove(1, 1, OwnerRole), want: "owner", without: worldAccepted},
		{name: "S3 OwnerOnly, create by an Owner", guard: guardOwnerOnly, reserved: true, actor: owner, first: withOwner, op: create(worldReserved, Active), want: "owner_only", without: worldAccepted},
		{name: "S3 OwnerOnly, edit by an Owner", guard: guardOwnerOnly, reserved: true, actor: owner, first: withOwner, op: set(1, worldReserved), want: "owner_only", without: worldAccepted},
		// A role that is dominated is covered (S4), so the cover test on
		// activation answers only where dominance does not.
		{name: "S11 activation", guard: guardActivationCover, masked: []guard{guardDominance}, actor: a, first: held(worldMade(worldY, Suspended), 0), op: status(1, Active), want: "coverage", without: worldAccepted},
		{name: "S8 cover, unassign", guard: guardUnassignCover, actor: a, first: held(y, 0, one(worldC)), op: Unassign(worldSubject(worldC), "role_1"), want: "coverage", without: worldAccepted},
		{name: "S10 cover, leave", guard: guardLeaveCover, actor: a, first: held(y, worldIn(worldC, worldG), one(worldG)), op: RemoveMember("g", worldSubject(worldC)), want: "coverage", without: worldAccepted},
		{name: "S10 cover, leave for a group's group", guard: guardLeaveCover, actor: a, first: held(y, worldGinH, one(worldH)), op: RemoveMember("h", g), want: "coverage", without: worldAccepted},
		{name: "S8 cover, offboard", guard: guardOffboardCover, actor: a, first: held(y, 0, one(worldC)), op: Offboard(worldSubject(worldC)), want: "coverage", without: worldAccepted},
		{name: "S7 Active on assign", guard: guardActive, actor: a, first: held(late, 0), op: assign(b, 1), want: "inactive", without: worldAccepted},
		{name: "S13 Active on reassign", guard: guardActive, actor: a, first: worldHeld([3]worldRole{clerk, x, late}, 0, mine, one(worldB)), op: remove(1, 1, "role_2"), want: "inactive", without: worldAccepted},
		{name: "S9 self-dealing", guard: guardSelfDealing, actor: a, first: held(x, 0), op: assign(worldSubject(worldA), 1), want: "self_dealing", without: worldAccepted},
		{name: "S9 self-dealing, their group", guard: guardSelfDealing, actor: a, first: held(x, worldIn(worldA, worldH)|worldHinG), op: assign(g, 1), want: "self_dealing", without: worldAccepted},
		{name: "S9 self-dealing, asserted group", guard: guardSelfDealing, actor: a.InGroups("g"), first: held(x, 0), op: assign(g, 1), want: "self_dealing", without: worldAccepted},
		{name: "S9 self-dealing, join", guard: guardSelfDealing, actor: a, first: held(x, 0), op: AddMember("g", worldSubject(worldA)), want: "self_dealing", without: worldAccepted},
		{name: "S9 self-dealing, nest", guard: guardSelfDealing, actor: a, first: held(x, worldIn(worldA, worldG)), op: AddMember("h", g), want: "self_dealing", without: worldAccepted},
		{name: "S7 named user, assign", guard: guardNamed, actor: a, first: senior, op: assign(worldSubject(worldC), 1), want: "outranked", without: worldAccepted},
		{name: "S10 named user, join", guard: guardNamed, actor: a, first: senior, op: AddMember("g", worldSubject(worldC)), want: "outranked", without: worldAccepted},
		{name: "S13 named user, reassign", guard: guardNamed, actor: a, first: worldHeld([3]worldRole{clerk, x, x}, 0, mine, worldRow{worldC, 0, worldOpen}, one(worldC)), op: remove(1, 1, "role_2"), want: "outranked", without: worldAccepted},
		{name: "S18 current authority alone", guard: guardBatchFirst, actor: a, first: before, cur: &raised, op: create(worldX, Active), want: "coverage", without: worldAccepted},
		{name: "S18 held without union", guard: guardBatchUnion, actor: a, first: held(x, 0, one(worldA)), cur: &resigned, op: revoke("role_1"), want: "own_role", without: worldAccepted},
		{name: "S18 groups without union", guard: guardBatchUnion, actor: a, first: inG, cur: &outOfG, op: assign(g, 1), want: "self_dealing", without: worldAccepted},
	}
}

func TestGuards_VerdictAndReason(t *testing.T) {
	t.Parallel()
	for _, c := range worldCases() {
		t.Run(c.name, func(t *testing.T) {
			var off guards
			for _, g := range c.masked {
				off |= 1 << g
			}
			if got := c.verdict(off); got != c.want {
				t.Errorf("with the guard: %s, want %s", got, c.want)
			}
			if got := c.verdict(off | 1<<c.guard); got != c.without {
				t.Errorf("without the guard: %s, want %s", got, c.without)
			}
		})
	}
}

func (c worldCase) verdict(off guards) string {
	first := c.first.layers()
	cur := first
	if c.cur != nil {
		cur = c.cur.layers()
	}
	_, err := decide(worldRules(c.reserved, off), first, cur, c.actor, c.op, int64(c.first.now))
	var denied *DeniedError
	switch {
	case err == nil:
		return worldAccepted
	case errors.As(err, &denied):
		return string(denied.Reason)
	}
	return err.Error()
}

// The activation cover alone is what keeps an Owner from activating a role that
// cannot be read: for everybody else dominance implies it.
func TestGuards_S11_DamagedRoleStaysShut(t *testing.T) {
	t.Parallel()
	active := Active
	c := worldCase{
		actor: As("c"), op: EditRole(RoleEdit{ID: "role_1", Version: 1, Status: &active}),
		first: worldHeld([3]worldRole{0, worldMade(0, Suspended) | worldDamaged}, 0, worldRow{worldC, worldOwnerRole, worldOpen}),
	}
	for off, want := range map[guards]string{0: "coverage", 1 << guardEditCover: "coverage", 1 << guardActivationCover: worldAccepted} {
		if got := c.verdict(off); got != want {
			t.Errorf("without guards %b: %s, want %s", off, got, want)
		}
	}
}

// Owner is held without a period, however it comes about.
func TestGuards_S13_OwnerIsInheritedForGood(t *testing.T) {
	t.Parallel()
	c := worldCase{
		actor: As("c"), op: DeleteRole(RoleDeletion{ID: "role_1", Version: 1, Reassign: OwnerRole}),
		first: worldHeld([3]worldRole{0, worldMade(worldX, Active)}, 0, worldRow{worldC, worldOwnerRole, worldOpen}, worldRow{worldB, 1, worldUntil2}),
	}
	if got := c.verdict(0); got != "window" {
		t.Errorf("a period on Owner: %s, want window", got)
	}
}

// A new guard needs a detector: a property that breaks without it, or a case
// of its own above.
func TestGuards_EachHasADetector(t *testing.T) {
	t.Parallel()
	detected := map[guard]bool{}
	for _, d := range worldDetectors {
		for _, g := range d.guards {
			detected[g] = true
		}
	}
	for _, c := range worldCases() {
		detected[c.guard] = true
	}
	names := worldGuardNames(t)
	for i, name := range names {
		if !detected[guard(i)] {
			t.Errorf("%s has no detector", name)
		}
	}
	if names[guardBatchUnion] != "guardBatchUnion" || names[guardTopCover] != "guardTopCover" {
		t.Errorf("the guards were not read as declared: %v", names)
	}
}

// worldGuardNames reads the names of the guard constants, in order, from the
// declaration: the one block whose first constant has type guard.
func worldGuardNames(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "ruleset.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		block, ok := decl.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		first := block.Specs[0].(*ast.ValueSpec)
		if kind, ok := first.Type.(*ast.Ident); !ok || kind.Name != "guard" {
			continue
		}
		for _, spec := range block.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				names = append(names, name.Name)
			}
		}
	}
	return names
}
