package naive

import (
	"maps"
	"testing"
)

// The expected answers below were derived by hand from shared/design/semantics.md.

func TestRoles(t *testing.T) {
	check(t, []example{
		{
			name: "S1 authority is the union of two roles", start: actorWith("v c").role("more", "x").give("al", "more"),
			actor: al, ops: batch(create("R", "x c")), after: func(w *world) { w.role("new", "x c").named("new", "R").version("new", 1) },
		},
		{
			name: "S1 a suspended role adds nothing", start: actorWith("v c").role("more", "x").status("more", "suspended").give("al", "more"),
			actor: al, ops: batch(create("R", "x c")), reason: "coverage", missing: []string{"x"},
		},
		{
			name: "S1 narrowing takes the other role away", start: actorWith("v c").role("more", "x").give("al", "more"),
			actor: Actor{Kind: "user", User: "al", Narrowed: true, Only: []string{"boss"}},
			ops:   batch(create("R", "x")), reason: "coverage", missing: []string{"x"},
		},
		{
			name: "S1 Only() is nothing", start: cast(), actor: Actor{Kind: "user", User: "own", Narrowed: true},
			ops: batch(create("R", "")), reason: "permission",
		},
		{
			name: "S1 Only of a role not held is ignored", start: cast(),
			actor: Actor{Kind: "user", User: "al", Narrowed: true, Only: []string{"owner"}}, ops: batch(create("R", "")), reason: "permission",
		},
		{name: "S2 create needs its permission", start: actorWith("v e d A V g x"), actor: al, ops: batch(create("R", "x")), reason: "permission"},
		{name: "S2 create needs view too", start: actorWith("c x"), actor: al, ops: batch(create("R", "x")), reason: "permission"},
		{
			name: "S3 equal sets may be created, creator unassigned", start: actorWith("v c x"), actor: al, ops: batch(create("R", "v c x")),
			after: func(w *world) { w.role("new", "v c x").named("new", "R").version("new", 1) },
		},
		{
			name: "S3 metadata description and status", start: cast(), actor: al,
			ops: batch(Op{Kind: "create", Role: "new", Name: "R", Description: "d", Status: "suspended", Metadata: map[string]string{"a": "b"}}),
			after: func(w *world) {
				w.role("new", "").named("new", "R").version("new", 1).status("new", "suspended")
				w.s.Roles["new"].Description, w.s.Roles["new"].Metadata = "d", map[string]string{"a": "b"}
			},
		},
		{name: "S3 uncovered", start: cast(), actor: al, ops: batch(create("R", "x z k")), reason: "coverage", missing: []string{"k", "z"}},
		{name: "S3 unknown name is invalid", start: cast(), actor: al, ops: batch(create("R", "gone")), reason: "invalid"},
		{name: "S3 OwnerOnly refused to al before coverage", start: cast(), actor: al, ops: batch(create("R", "z oo")), reason: "owner_only", missing: []string{"oo"}},
		{name: "S3 OwnerOnly refused to Owner", start: cast(), actor: own, ops: batch(create("R", "oo")), reason: "owner_only", missing: []string{"oo"}},
		{name: "S3 OwnerOnly refused to System", start: cast(), actor: System(), ops: batch(create("R", "oo")), reason: "owner_only", missing: []string{"oo"}},
		{
			name: "S3 Owner any delegable set", start: cast(), actor: own, ops: batch(create("R", "x y z k h")),
			after: func(w *world) { w.role("new", "x y z k h").named("new", "R").version("new", 1) },
		},
		{
			name: "S3 System any delegable set", start: cast(), actor: System(), ops: batch(create("R", "z")),
			after: func(w *world) { w.role("new", "z").named("new", "R").version("new", 1) },
		},
		{
			name: "S3 blocked needs Owner", start: cast(), actor: al,
			ops: batch(Op{Kind: "create", Role: "new", Name: "R", Status: "blocked"}), reason: "frozen",
		},
		{
			name: "S3 Owner creates blocked", start: cast(), actor: own, ops: batch(Op{Kind: "create", Role: "new", Name: "R", Status: "blocked"}),
			after: func(w *world) { w.role("new", "").named("new", "R").version("new", 1).status("new", "blocked") },
		},
		{name: "S4 add a covered name", start: cast(), actor: al, ops: batch(grant("small", "y")), after: func(w *world) { w.role("small", "x y").version("small", 4) }},
		{name: "S4 replace the set", start: cast(), actor: al, ops: batch(editPerms("small", "y")), after: func(w *world) { w.role("small", "y").version("small", 4) }},
		{name: "S4 revoke", start: cast(), actor: al, ops: batch(revoke("small", "x")), after: func(w *world) { w.role("small", "").version("small", 4) }},
		{name: "S4 rename", start: cast(), actor: al, ops: batch(editName("small", "Klein")), after: func(w *world) { w.named("small", "Klein").version("small", 4) }},
		{name: "S4 new set uncovered", start: cast(), actor: al, ops: batch(grant("small", "y z")), reason: "coverage", missing: []string{"z"}},
		{name: "S4 whole new set is named in Missing", start: cast(), actor: al, ops: batch(editPerms("small", "x k z")), reason: "coverage", missing: []string{"k", "z"}},
		{name: "S4 new set may equal one's own", start: actorWith("v e x").role("r", "x"), actor: al, ops: batch(editPerms("r", "v e x")), after: func(w *world) { w.role("r", "v e x").version("r", 4) }},
		{name: "S4 old set: shrink a superset", start: cast(), actor: al, ops: batch(editPerms("big", "x")), reason: "dominance"},
		{name: "S4 old set: remove a name one lacks", start: cast(), actor: al, ops: batch(revoke("big", "z")), reason: "dominance"},
		{name: "S4 incomparable", start: cast(), actor: al, ops: batch(grant("big", "y")), reason: "dominance"},
		{name: "S4 incomparable rename", start: cast(), actor: al, ops: batch(editName("big", "B")), reason: "dominance"},
		{
			name: "S4 an outranker is harmed", start: cast().give("se", "small").drop(User("se"), "senior").role("most", everyAdmin+"y x").give("se", "most").
				row(User("se"), "most", 0, 2000, ""), // x from most is not for ever
			actor: al, ops: batch(revoke("small", "x")), reason: "harms", subject: User("se"),
		},
		{
			name: "S4 what is kept through another role is not taken", start: cast().give("se", "small"), actor: al,
			ops: batch(revoke("small", "x")), after: func(w *world) { w.role("small", "").version("small", 4) },
		},
		{name: "S4 retired name cannot be added", start: cast(), actor: own, ops: batch(grant("small", "gone")), reason: "invalid"},
		{name: "S4 Owner keeps a retired name", start: cast().role("old", "gone x"), actor: own, ops: batch(editPerms("old", "gone")), after: func(w *world) { w.role("old", "gone").version("old", 4) }},
		{name: "S4 Owner drops a retired name", start: cast().role("old", "gone x"), actor: own, ops: batch(revoke("old", "gone")), after: func(w *world) { w.role("old", "x").version("old", 4) }},
		{name: "S4 al cannot touch a retired name", start: cast().role("old", "gone x"), actor: al, ops: batch(revoke("old", "gone")), reason: "dominance"},
		{name: "S4 Owner keeps a stored OwnerOnly name", start: cast().role("old", "oo x"), actor: own, ops: batch(editPerms("old", "oo")), after: func(w *world) { w.role("old", "oo").version("old", 4) }},
		{name: "S4 Owner cannot add an OwnerOnly name", start: cast(), actor: own, ops: batch(grant("small", "oo y")), reason: "owner_only", missing: []string{"oo"}},
		{name: "S5 equal is not above", start: cast(), actor: al, ops: batch(editName("peer", "P")), reason: "dominance"},
		{name: "S5 Owner is above every custom role", start: cast().role("all", "v c e d A V g h x y z k"), actor: own, ops: batch(grant("all", "x")), after: nil},
		{name: "S5 all permissions are not top", start: cast().role("all", "v c e d A V g h x y z k").give("lu", "all"), actor: As("lu"), ops: batch(editName("all", "A")), reason: "own_role"},
		{name: "S6 own role refused before dominance", start: cast(), actor: al, ops: batch(grant("boss", "x")), reason: "own_role"},
		{name: "S6 no-op edit of own role", start: cast(), actor: al, ops: batch(edit("boss")), reason: "own_role"},
		{name: "S6 own suspended role", start: cast().give("al", "small").status("small", "suspended"), actor: al, ops: batch(editName("small", "S")), reason: "own_role"},
		{name: "S6 own blocked role before frozen", start: cast().give("al", "small").status("small", "blocked"), actor: al, ops: batch(remove("small")), reason: "own_role"},
		{name: "S6 own role via nested group", start: cast().giveGroup("all", "small").nest("all", "eng").join("eng", "al"), actor: al, ops: batch(editName("small", "S")), reason: "own_role"},
		{name: "S6 own role via asserted group", start: cast().giveGroup("eng", "small"), actor: Actor{Kind: "user", User: "al", Asserted: []string{"eng"}}, ops: batch(remove("small")), reason: "own_role"},
		{name: "S6 future role is own", start: cast().row(User("al"), "small", 5000, 0, ""), actor: al, ops: batch(editStatus("small", "suspended")), reason: "own_role"},
		{name: "S6 expired role is not", start: cast().row(User("al"), "small", 0, now, ""), actor: al, ops: batch(editName("small", "S")), after: func(w *world) { w.named("small", "S").version("small", 4) }},
		{name: "S6 narrowing does not launder", start: cast().give("al", "small"), actor: Actor{Kind: "user", User: "al", Narrowed: true, Only: []string{"boss"}}, ops: batch(editName("small", "S")), reason: "own_role"},
		{name: "S6 Owner may", start: cast().give("own", "small"), actor: own, ops: batch(editName("small", "S")), after: func(w *world) { w.named("small", "S").version("small", 4) }},
		{name: "S6 narrowed Owner may not", start: cast().give("own", "small", "admin"), actor: Actor{Kind: "user", User: "own", Narrowed: true, Only: []string{"admin"}}, ops: batch(editName("small", "S")), reason: "own_role"},
	})
}

func TestStatus(t *testing.T) {
	suspended := func() *world { return cast().status("small", "suspended") }
	blocked := func() *world { return cast().status("small", "blocked") }
	mixed := editStatus("small", "blocked")
	mixed.SetName, mixed.Name = true, "S"
	sameName := editStatus("small", "blocked")
	sameName.SetName, sameName.Name = true, "name small"
	out := editStatus("small", "active")
	out.SetPerms, out.Perms = true, perms("x y")
	list := []example{
		{name: "S11 suspend", start: cast(), actor: al, ops: batch(editStatus("small", "suspended")), after: func(w *world) { w.status("small", "suspended").version("small", 4) }},
		{name: "S11 suspended may be edited", start: suspended(), actor: al, ops: batch(grant("small", "y")), after: func(w *world) { w.role("small", "x y").status("small", "suspended").version("small", 4) }},
		{name: "S11 activate covered", start: suspended(), actor: al, ops: batch(editStatus("small", "active")), after: func(w *world) { w.status("small", "active").version("small", 4) }},
		{name: "S11 activate uncovered", start: cast().status("big", "suspended"), actor: al, ops: batch(editStatus("big", "active")), reason: "dominance"},
		{name: "S11 suspending harms", start: cast().give("se", "small").row(User("se"), "senior", 0, 2000, ""), actor: al, ops: batch(editStatus("small", "suspended")), reason: "harms", subject: User("se")},
		{name: "S11 suspended accepts no assignment", start: suspended(), actor: al, ops: batch(assign(User("bo"), "small")), reason: "inactive"},
		{name: "S11 suspended accepts no assignment by System", start: suspended(), actor: System(), ops: batch(assign(User("bo"), "small")), reason: "inactive"},
		{name: "S11 suspended can be unassigned", start: suspended().give("bo", "small"), actor: al, ops: batch(unassign(User("bo"), "small")), after: func(w *world) { w.drop(User("bo"), "small") }},
		{name: "S11 blocked accepts no assignment by Owner", start: blocked(), actor: own, ops: batch(assign(User("bo"), "small")), reason: "frozen"},
		{name: "S11 blocked can be unassigned", start: blocked().give("bo", "small"), actor: al, ops: batch(unassign(User("bo"), "small")), after: func(w *world) { w.drop(User("bo"), "small") }},
		{name: "S11 unknown status is blocked", start: cast().status("small", "odd"), actor: own, ops: batch(grant("small", "y")), reason: "frozen"},
		{name: "S11 only an Owner moves into blocked", start: cast(), actor: al, ops: batch(editStatus("small", "blocked")), reason: "frozen"},
		{name: "S11 Owner moves into blocked", start: cast(), actor: own, ops: batch(editStatus("small", "blocked")), after: func(w *world) { w.status("small", "blocked").version("small", 4) }},
		{name: "S11 into blocked changes nothing else", start: cast(), actor: own, ops: batch(mixed), reason: "frozen"},
		{name: "S11 a stored value is no change", start: cast(), actor: own, ops: batch(sameName), after: func(w *world) { w.status("small", "blocked").version("small", 4) }},
		{name: "S11 Owner moves out of blocked", start: blocked(), actor: own, ops: batch(editStatus("small", "suspended")), after: func(w *world) { w.status("small", "suspended").version("small", 4) }},
		{name: "S11 System moves out of an unknown status", start: cast().status("small", "odd"), actor: System(), ops: batch(editStatus("small", "active")), after: func(w *world) { w.status("small", "active").version("small", 4) }},
		{name: "S11 out of blocked changes nothing else", start: blocked(), actor: own, ops: batch(out), reason: "frozen"},
		{name: "S11 al does not move out of blocked", start: blocked(), actor: al, ops: batch(editStatus("small", "active")), reason: "frozen"},
		{name: "S11 blocked deletable by Owner", start: blocked(), actor: own, ops: batch(remove("small")), after: func(w *world) { w.without("small") }},
		{name: "S11 unknown status asked for", start: cast(), actor: own, ops: batch(editStatus("small", "odd")), reason: "invalid"},
	}
	list = append(list, every(
		example{name: "S11 blocked is frozen for al", start: blocked(), actor: al, reason: "frozen"},
		edit("small"), grant("small", "x"), revoke("small", "x"), editName("small", "S"), editStatus("small", "blocked"), remove("small"), assign(User("bo"), "small"))...)
	list = append(list, every(
		example{name: "S11 blocked is frozen for Owner", start: blocked(), actor: own, reason: "frozen"},
		edit("small"), grant("small", "x"), revoke("small", "x"), editName("small", "S"), editStatus("small", "blocked"))...)
	check(t, list)
}

func TestDelete(t *testing.T) {
	held := func() *world { return cast().role("r", "x").give("bo", "r") }
	check(t, []example{
		{name: "S12 delete", start: cast(), actor: al, ops: batch(remove("small")), after: func(w *world) { w.without("small") }},
		{name: "S12 delete no outranker is asked", start: held().give("se", "r"), actor: al, ops: batch(remove("r")), reason: "in_use", count: 2},
		{name: "S12 future row and empty group count", start: cast().row(User("bo"), "small", 5000, 0, "").giveGroup("eng", "small"), actor: al, ops: batch(remove("small")), reason: "in_use", count: 2},
		{name: "S12 a row of a suspended role counts for Owner", start: held().status("r", "suspended"), actor: own, ops: batch(remove("r")), reason: "in_use", count: 1},
		{name: "S12 in use for System", start: held(), actor: System(), ops: batch(remove("r")), reason: "in_use", count: 1},
		{name: "S12 expired rows go with the role", start: cast().row(User("bo"), "small", 0, 500, ""), actor: al, ops: batch(remove("small")), after: func(w *world) { w.without("small").drop(User("bo"), "small") }},
		{name: "S12 the version seen", start: cast(), actor: al, ops: batch(Op{Kind: "delete", Role: "small", Version: 2}), reason: "version"},
		{name: "S12 version zero", start: cast(), actor: al, ops: batch(Op{Kind: "delete", Role: "small"}), reason: "invalid"},
		{name: "S12 dominance", start: cast(), actor: al, ops: batch(remove("big")), reason: "dominance"},
		{name: "S12 equal", start: cast().drop(User("pe"), "peer"), actor: al, ops: batch(remove("peer")), reason: "dominance"},
		{
			name: "S13 user and group move, window kept", start: held().row(User("bo"), "r", 500, 2000, "").giveGroup("eng", "r"), actor: al, ops: batch(reassign("r", "small")),
			after: func(w *world) {
				w.without("r").drop(User("bo"), "r").drop(Group("eng"), "r")
				w.row(User("bo"), "small", 500, 2000, "al").row(Group("eng"), "small", 0, 0, "al")
			},
		},
		{
			name: "S13 union of overlapping windows", start: held().row(User("bo"), "r", 500, 2000, "").row(User("bo"), "small", 1500, 3000, ""), actor: al, ops: batch(reassign("r", "small")),
			after: func(w *world) { w.without("r").drop(User("bo"), "r").row(User("bo"), "small", 500, 3000, "al") },
		},
		{
			name: "S13 union of touching windows", start: held().row(User("bo"), "r", 0, 2000, "").row(User("bo"), "small", 2000, 0, ""), actor: al, ops: batch(reassign("r", "small")),
			after: func(w *world) { w.without("r").drop(User("bo"), "r").row(User("bo"), "small", 0, 0, "al") },
		},
		{
			name: "S13 the larger window stays as it was granted", start: held().row(User("bo"), "r", 0, 2000, "").row(User("bo"), "small", 0, 0, "zz"), actor: al, ops: batch(reassign("r", "small")),
			after: func(w *world) { w.without("r").drop(User("bo"), "r") },
		},
		{name: "S13 a gap is refused", start: held().row(User("bo"), "r", 0, 2000, "").row(User("bo"), "small", 2001, 0, ""), actor: al, ops: batch(reassign("r", "small")), reason: "window"},
		{
			name: "S13 an expired row of the target does not count", start: held().row(User("bo"), "r", 900, 2000, "").row(User("bo"), "small", 0, 800, "").row(User("ex"), "r", 0, 10, ""), actor: al, ops: batch(reassign("r", "small")),
			after: func(w *world) {
				w.without("r").drop(User("bo"), "r").drop(User("ex"), "r").row(User("bo"), "small", 900, 2000, "al")
			},
		},
		{name: "S13 upward", start: held(), actor: al, ops: batch(reassign("r", "big")), reason: "coverage"},
		{name: "S13 to Owner by al", start: held(), actor: al, ops: batch(reassign("r", "owner")), reason: "owner"},
		{name: "S13 to Owner by Owner", start: held(), actor: own, ops: batch(reassign("r", "owner")), after: func(w *world) { w.without("r").drop(User("bo"), "r").row(User("bo"), "owner", 0, 0, "own") }},
		{name: "S13 to Owner with a group holder", start: held().giveGroup("eng", "r"), actor: own, ops: batch(reassign("r", "owner")), reason: "owner"},
		{name: "S13 to Owner with a group holder, System", start: held().giveGroup("eng", "r"), actor: System(), ops: batch(reassign("r", "owner")), reason: "owner"},
		{name: "S13 to Owner with a window", start: held().row(User("bo"), "r", 0, 2000, ""), actor: own, ops: batch(reassign("r", "owner")), reason: "window"},
		{name: "S13 to a suspended role", start: held().status("small", "suspended"), actor: al, ops: batch(reassign("r", "small")), reason: "inactive"},
		{name: "S13 to a blocked role", start: held().status("small", "blocked"), actor: own, ops: batch(reassign("r", "small")), reason: "frozen"},
		{name: "S13 to itself", start: held(), actor: own, ops: batch(reassign("r", "r")), reason: "invalid"},
		{name: "S13 to a missing role", start: held(), actor: own, ops: batch(reassign("r", "nope")), reason: "not_found"},
		{name: "S13 to a prebuilt role", start: held(), actor: al, ops: batch(reassign("r", "user")), after: func(w *world) { w.without("r").drop(User("bo"), "r").row(User("bo"), "user", 0, 0, "al") }},
		{name: "S13 a holder outranks", start: held().give("se", "r").give("pe", "r"), actor: al, ops: batch(reassign("r", "small")), reason: "outranked", subject: User("pe")},
		{
			name: "S13 an outranker is harmed through a group", start: cast().role("r", "x").giveGroup("eng", "r").join("eng", "pe").row(User("pe"), "peer", 0, 2000, ""),
			actor: al, ops: batch(reassign("r", "user")), reason: "harms", subject: User("pe"),
		},
		{
			name: "S13 harms judged on the whole", start: cast().role("r", "x").giveGroup("eng", "r").join("eng", "pe").row(User("pe"), "peer", 0, 2000, ""),
			actor: al, ops: batch(reassign("r", "small")), after: func(w *world) { w.without("r").drop(Group("eng"), "r").row(Group("eng"), "small", 0, 0, "al") },
		},
		{name: "S13 needs assign", start: actorWith("v d V x").role("r", "").role("q", ""), actor: al, ops: batch(reassign("r", "q")), reason: "permission"},
		{name: "S13 needs unassign", start: actorWith("v d A x").role("r", "").role("q", ""), actor: al, ops: batch(reassign("r", "q")), reason: "permission"},
		{name: "S13 the version seen", start: held().version("r", 9), actor: al, ops: batch(reassign("r", "small")), reason: "version"},
	})
}

func TestPrebuilt(t *testing.T) {
	for _, actor := range []Actor{al, own, System()} {
		for _, role := range []string{"owner", "admin", "user"} {
			check(t, every(
				example{name: "S14 " + role + " by " + actor.Kind + actor.User, start: cast(), actor: actor, reason: "prebuilt"},
				edit(role), editName(role, "Z"), editPerms(role, ""), editStatus(role, "suspended"), grant(role, "x"), revoke(role, "x"), remove(role), reassign(role, "small")))
		}
	}
}

func TestNameKey(t *testing.T) {
	cfg, s := testConfig(), cast().named("small", "Straße").s
	for name, taken := range map[string]bool{
		"OWNER": true, "oWner": true, "Ｏｗｎｅｒ": true, "Admın": true, "ADMİN": true, "Ádmin": true, "Owner2": false,
		"MITGLIED FUR ALLE": true, "STRASSE": true, "strasse": true, "Strasße": false, "ﬀ": false, "name big": true, "straße x": false,
	} {
		if got := nameTaken(cfg, s, "other", name); got != taken {
			t.Errorf("S19 %q: taken %v, want %v", name, got, taken)
		}
	}
	if nameTaken(cfg, s, "small", "STRASSE") {
		t.Error("S19: a role's own name is not taken for itself")
	}
	maps.DeleteFunc(s.Roles, func(id string, _ *Role) bool { return id == "small" })
	if nameTaken(cfg, s, "other", "Strasse") {
		t.Error("S19: the name of a deleted role is free")
	}
}
