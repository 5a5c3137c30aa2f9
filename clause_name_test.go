package rbac_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

func TestS19_RoleNames(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role()
	runes := func(n int) string { return strings.Repeat("n", n) }
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"one rune", "n", true},
		{"64 runes", runes(64), true},
		{"65 runes", runes(65), false},
		{"64 wide runes", strings.Repeat("界", 64), true},
		{"65 wide runes", strings.Repeat("界", 65), false},
		{"empty", "", false},
		{"a space", " ", false},
		{"leading space", " a", false},
		{"trailing space", "a ", false},
		{"doubled space", "a  b", false},
		{"single spaces", "a b c", true},
		{"NUL", "a\x00b", false},
		{"newline", "a\nb", false},
		{"tab", "a\tb", false},
		{"escape", "a\x1bb", false},
		{"C1 control", "a\u0080b", false},
		{"invalid UTF-8", "a\xffb", false},
		{"overlong", "a\xc0\xafb", false},
		{"surrogate", "a\xed\xa0\x80", false},
		{"bidi override", "a\u202eb", false},
		{"bidi isolate", "a\u2066b", false},
		{"left-to-right mark", "a\u200eb", false},
		{"zero-width space", "a\u200bb", false},
		{"zero-width joiner", "a\u200db", false},
		{"soft hyphen", "a\u00adb", false},
		{"word joiner", "a\u2060b", false},
		{"byte order mark", "\ufeffa", false},
		{"tag character", "a\U000e0061", false},
		{"private use", "a\ue000", false},
		{"private use, plane 16", "a\U00100000", false},
		{"unassigned", "a\u0378", false},
		{"noncharacter", "a\uffff", false},
		{"Latin and Cyrillic", "pаy", false},
		{"Latin and Greek", "pαy", false},
		{"Latin and Armenian", "pօy", false},
		{"Latin and Cherokee", "pᎪy", false},
		{"Cyrillic and Greek", "Яα", false},
		{"two words of two scripts", "Billing Отдел", true},
		{"Latin and digits", "Tier 2b", true},
		{"Latin and Han", "VIP会員", true},
		{"accents", "Contrôleur", true},
		{"decomposed accents", "Pre\u0302teur", true},
		{"Arabic", "مدير", true},
		{"Hebrew", "מנהל", true},
		{"punctuation", "R&D (EU) / Ops, no. 1", true},
	} {
		if tt.want {
			if got := w.accepted(w.owner, fxNamed(tt.text)).Role.Name; got != tt.text {
				t.Errorf("%s: kept as %q", tt.name, got)
			}
			continue
		}
		w.invalid("name", w.owner, fxNamed(tt.text))
		w.invalid("name", w.sys, w.rename(r, tt.text))
		if t.Failed() {
			t.Fatal(tt.name)
		}
	}
}

func TestS19_UniqueUnderTheKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, first, second string
		same                bool
	}{
		{"case", "Clerk", "cLERK", true},
		{"full case folding", "Straße", "STRASSE", true},
		{"final sigma", "ΟΔΟΣ", "οδος", true},
		{"composition", "Caf\u00e9", "Cafe\u0301", true},
		{"width", "Clerk", "Ｃｌｅｒｋ", true},
		{"ligature", "Oﬃce", "Office", true},
		{"superscript", "Tier²", "Tier2", true},
		{"Kelvin sign", "\u212aey", "key", true},
		{"accent", "Cafe", "Café", false},
		{"space", "Day shift", "Dayshift", false},
		{"letters", "Clerk", "Clerks", false},
		{"dotless i among custom names", "Clerkı", "Clerki", false},
	} {
		w := fxNew(t)
		first := w.named(tt.first)
		other := w.role()
		if !tt.same {
			w.accepted(w.owner, fxNamed(tt.second))
			continue
		}
		w.denied(rbac.ReasonNameTaken, w.owner, fxNamed(tt.second))
		w.denied(rbac.ReasonNameTaken, w.owner, w.rename(other, tt.second))
		w.accepted(w.owner, w.rename(first, tt.second)) // its own name, written otherwise
		if t.Failed() {
			t.Fatal(tt.name)
		}
	}
}

func TestS19_PrebuiltNamesAreReserved(t *testing.T) {
	t.Parallel()
	w := fxEmpty(t, &rbac.Options{Prebuilt: []rbac.Prebuilt{{ID: "support", Name: "Aide à domicile", Permissions: rbac.Set()}}})
	for _, name := range []string{
		"owner", "OWNER", "Ówner", "Admin", "admın", "ADMİN", "Adm\u0131n", "Ａdmin", "User", "úser", "Üser", "aide a domicile", "AIDE À DOMICILE",
	} {
		w.denied(rbac.ReasonNameTaken, w.sys, fxNamed(name))
	}
	for _, name := range []string{"Co-owner", "Administrator", "Users", "support", "Aide"} {
		w.accepted(w.sys, fxNamed(name))
	}
	w.accepted(w.sys, fxNamed("Roles are labels")) // and never keys
}

func TestS19_Descriptions(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role()
	describe := func(text string) rbac.Op {
		return w.edit(r, func(e *rbac.RoleEdit) { e.Description = &text })
	}
	for _, text := range []string{"one\ntwo", strings.Repeat("d", 1024), strings.Repeat("字", 1023) + "e", "", "emoji 👩‍👩‍👧"} {
		if w.accepted(w.owner, describe(text)); w.get(r).Description != text {
			t.Errorf("%q is kept as %q", text, w.get(r).Description)
		}
	}
	for _, text := range []string{strings.Repeat("d", 1025), strings.Repeat("字", 1025), "a\x00b", "a\tb", "a\x1b[0m", "a\xff"} {
		w.invalid("description", w.owner, describe(text))
		w.invalid("description", w.owner, rbac.CreateRole(rbac.NewRole{Name: "N", Description: text, Permissions: rbac.Set()}))
	}
}

// The other limits on what a request carries: reasons, metadata, identifiers.
func TestS23_LimitsOfText(t *testing.T) {
	t.Parallel()
	one, _ := fxTwo(t)
	r := one.role(fxX)
	metadata := func(n, key, value int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[fmt.Sprintf("%02d%s", i, strings.Repeat("k", key-2))] = strings.Repeat("v", value)
		}
		return m
	}
	long := func(n int) string { return strings.Repeat("i", n) }
	base := fxEmpty(t, &rbac.Options{MultiTenant: true})
	tests := []struct {
		name, field string
		limit       int
		try         func(n int) (rbac.Actor, rbac.Op)
	}{
		{"runes of a reason", "reason", 512, func(n int) (rbac.Actor, rbac.Op) {
			return one.owner, rbac.AddMember("g", rbac.User("u")).Because(strings.Repeat("あ", n))
		}},
		{"runes of System's reason", "actor.reason", 512, func(n int) (rbac.Actor, rbac.Op) {
			return rbac.System(strings.Repeat("あ", n)), rbac.AddMember("g", rbac.User("u"))
		}},
		{"entries of metadata", "metadata", 16, func(n int) (rbac.Actor, rbac.Op) {
			return one.owner, one.edit(r, func(e *rbac.RoleEdit) { e.Metadata = metadata(n, 4, 3) })
		}},
		{"bytes of a metadata key", "metadata", 64, func(n int) (rbac.Actor, rbac.Op) {
			return one.owner, one.edit(r, func(e *rbac.RoleEdit) { e.Metadata = metadata(2, n, 3) })
		}},
		{"bytes of a metadata value", "metadata", 256, func(n int) (rbac.Actor, rbac.Op) {
			return one.owner, one.edit(r, func(e *rbac.RoleEdit) { e.Metadata = metadata(2, 4, n) })
		}},
		{"bytes of a user", "subject", 255, func(n int) (rbac.Actor, rbac.Op) { return one.owner, fxAssign(rbac.User(long(n)), r) }},
		{"bytes of a group", "subject", 255, func(n int) (rbac.Actor, rbac.Op) { return one.owner, fxAssign(rbac.Group(long(n)), r) }},
		{"bytes of a group joined", "group", 255, func(n int) (rbac.Actor, rbac.Op) { return one.owner, rbac.AddMember(long(n), rbac.User("u")) }},
		{"bytes of a member", "member", 255, func(n int) (rbac.Actor, rbac.Op) { return one.owner, rbac.AddMember("g", rbac.User(long(n))) }},
		{"bytes of an asserted group", "actor.groups", 255, func(n int) (rbac.Actor, rbac.Op) {
			return one.owner.InGroups(long(n)), rbac.AddMember("g", rbac.User("u"))
		}},
		{"asserted groups", "actor", 1_000, func(n int) (rbac.Actor, rbac.Op) {
			groups := make([]string, n)
			for i := range groups {
				groups[i] = fmt.Sprintf("g%d", i)
			}
			return one.owner.InGroups(groups...), rbac.AddMember("other", rbac.User("u"))
		}},
		{"roles of a narrowing", "actor", 1_000, func(n int) (rbac.Actor, rbac.Op) {
			roles := []rbac.RoleID{rbac.OwnerRole}
			for i := range n - 1 {
				roles = append(roles, rbac.RoleID(fmt.Sprintf("r%d", i)))
			}
			return one.owner.Only(roles...), rbac.AddMember("g", rbac.User("u"))
		}},
	}
	for _, tt := range tests {
		actor, op := tt.try(tt.limit)
		one.accepted(actor, op)
		actor, op = tt.try(tt.limit + 1)
		one.invalid(tt.field, actor, op)
		if t.Failed() {
			t.Fatal(tt.name)
		}
	}
	// The actor's own id, and the tenant's.
	for n, want := range map[int]bool{255: true, 256: false} {
		err := one.Check(one.ctx, rbac.As(long(n)), fxQ)
		if want {
			fxDenied(t, rbac.ReasonNotHeld, err)
		} else {
			fxInvalid(t, "actor", err)
		}
	}
	for n, want := range map[int]bool{1: true, 128: true, 129: false} {
		if err := base.Tenant(long(n)).Check(one.ctx, rbac.As("u"), fxX); want {
			fxDenied(t, rbac.ReasonNotHeld, err)
		} else {
			fxInvalid(t, "tenant", err)
		}
	}
}
