package naive

import "testing"

func TestBatch(t *testing.T) {
	me, bo := User("al"), User("bo")
	newRole := func(words string) func(*world) {
		return func(w *world) { w.role("new", words).named("new", "R").version("new", 1) }
	}
	check(t, []example{
		{name: "S18 nothing", start: cast(), actor: al},
		{
			name: "S18 create and assign", start: cast(), actor: al, ops: batch(create("R", "x"), assign(bo, "new")),
			after: func(w *world) { newRole("x")(w); w.row(bo, "new", 0, 0, "al") },
		},
		{name: "S18 create and grant is version 1", start: cast(), actor: al, ops: batch(create("R", "x"), grant("new", "y")), after: newRole("x y")},
		{name: "S18 a role made in the batch has no version", start: cast(), actor: al, ops: batch(create("R", "x"), Op{Kind: "delete", Role: "new", Version: 1}), reason: "version"},
		{name: "S18 several ops, one version", start: cast(), actor: al, ops: batch(grant("small", "y"), editName("small", "S")), after: func(w *world) { w.role("small", "x y").named("small", "S").version("small", 4) }},
		{name: "S18 the version is that before the batch", start: cast(), actor: al, ops: batch(grant("small", "y"), Op{Kind: "edit", Role: "small", Version: 4}), reason: "version"},
		{name: "S18 all or nothing", start: cast(), actor: al, ops: batch(grant("small", "y"), assign(bo, "big")), reason: "coverage"},
		{
			name: "S18 resigning first buys nothing: own role", start: cast().give("al", "small"), actor: al,
			ops: batch(unassign(me, "small"), editName("small", "S")), reason: "own_role",
		},
		{
			name: "S18 leaving first buys nothing: own group", start: cast().join("eng", "al"), actor: al,
			ops: batch(take("eng", me), assign(Group("eng"), "small")), reason: "self_dealing",
		},
		{
			name: "S18 authority lost in the batch is lost", start: cast().role("xs", "k").give("al", "xs"), actor: al,
			ops: batch(unassign(me, "xs"), create("R", "k")), reason: "coverage", missing: []string{"k"},
		},
		{
			name: "S18 an Owner who resigned is none", start: cast().give("own2", "owner"), actor: own,
			ops: batch(unassign(User("own"), "owner"), create("R", "")), reason: "permission",
		},
		{
			name: "S18 made Owner by hand, then another line", start: cast().give("own2", "owner"), actor: own,
			ops: batch(unassign(User("own"), "owner"), assign(User("own"), "owner")), reason: "permission",
		},
		{
			name: "S18 outranks in the current state, with the authority of then", start: cast().role("plus", "k").give("al", "plus"), actor: al,
			// al resigns k: now pe equals al.
			ops: batch(unassign(me, "plus"), assign(User("pe"), "small")), reason: "outranked", subject: User("pe"),
		},
		{
			name: "S18 without that first line", start: cast().role("plus", "k").give("al", "plus"), actor: al,
			ops: batch(assign(User("pe"), "small")), after: func(w *world) { w.row(User("pe"), "small", 0, 0, "al") },
		},
		{
			name: "S18 sets and rows are those of the growing state", start: cast(), actor: own, ops: batch(grant("small", "z"), assign(bo, "small"), remove("small")),
			reason: "in_use", count: 1,
		},
		{
			name: "S18 unassign all, then delete", start: cast().give("bo", "small"), actor: al, ops: batch(unassign(bo, "small"), remove("small")),
			after: func(w *world) { w.drop(bo, "small").without("small") },
		},
		{name: "S18 deleted, then named", start: cast(), actor: al, ops: batch(remove("small"), assign(bo, "small")), reason: "not_found"},
		{
			name: "S12 a re-created name is a new role", start: cast(), actor: al, ops: batch(remove("small"), create("name small", "x")),
			after: func(w *world) { w.without("small").role("new", "x").named("new", "name small").version("new", 1) },
		},
	})
}

// Under the other rules an actor can neither gain authority in the middle of a batch nor take it
// from somebody who outranks them, so these two halves of S18 are shown on two given states.
func TestFirstAndCurrent(t *testing.T) {
	poor, rich := actorWith("v c").s, actorWith("v c x").s
	j := judgement{cfg: testConfig(), first: poor, state: rich, actor: al, now: now, op: create("R", "x")}
	if v := j.refusal(); v.Reason != "coverage" {
		t.Errorf("S18 authority of the current state alone: %+v", v)
	}
	j.first, j.state = rich, poor
	if v := j.refusal(); v.Reason != "coverage" {
		t.Errorf("S18 authority of the first state alone: %+v", v)
	}
	j = judgement{
		cfg: testConfig(), first: cast().s, state: cast().drop(User("pe"), "peer").s, actor: al, now: now,
		op: assign(User("pe"), "small"),
	}
	if v := j.refusal(); v.Reason != "outranked" {
		t.Errorf("S18 outranks in the first state: %+v", v)
	}
}

func TestReasons(t *testing.T) {
	bo := User("bo")
	everything := []Op{
		create("R", ""), edit("small"), grant("small", ""), revoke("small", ""), remove("small"), reassign("small", "none"),
		assign(bo, "small"), unassign(bo, "small"), add("eng", bo), take("eng", bo), offboard(bo),
		bootstrap("bo"),
		{Kind: "sweep"},
		{Kind: "erase"},
	}
	list := every(example{name: "S23 zero actor", start: cast(), reason: "actor"}, everything...)
	list = append(list, every(example{name: "S23 unknown actor kind", start: cast(), actor: Actor{Kind: "root", User: "own"}, reason: "actor"}, everything...)...)
	list = append(list, every(example{name: "S22 actor without id", start: cast(), actor: As(""), reason: "invalid"}, everything...)...)
	list = append(list, every(example{name: "S2 all but its own permission", start: actorWith("v h x y z").role("small", "").role("none", ""), actor: al, reason: "permission"}, everything...)...)
	list = append(list, every(example{name: "S20 hidden without view", start: cast(), actor: As("bo"), reason: "not_found"},
		edit("small"), edit("nope"), Op{Kind: "edit", Role: "small", Version: 77}, grant("small", "gone"), revoke("small", ""), remove("big"), assign(bo, "small"), assign(bo, "nope"), unassign(User("se"), "small"), reassign("none", "small"))...)
	list = append(list, every(example{name: "S22 own and prebuilt roles are seen without view", start: cast(), actor: As("bo"), reason: "permission"},
		edit("none"), remove("none"), assign(bo, "none"), assign(bo, "admin"), edit("admin"), assign(bo, "owner"), unassign(User("own"), "owner"), reassign("none", "user"))...)
	list = append(list, every(example{name: "S22 input syntax before everything", start: cast(), actor: As("bo"), reason: "invalid"},
		create("", ""), create("R", "gone"), Op{Kind: "create", Role: "new", Name: "R", Status: "odd"}, Op{Kind: "create", Role: "", Name: "R"},
		Op{Kind: "edit", Role: "nope"}, editStatus("nope", "odd"), editName("nope", ""), Op{Kind: "grant"}, reassign("nope", "nope"),
		assign(Subject{}, "nope"), assign(Subject{Kind: "robot", ID: "r"}, "nope"), assign(bo, ""), assign(Group("g"), "owner"), unassign(User(""), "nope"),
		add("", bo), add("eng", Subject{}), take("", bo), offboard(Subject{}), bootstrap(""), Op{Kind: "bootstrap", Subject: Group("g")}, Op{Kind: "paint"}, Op{})...)
	list = append(list, []example{
		{name: "S22 unknown name after visibility, before permission", start: actorWith("x").role("r", "x"), actor: al, ops: batch(grant("boss", "gone")), reason: "invalid"},
		{name: "S22 prebuilt before version", start: cast(), actor: own, ops: batch(Op{Kind: "edit", Role: "admin", Version: 99}), reason: "prebuilt"},
		{name: "S22 own role before frozen and version", start: cast().give("al", "big").status("big", "blocked"), actor: al, ops: batch(Op{Kind: "edit", Role: "big", Version: 99}), reason: "own_role"},
		{name: "S22 frozen before version", start: cast().status("big", "blocked"), actor: al, ops: batch(Op{Kind: "edit", Role: "big", Version: 99}), reason: "frozen"},
		{name: "S22 version before dominance", start: cast(), actor: al, ops: batch(Op{Kind: "edit", Role: "big", Version: 99}), reason: "version"},
		{name: "S22 dominance before coverage", start: cast(), actor: al, ops: batch(grant("big", "k")), reason: "dominance"},
		{name: "S22 dominance before owner_only", start: cast(), actor: al, ops: batch(grant("big", "oo")), reason: "dominance"},
		{name: "S22 coverage before inactive", start: cast().status("big", "suspended"), actor: al, ops: batch(assign(bo, "big")), reason: "coverage"},
		{name: "S22 inactive before self-dealing", start: cast().status("small", "suspended"), actor: al, ops: batch(assign(User("al"), "small")), reason: "inactive"},
		{name: "S22 coverage before self-dealing", start: cast(), actor: al, ops: batch(assign(User("al"), "big")), reason: "coverage"},
		{name: "S22 outranked before window", start: cast().row(User("se"), "small", 0, 5000, ""), actor: al, ops: batch(assign(User("se"), "small")), reason: "outranked", subject: User("se")},
		{name: "S22 coverage before name taken", start: cast(), actor: al, ops: batch(create("Owner", "z")), reason: "coverage", missing: []string{"z"}},
		{name: "S22 self-dealing before cycle", start: cast().join("eng", "al"), actor: al, ops: batch(add("eng", Group("eng"))), reason: "self_dealing"},
		{name: "S19 name taken on create", start: cast(), actor: al, ops: batch(create("NAME BIG", "")), reason: "name_taken"},
		{name: "S19 prebuilt name on create by System", start: cast(), actor: System(), ops: batch(create("ADMIN", "")), reason: "name_taken"},
		{name: "S19 name taken on rename", start: cast(), actor: own, ops: batch(editName("small", "Name Big")), reason: "name_taken"},
		{name: "S19 rename to one's own key", start: cast(), actor: al, ops: batch(editName("small", "NAME small")), after: func(w *world) { w.named("small", "NAME small").version("small", 4) }},
		{name: "S22 edit without a field is a no-op", start: cast(), actor: al, ops: batch(edit("small"))},
		{name: "S22 edit with stored values is a no-op", start: cast(), actor: al, ops: batch(editPerms("small", "x x"))},
		{name: "S22 granting what is there", start: cast(), actor: al, ops: batch(grant("small", "x"))},
		{name: "S22 revoking what is not there", start: cast(), actor: al, ops: batch(revoke("small", "y"))},
		{name: "bootstrap an empty tenant", start: empty(), actor: System(), ops: batch(bootstrap("bo")), after: func(w *world) { w.give("bo", "owner") }},
		{name: "bootstrap the same again", start: cast(), actor: System(), ops: batch(bootstrap("own"))},
		{name: "bootstrap somebody else", start: cast(), actor: System(), ops: batch(bootstrap("bo")), reason: "has_owner"},
		{name: "bootstrap by an Owner", start: cast(), actor: own, ops: batch(bootstrap("own")), reason: "permission"},
		{name: "sweep", start: cast().row(bo, "small", 0, now, "").row(bo, "big", 0, now+1, ""), actor: System(), ops: batch(Op{Kind: "sweep"}), after: func(w *world) { w.drop(bo, "small") }},
		{name: "sweep nothing", start: cast(), actor: System(), ops: batch(Op{Kind: "sweep"})},
		{name: "retired role cannot be assigned", start: cast().give("bo", "ghost"), actor: own, ops: batch(assign(User("se"), "ghost")), reason: "not_found"},
		{name: "retired row not seen by al", start: cast().give("bo", "ghost"), actor: al, ops: batch(unassign(bo, "ghost")), reason: "not_found"},
		{name: "retired row unassigned by Owner", start: cast().give("bo", "ghost"), actor: own, ops: batch(unassign(bo, "ghost")), after: func(w *world) { w.drop(bo, "ghost") }},
		{name: "retired row resigned", start: cast().give("bo", "ghost"), actor: As("bo"), ops: batch(unassign(bo, "ghost")), after: func(w *world) { w.drop(bo, "ghost") }},
		{name: "retired, but no such row", start: cast().give("bo", "ghost"), actor: own, ops: batch(unassign(User("se"), "ghost")), reason: "not_found"},
		{name: "retired role in a closure, al", start: cast().giveGroup("eng", "ghost"), actor: al, ops: batch(add("eng", bo)), reason: "coverage"},
		{name: "retired role in a closure, Owner", start: cast().giveGroup("eng", "ghost"), actor: own, ops: batch(add("eng", bo)), after: func(w *world) { w.join("eng", "bo") }},
		{name: "damaged is covered by nobody", start: cast().damaged("small"), actor: own, ops: batch(assign(bo, "small")), reason: "coverage"},
		{name: "damaged cannot be unassigned by Owner", start: cast().damaged("small").give("bo", "small"), actor: own, ops: batch(unassign(bo, "small")), reason: "coverage"},
		{name: "damaged unassigned by System", start: cast().damaged("small").give("bo", "small"), actor: System(), ops: batch(unassign(bo, "small")), after: func(w *world) { w.drop(bo, "small") }},
		{name: "damaged is not dominated by al", start: cast().damaged("none"), actor: al, ops: batch(editPerms("none", "x")), reason: "dominance"},
		{name: "damaged deleted by Owner", start: cast().damaged("small"), actor: own, ops: batch(remove("small")), after: func(w *world) { w.without("small") }},
		{name: "damaged repaired by Owner", start: cast().damaged("small"), actor: own, ops: batch(editPerms("small", "y")), after: func(w *world) { w.role("small", "y").version("small", 4) }},
		{name: "damaged renamed by Owner stays unreadable", start: cast().damaged("small"), actor: own, ops: batch(editName("small", "S")), reason: "coverage"},
	}...)
	check(t, list)
}
