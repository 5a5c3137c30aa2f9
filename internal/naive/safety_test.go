package naive

import (
	"errors"
	"slices"
	"testing"
)

func TestReads(t *testing.T) {
	cfg := testConfig()
	w := cast().role("later", "k").row(User("bo"), "later", 2000, 3000, "").
		role("old", "oo gone x").giveGroup("all", "old").nest("all", "eng").join("eng", "bo").
		give("su", "big").status("big", "suspended")
	s := w.s
	narrowed := Actor{Kind: "user", User: "own", Narrowed: true, Only: []string{"owner"}}
	asserting := Actor{Kind: "user", User: "who", Asserted: []string{"eng"}}

	for _, x := range []struct {
		name  string
		actor Actor
		at    int64
		perm  string
		want  bool
	}{
		{"S1 through nested groups", As("bo"), now, "x", true},
		{"a retired name is never had", As("own"), now, "gone", false},
		{"OwnerOnly is not had through a role", As("bo"), now, "oo", false},
		{"OwnerOnly is had by Owner", own, now, "oo", true},
		{"narrowed to owner", narrowed, now, "oo", true},
		{"narrowed to nothing", Actor{Kind: "user", User: "own", Narrowed: true}, now, "x", false},
		{"before From", As("bo"), 1999, "k", false},
		{"at From", As("bo"), 2000, "k", true},
		{"before Until", As("bo"), 2999, "k", true},
		{"at Until", As("bo"), 3000, "k", false},
		{"F01 suspended", As("su"), now, "z", false},
		{"asserted groups lend to Check", asserting, now, "x", true},
		{"System", System(), now, "x", false},
		{"S23 zero actor", Actor{}, now, "x", false},
	} {
		if got := Can(cfg, s, x.actor, x.at, x.perm); got != x.want {
			t.Errorf("%s: %v", x.name, got)
		}
	}
	if _, names := Auth(cfg, s, asserting, now, false); len(names) != 0 {
		t.Error("asserted groups never lend to a change")
	}
	if top, _ := Permissions(cfg, s, "own", now); !top {
		t.Error("Owner is top")
	}
	if got := WhoCan(cfg, s, "x", now); !slices.Equal(got, []string{"al", "bo", "own", "pe", "se"}) {
		t.Error("P9 WhoCan", got)
	}
	if got := WhoCan(cfg, s, "gone", now); len(got) != 0 {
		t.Error("nobody can what is not in the catalogue", got)
	}
	if got := VisibleRoles(cfg, s, As("bo"), now); !slices.Equal(got, []string{"admin", "later", "none", "old", "owner", "user"}) {
		t.Error("S22 own and prebuilt roles", got)
	}
	if got := VisibleRoles(cfg, s, asserting, now); !slices.Equal(got, []string{"admin", "old", "owner", "user"}) {
		t.Error("S22 roles through asserted groups", got)
	}
	if got := len(VisibleRoles(cfg, s, al, now)); got != 11 {
		t.Error("S2 with view all roles", got)
	}
	if got := VisibleRoles(cfg, s, Actor{}, now); len(got) != 0 {
		t.Error("S23 the zero actor sees nothing", got)
	}
	if got := Owners(s); !slices.Equal(got, []string{"own"}) {
		t.Error("S15 owners", got)
	}
}

func TestCheckOverAndJoin(t *testing.T) {
	cfg := testConfig()
	s := cast().give("ju", "small").row(User("fu"), "senior", 5000, 0, "").row(User("ex"), "senior", 0, 10, "").
		give("bl", "big").status("big", "blocked").giveGroup("eng", "small").give("gh", "ghost").
		role("bad", "").damaged("bad").give("da", "bad").s
	for _, x := range []struct {
		name   string
		actor  Actor
		user   string
		reason string
	}{
		{"a junior", al, "ju", ""},
		{"nobody known", al, "who", ""},
		{"oneself", al, "al", ""},
		{"B05 an equal", al, "pe", "outranked"},
		{"B05 a senior", al, "se", "outranked"},
		{"B05 an Owner", al, "own", "outranked"},
		{"a future senior", al, "fu", "outranked"},
		{"an expired senior", al, "ex", ""},
		{"holder of a blocked role that is not covered", al, "bl", "outranked"},
		{"holder of a retired role", al, "gh", "outranked"},
		{"holder of a damaged role", al, "da", "outranked"},
		{"an Owner over anybody", own, "se", ""},
		{"a narrowed Owner", Actor{Kind: "user", User: "own", Narrowed: true}, "ju", "outranked"},
		{"System", System(), "own", ""},
		{"zero actor", Actor{}, "ju", "actor"},
	} {
		if got := CheckOver(cfg, s, x.actor, x.user, now); got != x.reason {
			t.Errorf("%s: %q, want %q", x.name, got, x.reason)
		}
	}
	if got := CheckJoin(cfg, s, al, "ju", "eng", now); got != "" {
		t.Error("S10 CheckJoin", got)
	}
	if got := CheckJoin(cfg, s, al, "al", "eng", now); got != "self_dealing" {
		t.Error("S9 CheckJoin", got)
	}
	if got := CheckJoin(cfg, s, As("ju"), "bo", "eng", now); got != "permission" {
		t.Error("S10 CheckJoin", got)
	}
}

// TestChecksDetect shows each safety check a forged step that it must name.
func TestChecksDetect(t *testing.T) {
	cfg := testConfig()
	base := func() *world { return cast().role("gift", "").row(User("pe"), "small", 5000, 0, "") }
	for _, x := range []struct {
		name  string
		check func(Config, *State, *State, []string, int64, int64) error
		forge func(w *world)
		bad   bool
	}{
		{"T1 nothing done", CheckT1T2, func(*world) {}, false},
		{"T1 what the coalition has", CheckT1T2, func(w *world) { w.give("bo", "boss") }, false},
		{"T1 what it has not", CheckT1T2, func(w *world) { w.give("bo", "big") }, true},
		{"T1 Owner", CheckT1T2, func(w *world) { w.give("bo", "owner") }, true},
		{"T1 later", CheckT1T2, func(w *world) { w.row(User("bo"), "big", 5000, 0, "") }, true},
		{"T1 longer", CheckT1T2, func(w *world) { w.row(User("se"), "senior", 0, 9000, "") }, false},
		{"T2 a suspended role", CheckT1T2, func(w *world) { w.status("big", "suspended").give("bo", "big") }, true},
		{"T2 a role's set", CheckT1T2, func(w *world) { w.role("gift", "z") }, true},
		{"T2 a role's set, covered", CheckT1T2, func(w *world) { w.role("gift", "x y") }, false},
		{"T2 a new role", CheckT1T2, func(w *world) { w.role("new", "k") }, true},
		{"T2 a damaged role", CheckT1T2, func(w *world) { w.damaged("gift") }, true},
		{"T3 nothing done", CheckT3, func(*world) {}, false},
		{"T3 a senior loses", CheckT3, func(w *world) { w.drop(User("se"), "senior") }, true},
		{"T3 a peer loses", CheckT3, func(w *world) { w.role("peer", everyAdmin+"x") }, true},
		{"T3 a peer loses for later", CheckT3, func(w *world) { w.row(User("pe"), "peer", 0, 9000, "") }, true},
		{"T3 an Owner loses", CheckT3, func(w *world) { w.drop(User("own"), "owner") }, true},
		{"T3 a junior loses", CheckT3, func(w *world) { w.drop(User("bo"), "none").role("none", "") }, false},
		{"T3 a member loses", CheckT3, func(w *world) { w.drop(User("al"), "boss") }, false},
		{"T3 a peer keeps it through another role", CheckT3, func(w *world) { w.drop(User("pe"), "small") }, false},
	} {
		w := base()
		x.forge(w)
		err := x.check(cfg, base().s, w.s, []string{"al", "bo"}, now, now)
		if (err != nil) != x.bad {
			t.Errorf("%s: %v", x.name, err)
		}
	}
	if err := CheckT1T2(cfg, base().s, base().s, []string{"own"}, now, now); !errors.Is(err, ErrAssumption) {
		t.Error("a coalition with an Owner", err)
	}
	// pe outranks only until 2000: what is lost after that moment is not promised.
	short := base().row(User("pe"), "peer", 0, 2000, "")
	lost := base().row(User("pe"), "peer", 0, 2000, "").drop(User("pe"), "small")
	if err := CheckT3(cfg, short.s, lost.s, []string{"al"}, now, 1999); err == nil {
		t.Error("T3: the loss of small from 5000 on was missed")
	}
	if err := CheckT3(cfg, short.s, lost.s, []string{"al"}, now, 2000); err != nil {
		t.Error("T3: pe did not cover al all the time:", err)
	}
	if CheckLastOwner(base().s, base().drop(User("own"), "owner").s) == nil {
		t.Error("S15 missed")
	}
	for name, w := range map[string]*world{
		"S7 Owner group":  base().giveGroup("g", "owner"),
		"S7 Owner window": base().row(User("bo"), "owner", 0, 9000, ""),
		"S10 cycle":       base().nest("a", "b").nest("b", "a"),
		"S10 depth":       chain(9),
		"S19 same name":   base().named("gift", "Name small"),
		"S19 reserved":    base().named("gift", "ownér"),
	} {
		if CheckShape(cfg, w.s) == nil {
			t.Errorf("%s missed", name)
		}
	}
	if err := CheckShape(cfg, chain(8).s); err != nil {
		t.Error(err)
	}
}
