package rbac_test

import (
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

func fxNamed(name string) rbac.Op {
	return rbac.CreateRole(rbac.NewRole{Name: name, Permissions: rbac.Set()})
}

func TestG01_ReservedWordInAnotherCase(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role()
	for _, name := range []string{"Owner", "OWNER", "oWner", "Admin", "ADMIN", "user", "ＯＷＮＥＲ", "ᴼwner", "admın", "Ádmin", "Adm\u0131n", "A\u0308dmin"} {
		w.denied(rbac.ReasonNameTaken, w.owner, fxNamed(name))
		w.denied(rbac.ReasonNameTaken, w.sys, fxNamed(name))
		w.denied(rbac.ReasonNameTaken, w.owner, w.rename(r, name))
	}
	for _, name := range []string{"Admin ", " Owner", "Own  er", "Owner\t", "Owner\u00a0", "Own\u200ber", "\u202eOwner"} {
		w.invalid("name", w.owner, fxNamed(name))
		w.invalid("name", w.owner, w.rename(r, name))
	}
	w.accepted(w.owner, fxNamed("Clerk"))
	for _, name := range []string{"clerk", "CLERK", "Ｃｌｅｒｋ"} {
		w.denied(rbac.ReasonNameTaken, w.owner, fxNamed(name))
	}
	w.accepted(w.owner, w.rename(r, "role 1")) // its own name in another case
}

func TestG03_TruncationEqualsAnotherName(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.invalid("name", w.owner, fxNamed("Admin"+strings.Repeat(" ", 60)+"x"))
	long := strings.Repeat("n", 64)
	w.accepted(w.owner, fxNamed(long))
	w.invalid("name", w.owner, fxNamed(long+"x"))
	wide := strings.Repeat("語", 64) // 192 bytes: runes count
	if got := w.accepted(w.owner, fxNamed(wide)).Role.Name; got != wide {
		t.Errorf("kept as %q", got)
	}
	w.invalid("name", w.owner, fxNamed(wide+"語"))
	id := strings.Repeat("i", 255)
	r := w.role()
	w.accepted(w.owner, fxAssign(rbac.User(id), r))
	w.invalid("subject", w.owner, fxAssign(rbac.User(id+"i"), r))
	w.accepted(w.owner, fxAssign(rbac.User(id[1:]), r))
}

func TestG05_NULAndControls(t *testing.T) {
	t.Parallel()
	one, _ := fxTwo(t)
	r := one.role()
	for _, bad := range []string{"Admin\x00x", "a\nb", "a\x1b[31mb", "a\rb", "a\u0085b", "a\x7fb", "\x00"} {
		one.invalid("name", one.owner, fxNamed(bad))
		if bad != "a\nb" {
			one.invalid("description", one.owner, one.edit(r, func(e *rbac.RoleEdit) { e.Description = &bad }))
		}
		one.invalid("reason", one.owner, rbac.Grant(r, fxX).Because(bad))
		one.invalid("subject", one.owner, fxAssign(rbac.User(bad), r))
		one.invalid("subject", one.owner, fxAssign(rbac.Group(bad), r))
		one.invalid("group", one.owner, rbac.AddMember(bad, rbac.User("u")))
		one.invalid("member", one.owner, rbac.AddMember("g", rbac.User(bad)))
		one.invalid("role", one.owner, fxAssign(rbac.User("u"), rbac.RoleID(bad)))
		one.invalid("metadata", one.owner, one.edit(r, func(e *rbac.RoleEdit) { e.Metadata = map[string]string{bad: "v"} }))
		one.invalid("metadata", one.owner, one.edit(r, func(e *rbac.RoleEdit) { e.Metadata = map[string]string{"k": bad} }))
		one.invalid("permissions", one.owner, rbac.Grant(r, rbac.Permission("app."+bad)))
		one.invalid("actor", rbac.As(bad), fxNamed("N"))
		one.invalid("actor.groups", one.owner.InGroups(bad), fxNamed("N"))
		one.invalid("actor.reason", rbac.System(bad), fxNamed("N"))
		_, err := fxEmpty(t, &rbac.Options{MultiTenant: true}).Tenant(bad).CreateRole(one.ctx, one.sys, rbac.NewRole{Name: "N", Permissions: rbac.Set()})
		fxInvalid(t, "tenant", err)
	}
}

func TestG07_NoHashAsIdentity(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	seen := map[rbac.RoleID]bool{}
	for range 1000 {
		op := fxNamed("Same")
		id := op.RoleID()
		// 26 characters of base 32 are 130 bits.
		if seen[id] || len(strings.TrimPrefix(string(id), "role_")) < 26 {
			t.Fatalf("id %q is short or drawn twice", id)
		}
		seen[id] = true
	}
	a, b := strings.Repeat("a", 254), strings.Repeat("a", 254)
	x := w.role(fxX)
	w.give(rbac.User(a+"1"), x)
	if w.can(b+"2", fxX) || !w.can(a+"1", fxX) {
		t.Error("two ids are one")
	}
}

func TestG11_RenameOrphansNothing(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.named("Before", fxX)
	w.give(rbac.User("u"), r)
	w.accepted(w.owner, w.rename(r, "After"))
	other := w.named("Before", fxY)
	if !w.can("u", fxX) || w.can("u", fxY) || other == r {
		t.Error("the assignment went by name")
	}
}

func TestG13_SeparatorsInside(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	x, y := w.role(fxX), w.role(fxY)
	pairs := [][2]string{{"a/b", "a"}, {"a:b", "a"}, {"user:u", "u"}, {"group:g", "g"}, {"a,b", "b"}, {"a b", "b"}, {"a\\b", "b"}, {"a|b", "a"}, {"a.b", "a"}, {"a#b", "a"}}
	for _, p := range pairs {
		w.give(rbac.User(p[0]), x)
		w.give(rbac.Group(p[1]), y)
		w.join(p[0], rbac.User(p[1]+"-member"))
	}
	for _, p := range pairs {
		if !w.can(p[0], fxX) || w.can(p[0], fxY) || w.can(p[1], fxX) || w.can(p[1], fxY) {
			t.Errorf("%q and %q meet", p[0], p[1])
		}
	}
	if w.can("a-member", fxX) || w.can("a-member", fxY) {
		t.Error("a group has the roles of a user of its name")
	}
}

func TestG15_InvalidUTF8(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role()
	for _, bad := range []string{"a\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x82", "\ufffd"} {
		w.invalid("name", w.owner, fxNamed("n"+bad))
		w.invalid("subject", w.owner, fxAssign(rbac.User("u"+bad), r))
		w.invalid("group", w.owner, rbac.AddMember("g"+bad, rbac.User("u")))
		w.invalid("actor", rbac.As("u"+bad), fxNamed("N"))
		w.invalid("role", w.owner, rbac.Grant(r+rbac.RoleID(bad), fxX))
	}
	var op rbac.Op
	fxInvalid(t, "", op.UnmarshalJSON([]byte(`{"op":"create_role","name":"a\ud800","permissions":[]}`)))
	fxInvalid(t, "", op.UnmarshalJSON([]byte("{\"op\":\"create_role\",\"name\":\"a\xff\",\"permissions\":[]}")))
}

func TestG17_DuplicatesAndOrder(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX, fxY, fxX, fxX)
	if got := w.get(r).Permissions; !got.Equal(rbac.Set(fxY, fxX)) || got.Len() != 2 {
		t.Errorf("%v", got)
	}
	for _, op := range []rbac.Op{
		w.set(r, fxY, fxX, fxY), rbac.Grant(r, fxX, fxX), rbac.Revoke(r, fxA, fxA), w.status(r, rbac.Active),
		w.rename(r, "Role 1"), w.edit(r, func(e *rbac.RoleEdit) { e.Metadata = map[string]string{} }),
	} {
		if got := w.accepted(w.owner, op); got.Changed || got.Role.Version != 1 {
			t.Errorf("%v: changed %t, version %d", op, got.Changed, got.Role.Version)
		}
	}
}

func TestOwnAttacks_Names(t *testing.T) {
	t.Parallel()
	t.Run("own: mixed scripts", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		for _, name := range []string{"Аdmin", "Clеrk", "pаy", "Αdmin", "Ꭺdmin", "Ոwner", "Αлфа"} {
			w.invalid("name", w.owner, fxNamed(name))
		}
		for _, name := range []string{"Бухгалтер", "Λογιστής", "HR Отдел", "経理 A", "Größe"} {
			w.accepted(w.owner, fxNamed(name))
		}
	})
	t.Run("own: composed and decomposed", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		w.accepted(w.owner, fxNamed("Cafe\u0301"))
		w.denied(rbac.ReasonNameTaken, w.owner, fxNamed("Café"))
		w.accepted(w.owner, fxNamed("Straße"))
		w.denied(rbac.ReasonNameTaken, w.owner, fxNamed("STRASSE"))
		w.denied(rbac.ReasonNameTaken, w.owner, fxNamed("ﬁle clerk"), fxNamed("File Clerk"))
		// Ids are compared byte for byte, and never normalised.
		r := w.role(fxX)
		w.give(rbac.User("é"), r)
		if w.can("e\u0301", fxX) || w.can("É", fxX) || !w.can("é", fxX) {
			t.Error("ids are folded")
		}
	})
	t.Run("own: user and group of one name", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		x, y := w.role(fxX), w.role(fxY)
		w.give(rbac.User("eng"), x)
		w.give(rbac.Group("eng"), y)
		w.join("eng", rbac.User("m"))
		if !w.can("eng", fxX) || w.can("eng", fxY) || w.can("m", fxX) || !w.can("m", fxY) {
			t.Error("user eng and group eng are one")
		}
	})
	t.Run("own: a role named like an id", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		x := w.role(fxX)
		named := w.named(string(x), fxY)
		w.give(rbac.User("u"), x)
		if w.can("u", fxY) || named == x {
			t.Error("a name served as id")
		}
	})
	t.Run("own: names free again", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		r := w.named("Clerk")
		w.accepted(w.owner, w.rename(r, "Other"), fxNamed("Clerk"))
		w.accepted(w.owner, w.delete(r), fxNamed("Other"))
	})
	t.Run("own: reserved names of the host", func(t *testing.T) {
		t.Parallel()
		w := fxEmpty(t, &rbac.Options{Prebuilt: []rbac.Prebuilt{{ID: "support", Name: "Help Desk", Permissions: rbac.Set(fxX)}}})
		w.denied(rbac.ReasonNameTaken, w.sys, fxNamed("help desk"))
		w.denied(rbac.ReasonNameTaken, w.sys, fxNamed("Hélp Desk"))
		w.accepted(w.sys, fxNamed("Support")) // its id is no name
	})
}
