package naive

import "testing"

func TestAssignments(t *testing.T) {
	bo, eng := User("bo"), Group("eng")
	check(t, []example{
		{name: "S7 assign", start: cast(), actor: al, ops: batch(assign(bo, "small")), after: func(w *world) { w.row(bo, "small", 0, 0, "al") }},
		{name: "S7 assign an equal role", start: cast(), actor: al, ops: batch(assign(bo, "peer")), after: func(w *world) { w.row(bo, "peer", 0, 0, "al") }},
		{name: "S7 assign one's own role to another", start: cast(), actor: al, ops: batch(assign(bo, "boss")), after: func(w *world) { w.row(bo, "boss", 0, 0, "al") }},
		{name: "S7 to an unregistered user", start: cast(), actor: al, ops: batch(assign(User("who"), "small")), after: func(w *world) { w.row(User("who"), "small", 0, 0, "al") }},
		{name: "S7 to a group", start: cast(), actor: al, ops: batch(assign(eng, "small")), after: func(w *world) { w.row(eng, "small", 0, 0, "al") }},
		{name: "S7 uncovered", start: cast(), actor: al, ops: batch(assign(bo, "big")), reason: "coverage"},
		{name: "S7 uncovered to a group", start: cast(), actor: al, ops: batch(assign(eng, "big")), reason: "coverage"},
		{name: "S7 prebuilt admin uncovered", start: cast(), actor: al, ops: batch(assign(bo, "admin")), reason: "coverage"},
		{name: "S7 a retired name counts", start: cast().role("old", "x gone"), actor: al, ops: batch(assign(bo, "old")), reason: "coverage"},
		{name: "S7 Owner by al", start: cast(), actor: al, ops: batch(assign(bo, "owner")), reason: "owner"},
		{name: "S7 Owner by one with every permission", start: cast().give("ad", "admin"), actor: As("ad"), ops: batch(assign(bo, "owner")), reason: "owner"},
		{name: "S7 Owner by Owner", start: cast(), actor: own, ops: batch(assign(bo, "owner")), after: func(w *world) { w.row(bo, "owner", 0, 0, "own") }},
		{name: "S7 Owner by System", start: cast(), actor: System(), ops: batch(assign(bo, "owner")), after: func(w *world) { w.row(bo, "owner", 0, 0, "") }},
		{name: "S7 Owner to a group", start: cast(), actor: System(), ops: batch(assign(eng, "owner")), reason: "invalid"},
		{name: "S7 Owner with a window", start: cast(), actor: own, ops: batch(assignWindow(bo, "owner", 0, 5000)), reason: "invalid"},
		{name: "S7 window From not before Until", start: cast(), actor: own, ops: batch(assignWindow(bo, "small", 5000, 5000)), reason: "invalid"},
		{name: "S7 window Until not in the future", start: cast(), actor: own, ops: batch(assignWindow(bo, "small", 0, now)), reason: "invalid"},
		{name: "S7 window in the future", start: cast(), actor: al, ops: batch(assignWindow(bo, "small", 2000, 3000)), after: func(w *world) { w.row(bo, "small", 2000, 3000, "al") }},
		{name: "S7 same window again is a no-op", start: cast().row(bo, "small", 2000, 3000, "zz"), actor: al, ops: batch(assignWindow(bo, "small", 2000, 3000))},
		{name: "S7 another window over a live row", start: cast().row(bo, "small", 2000, 3000, ""), actor: al, ops: batch(assign(bo, "small")), reason: "window"},
		{name: "S7 another window over a live row by System", start: cast().row(bo, "small", 2000, 3000, ""), actor: System(), ops: batch(assign(bo, "small")), reason: "window"},
		{name: "S7 over an expired row", start: cast().row(bo, "small", 0, now, ""), actor: al, ops: batch(assign(bo, "small")), after: func(w *world) { w.row(bo, "small", 0, 0, "al") }},
		{name: "S7 a named user outranks", start: cast(), actor: al, ops: batch(assign(User("se"), "small")), reason: "outranked", subject: User("se")},
		{name: "S7 equality outranks", start: cast(), actor: al, ops: batch(assign(User("pe"), "small")), reason: "outranked", subject: User("pe")},
		{name: "S7 an Owner outranks", start: cast(), actor: al, ops: batch(assign(User("own"), "small")), reason: "outranked", subject: User("own")},
		{name: "S7 a future senior does not outrank yet", start: cast().row(User("se"), "senior", 5000, 0, ""), actor: al, ops: batch(assign(User("se"), "small")), after: func(w *world) { w.row(User("se"), "small", 0, 0, "al") }},
		{name: "S7 narrowing raises others above a", start: cast().role("mini", "v A").give("al", "mini").give("mi", "mini"), actor: Actor{Kind: "user", User: "al", Narrowed: true, Only: []string{"mini"}}, ops: batch(assign(User("mi"), "none")), reason: "outranked", subject: User("mi")},
		{name: "S7 nobody outranks an Owner", start: cast().give("own2", "owner"), actor: own, ops: batch(assign(User("own2"), "small")), after: func(w *world) { w.row(User("own2"), "small", 0, 0, "own") }},
		{name: "S8 unassign", start: cast().give("bo", "small"), actor: al, ops: batch(unassign(bo, "small")), after: func(w *world) { w.drop(bo, "small") }},
		{name: "S8 unassign from a peer is allowed if harmless", start: cast().give("pe", "small"), actor: al, ops: batch(unassign(User("pe"), "small")), after: func(w *world) { w.drop(User("pe"), "small") }},
		{name: "S8 an equal role from a peer harms", start: cast(), actor: al, ops: batch(unassign(User("pe"), "peer")), reason: "harms", subject: User("pe")},
		{name: "S8 a junior with an equal role", start: cast().row(User("pe"), "peer", 5000, 0, ""), actor: al, ops: batch(unassign(User("pe"), "peer")), after: func(w *world) { w.drop(User("pe"), "peer") }},
		{name: "S8 uncovered", start: cast().give("bo", "big"), actor: al, ops: batch(unassign(bo, "big")), reason: "coverage"},
		{name: "S8 uncovered no-op", start: cast(), actor: al, ops: batch(unassign(bo, "big")), reason: "coverage"},
		{name: "S8 unknown names do not count", start: cast().role("old", "x gone").give("bo", "old"), actor: al, ops: batch(unassign(bo, "old")), after: func(w *world) { w.drop(bo, "old") }},
		{name: "S8 but losing an unknown name is harm", start: cast().role("old", "x gone").give("pe", "old"), actor: al, ops: batch(unassign(User("pe"), "old")), reason: "harms", subject: User("pe")},
		{name: "S8 OwnerOnly names count", start: cast().role("old", "x oo").give("bo", "old"), actor: al, ops: batch(unassign(bo, "old")), reason: "coverage"},
		{name: "S8 Owner by al", start: cast(), actor: al, ops: batch(unassign(User("own"), "owner")), reason: "owner"},
		{name: "S8 nothing there", start: cast(), actor: al, ops: batch(unassign(bo, "small"))},
		{name: "S8 expired is nothing there", start: cast().row(bo, "small", 0, 500, ""), actor: al, ops: batch(unassign(bo, "small"))},
		{name: "S8 harm only later", start: cast().row(User("se"), "small", 5000, 0, "").row(User("se"), "senior", 0, 6000, ""), actor: al, ops: batch(unassign(User("se"), "small")), reason: "harms", subject: User("se")},
		{name: "S8 no harm where se does not outrank", start: cast().role("rest", "k").status("rest", "suspended").give("se", "rest").role("k", "k").give("al", "k"), actor: al, ops: batch(unassign(User("se"), "rest")), after: func(w *world) { w.drop(User("se"), "rest") }},
		{name: "S8 harm to reach of a suspended role, se also covers k", start: cast().role("rest", "k").status("rest", "suspended").give("se", "rest").role("k", "k").give("al", "k").row(User("se"), "k", 0, 5000, ""), actor: al, ops: batch(unassign(User("se"), "rest")), reason: "harms", subject: User("se")},
		{name: "S8 resign own role without any permission", start: cast(), actor: As("bo"), ops: batch(unassign(bo, "none")), after: func(w *world) { w.drop(bo, "none") }},
		{name: "S8 resign an uncovered role, narrowed", start: cast().give("bo", "big").status("big", "blocked"), actor: Actor{Kind: "user", User: "bo", Narrowed: true}, ops: batch(unassign(bo, "big")), after: func(w *world) { w.drop(bo, "big") }},
		{name: "S8 resign a damaged role", start: cast().give("bo", "big").damaged("big"), actor: As("bo"), ops: batch(unassign(bo, "big")), after: func(w *world) { w.drop(bo, "big") }},
		{name: "S8 resign what one does not hold, unseen", start: cast(), actor: As("bo"), ops: batch(unassign(bo, "big")), reason: "not_found"},
		{name: "S8 a role held through a group is not resigned directly", start: cast().giveGroup("eng", "big").join("eng", "bo"), actor: As("bo"), ops: batch(unassign(bo, "big"))},
		{name: "S8 leave a group", start: cast().giveGroup("eng", "big").join("eng", "bo"), actor: As("bo"), ops: batch(take("eng", bo)), after: func(w *world) { w.leave("eng", bo) }},
		{name: "S9 assign to self", start: cast(), actor: al, ops: batch(assign(User("al"), "small")), reason: "self_dealing"},
		{name: "S9 assign to self what is there", start: cast(), actor: al, ops: batch(assign(User("al"), "boss")), reason: "self_dealing"},
		{name: "S9 assign to own group, transitively", start: cast().nest("all", "eng").join("eng", "al"), actor: al, ops: batch(assign(Group("all"), "small")), reason: "self_dealing"},
		{name: "S9 assign to a group below is not", start: cast().nest("all", "eng").join("all", "al"), actor: al, ops: batch(assign(eng, "small")), after: func(w *world) { w.row(eng, "small", 0, 0, "al") }},
		{name: "S9 asserted groups are own", start: cast().nest("all", "eng"), actor: Actor{Kind: "user", User: "al", Asserted: []string{"eng"}}, ops: batch(assign(Group("all"), "small")), reason: "self_dealing"},
		{name: "S9 join", start: cast(), actor: al, ops: batch(add("eng", User("al"))), reason: "self_dealing"},
		{name: "S9 nest an own group", start: cast().join("eng", "al"), actor: al, ops: batch(add("all", eng)), reason: "self_dealing"},
		{name: "S9 Owner may", start: cast(), actor: own, ops: batch(assign(User("own"), "big")), after: func(w *world) { w.row(User("own"), "big", 0, 0, "own") }},
		{name: "S9 Owner may join", start: cast(), actor: own, ops: batch(add("eng", User("own"))), after: func(w *world) { w.join("eng", "own") }},
		{name: "S9 asserted authority is not the actor's", start: cast().giveGroup("vip", "owner"), actor: Actor{Kind: "user", User: "bo", Asserted: []string{"vip"}}, ops: batch(assign(User("se"), "none")), reason: "permission"},
		{name: "S10 add to an empty group", start: cast(), actor: al, ops: batch(add("eng", bo)), after: func(w *world) { w.join("eng", "bo") }},
		{name: "S10 add again", start: cast().join("eng", "bo"), actor: al, ops: batch(add("eng", bo))},
		{name: "S10 covered closure", start: cast().giveGroup("eng", "small", "peer"), actor: al, ops: batch(add("eng", bo)), after: func(w *world) { w.join("eng", "bo") }},
		{name: "S10 uncovered closure", start: cast().giveGroup("eng", "big"), actor: al, ops: batch(add("eng", bo)), reason: "coverage"},
		{name: "S10 ancestors count", start: cast().giveGroup("top", "big").nest("top", "mid").nest("mid", "eng"), actor: al, ops: batch(add("eng", bo)), reason: "coverage"},
		{name: "S10 descendants do not", start: cast().giveGroup("sub", "big").nest("eng", "sub"), actor: al, ops: batch(add("eng", bo)), after: func(w *world) { w.join("eng", "bo") }},
		{name: "S10 nesting a rich group in a poor one is free", start: cast().giveGroup("rich", "big"), actor: al, ops: batch(add("eng", Group("rich"))), after: func(w *world) { w.nest("eng", "rich") }},
		{name: "S10 nesting a poor group in a rich one is not", start: cast().giveGroup("rich", "big"), actor: al, ops: batch(add("rich", eng)), reason: "coverage"},
		{name: "S10 suspended and blocked roles count", start: cast().giveGroup("eng", "big").status("big", "blocked"), actor: al, ops: batch(add("eng", bo)), reason: "coverage"},
		{name: "S10 future rows count", start: cast().row(eng, "big", 5000, 0, ""), actor: al, ops: batch(add("eng", bo)), reason: "coverage"},
		{name: "S10 expired rows do not", start: cast().row(eng, "big", 0, now, ""), actor: al, ops: batch(add("eng", bo)), after: func(w *world) { w.join("eng", "bo") }},
		{name: "S10 a named user outranks", start: cast(), actor: al, ops: batch(add("eng", User("pe"))), reason: "outranked", subject: User("pe")},
		{name: "S10 remove", start: cast().giveGroup("eng", "small").join("eng", "bo"), actor: al, ops: batch(take("eng", bo)), after: func(w *world) { w.leave("eng", bo) }},
		{name: "S10 remove uncovered", start: cast().giveGroup("eng", "big").join("eng", "bo"), actor: al, ops: batch(take("eng", bo)), reason: "coverage"},
		{name: "S10 remove harms", start: cast().giveGroup("eng", "small").join("eng", "pe").row(User("pe"), "peer", 0, 5000, ""), actor: al, ops: batch(take("eng", User("pe"))), reason: "harms", subject: User("pe")},
		{name: "S10 removing a group harms", start: cast().giveGroup("eng", "small").nest("eng", "sub").join("sub", "pe", "se", "bo").row(User("pe"), "peer", 0, 5000, "").row(User("se"), "senior", 0, 5000, ""), actor: al, ops: batch(take("eng", Group("sub"))), reason: "harms", subject: User("pe")},
		{name: "S10 remove what is not there", start: cast(), actor: al, ops: batch(take("eng", bo))},
		{name: "S10 needs groups.edit", start: actorWith("v c e d A V x"), actor: al, ops: batch(add("eng", bo)), reason: "permission"},
		{name: "S10 cycle", start: cast().nest("a", "b").nest("b", "c"), actor: al, ops: batch(add("c", Group("a"))), reason: "cycle"},
		{name: "S10 a group in itself", start: cast(), actor: own, ops: batch(add("a", Group("a"))), reason: "cycle"},
		{name: "S10 eight groups", start: chain(7), actor: System(), ops: batch(add("g7", Group("g8"))), after: func(w *world) { w.nest("g7", "g8") }},
		{name: "S10 nine groups", start: chain(8), actor: System(), ops: batch(add("g8", Group("g9"))), reason: "depth"},
		{name: "S10 a user in the deepest group", start: chain(8), actor: System(), ops: batch(add("g8", bo)), after: func(w *world) { w.join("g8", "bo") }},
		{name: "S10 joining chains of five and four", start: chain(5).nest("h1", "h2").nest("h2", "h3").nest("h3", "h4"), actor: own, ops: batch(add("g5", Group("h1"))), reason: "depth"},
	})
}

// chain nests n groups g1 ⊃ g2 ⊃ … and has the Owner own.
func chain(n int) *world {
	w := cast()
	for i := 1; i < n; i++ {
		w.nest("g"+string(rune('0'+i)), "g"+string(rune('1'+i)))
	}
	return w
}

func TestOffboard(t *testing.T) {
	bo := User("bo")
	two := func() *world { return cast().give("bo", "small").giveGroup("eng", "small").join("eng", "bo") }
	check(t, []example{
		{
			name: "S8 offboard a user with expired rows", start: two().row(bo, "big", 0, 10, ""), actor: al, ops: batch(offboard(bo)),
			after: func(w *world) { w.drop(bo, "none").drop(bo, "small").drop(bo, "big").leave("eng", bo) },
		},
		{
			name: "S8 offboard a group keeps its members", start: two().nest("all", "eng"), actor: al, ops: batch(offboard(Group("eng"))),
			after: func(w *world) { w.drop(Group("eng"), "small").leave("all", Group("eng")) },
		},
		{name: "S8 offboard nobody", start: cast(), actor: al, ops: batch(offboard(User("who")))},
		{name: "S8 offboard uncovered row", start: two().give("bo", "big"), actor: al, ops: batch(offboard(bo)), reason: "coverage"},
		{name: "S8 offboard uncovered membership", start: two().giveGroup("all", "big").nest("all", "eng"), actor: al, ops: batch(offboard(bo)), reason: "coverage"},
		{name: "S8 offboard an Owner", start: cast(), actor: al, ops: batch(offboard(User("own"))), reason: "owner"},
		{name: "S8 offboard a peer", start: cast(), actor: al, ops: batch(offboard(User("pe"))), reason: "harms", subject: User("pe")},
		{name: "S8 offboard a group with a peer", start: cast().giveGroup("eng", "small").join("eng", "pe").row(User("pe"), "peer", 0, 5000, ""), actor: al, ops: batch(offboard(Group("eng"))), reason: "harms", subject: User("pe")},
		{name: "S8 offboard needs unassign", start: actorWith("v g x"), actor: al, ops: batch(offboard(bo)), reason: "permission"},
		{name: "S8 offboard needs groups.edit", start: actorWith("v V x"), actor: al, ops: batch(offboard(bo)), reason: "permission"},
		{name: "S8 offboard oneself needs the permission", start: cast(), actor: As("bo"), ops: batch(offboard(bo)), reason: "permission"},
		{name: "S8 offboard oneself", start: cast(), actor: al, ops: batch(offboard(User("al"))), after: func(w *world) { w.drop(User("al"), "boss") }},
		{name: "S8 retired row in an offboard by al", start: cast().give("bo", "ghost"), actor: al, ops: batch(offboard(bo)), reason: "coverage"},
		{name: "S8 retired row in an offboard by Owner", start: cast().give("bo", "ghost"), actor: own, ops: batch(offboard(bo)), after: func(w *world) { w.drop(bo, "none").drop(bo, "ghost") }},
		{name: "S15 offboard the last Owner", start: cast(), actor: own, ops: batch(offboard(User("own"))), reason: "last_owner"},
		{name: "S15 resign as the last Owner", start: cast(), actor: own, ops: batch(unassign(User("own"), "owner")), reason: "last_owner"},
		{name: "S15 last Owner, System", start: cast(), actor: System(), ops: batch(unassign(User("own"), "owner")), reason: "last_owner"},
		{name: "S15 judged after each op", start: cast(), actor: System(), ops: batch(unassign(User("own"), "owner"), assign(bo, "owner")), reason: "last_owner"},
		{name: "S15 the other order", start: cast(), actor: System(), ops: batch(assign(bo, "owner"), unassign(User("own"), "owner")), after: func(w *world) { w.row(bo, "owner", 0, 0, "").drop(User("own"), "owner") }},
		{name: "S15 an Owner unassigns another", start: cast().give("own2", "owner"), actor: own, ops: batch(unassign(User("own2"), "owner")), after: func(w *world) { w.drop(User("own2"), "owner") }},
		{name: "S15 a narrowed Owner resigns", start: cast().give("own2", "owner"), actor: Actor{Kind: "user", User: "own", Narrowed: true}, ops: batch(unassign(User("own"), "owner")), after: func(w *world) { w.drop(User("own"), "owner") }},
		{name: "S15 erase", start: cast(), actor: System(), ops: batch(Op{Kind: "erase"}), after: func(w *world) { w.s = NewState() }},
		{name: "S15 no Owner from the start", start: cast().drop(User("own"), "owner"), actor: System(), ops: batch(offboard(User("own")))},
	})
}
