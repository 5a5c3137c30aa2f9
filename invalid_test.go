package rbac_test

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// fxBadIDs is what no identifier of a user or group may be, and fxBadRoleIDs no id of a role.
func fxBadIDs() map[string]string {
	return map[string]string{
		"empty": "", "256 bytes": strings.Repeat("i", 256), "NUL": "a\x00b", "newline": "a\nb", "invalid UTF-8": "a\xff", "C1": "a\u0085",
		"leading space": " a", "trailing space": "a ", "no-break space outside": "\u00a0a", "DEL": "a\x7f",
	}
}

// What is malformed is refused without asking the store anything.
func TestInvalid_Operations(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	var none rbac.PermissionSet
	name, empty, status, long := " x", "", rbac.Status(9), strings.Repeat("d", 1025)
	edit := func(change func(*rbac.RoleEdit)) rbac.Op {
		e := rbac.RoleEdit{ID: r, Version: 1}
		change(&e)
		return rbac.EditRole(e)
	}
	tests := []struct {
		name, field string
		op          rbac.Op
	}{
		{"zero operation", "op", rbac.Op{}},
		{"zero operation with a reason", "op", rbac.Op{}.Because("x")},
		{"create without a name", "name", rbac.CreateRole(rbac.NewRole{Permissions: rbac.Set()})},
		{"create without permissions", "permissions", rbac.CreateRole(rbac.NewRole{Name: "N"})},
		{"create with the zero set", "permissions", rbac.CreateRole(rbac.NewRole{Name: "N", Permissions: none})},
		{"create with an unknown status", "status", rbac.CreateRole(rbac.NewRole{Name: "N", Permissions: rbac.Set(), Status: 4})},
		{"create with an unknown permission", "permissions", fxCreate("N", "app.unknown")},
		{"create with a malformed permission", "permissions", fxCreate("N", "app..x")},
		{"create with an empty permission", "permissions", fxCreate("N", "")},
		{"create with bad metadata", "metadata", rbac.CreateRole(rbac.NewRole{Name: "N", Permissions: rbac.Set(), Metadata: map[string]string{"": "v"}})},
		{"create with a long description", "description", rbac.CreateRole(rbac.NewRole{Name: "N", Permissions: rbac.Set(), Description: long})},
		{"zero edit", "role", rbac.EditRole(rbac.RoleEdit{})},
		{"edit without a version", "version", rbac.EditRole(rbac.RoleEdit{ID: r})},
		{"edit to a bad name", "name", edit(func(e *rbac.RoleEdit) { e.Name = &name })},
		{"edit to an empty name", "name", edit(func(e *rbac.RoleEdit) { e.Name = &empty })},
		{"edit to a bad status", "status", edit(func(e *rbac.RoleEdit) { e.Status = &status })},
		{"edit to the zero set", "permissions", edit(func(e *rbac.RoleEdit) { e.Permissions = &none })},
		{"zero deletion", "role", rbac.DeleteRole(rbac.RoleDeletion{})},
		{"delete without a version", "version", rbac.DeleteRole(rbac.RoleDeletion{ID: r})},
		{"reassign to itself", "reassign", rbac.DeleteRole(rbac.RoleDeletion{ID: r, Version: 1, Reassign: r})},
		{"grant nothing", "permissions", rbac.Grant(r)},
		{"revoke nothing", "permissions", rbac.Revoke(r)},
		{"grant to no role", "role", rbac.Grant("", fxX)},
		{"grant a malformed name", "permissions", rbac.Grant(r, "*")},
		{"zero assignment", "subject", rbac.Assign(rbac.NewAssignment{})},
		{"assign to nobody", "subject", fxAssign(rbac.Subject{}, r)},
		{"assign no role", "role", fxAssign(rbac.User("u"), "")},
		{"unassign from nobody", "subject", rbac.Unassign(rbac.Subject{}, r)},
		{"unassign no role", "role", rbac.Unassign(rbac.User("u"), "")},
		{"Owner to a group", "subject", fxAssign(rbac.Group("g"), rbac.OwnerRole)},
		{"Owner for a while", "until", rbac.Assign(rbac.NewAssignment{Subject: rbac.User("u"), Role: rbac.OwnerRole, Until: fxEpoch.Add(time.Hour)})},
		{"add nobody", "member", rbac.AddMember("g", rbac.Subject{})},
		{"add to no group", "group", rbac.AddMember("", rbac.User("u"))},
		{"remove nobody", "member", rbac.RemoveMember("g", rbac.Subject{})},
		{"remove from no group", "group", rbac.RemoveMember("", rbac.User("u"))},
		{"offboard nobody", "subject", rbac.Offboard(rbac.Subject{})},
		{"bootstrap nobody", "subject", rbac.Bootstrap("")},
		{"a long reason", "reason", rbac.Grant(r, fxX).Because(strings.Repeat("r", 513))},
		{"a reason of two lines", "reason", rbac.Grant(r, fxX).Because("a\nb")},
		{"a reason that is not UTF-8", "reason", rbac.Sweep().Because("\xff")},
	}
	for name, id := range fxBadIDs() {
		if id == "" {
			continue
		}
		tests = append(tests, []struct {
			name, field string
			op          rbac.Op
		}{
			{name + " as a role", "role", rbac.Grant(rbac.RoleID(id), fxX)},
			{name + " as the heir", "reassign", rbac.DeleteRole(rbac.RoleDeletion{ID: r, Version: 1, Reassign: rbac.RoleID(id)})},
			{name + " as a user", "subject", fxAssign(rbac.User(id), r)},
			{name + " as a group", "subject", rbac.Offboard(rbac.Group(id))},
			{name + " as the group joined", "group", rbac.AddMember(id, rbac.User("u"))},
			{name + " as the first Owner", "subject", rbac.Bootstrap(id)},
		}...)
	}
	before := w.store.total()
	for _, tt := range tests {
		for _, actor := range []rbac.Actor{w.owner, w.sys, rbac.As("nobody")} { // whoever makes it
			_, err := w.Apply(w.ctx, actor, tt.op)
			fxInvalid(t, tt.field, err)
			_, err = w.Preview(w.ctx, actor, tt.op)
			fxInvalid(t, tt.field, err)
			_, err = w.Apply(w.ctx, actor, rbac.AddMember("g", rbac.User("u")), tt.op)
			fxInvalid(t, "ops[1]."+tt.field, err)
		}
		if t.Failed() {
			t.Fatal(tt.name)
		}
	}
	if n := w.store.total() - before; n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
}

func TestInvalid_Actors(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	many := make([]string, 1_001)
	for i := range many {
		many[i] = fmt.Sprint("g", i)
	}
	tests := []struct {
		name, field string
		actor       rbac.Actor
	}{
		{"System without a reason", "actor.reason", rbac.System("")},
		{"System with a long reason", "actor.reason", rbac.System(strings.Repeat("r", 513))},
		{"System in groups", "actor", rbac.System("x").InGroups("g")},
		{"System in no groups", "actor", rbac.System("x").InGroups()},
		{"System narrowed", "actor", rbac.System("x").Only(rbac.OwnerRole)},
		{"System narrowed to nothing", "actor", rbac.System("x").Only()},
		{"an empty group", "actor.groups", rbac.As("u").InGroups("")},
		{"a bad group", "actor.groups", rbac.As("u").InGroups("g", "a\x00")},
		{"too many groups", "actor", rbac.As("u").InGroups(many...)},
		{"too many groups bit by bit", "actor", rbac.As("u").InGroups(many[:900]...).InGroups(many[900:]...)},
		{"an empty role", "actor.only", rbac.As("u").Only("")},
		{"a bad role", "actor.only", rbac.As("u").Only("a\nb")},
	}
	for name, id := range fxBadIDs() {
		if id != "" {
			tests = append(tests, struct {
				name, field string
				actor       rbac.Actor
			}{name, "actor", rbac.As(id)})
		}
	}
	before := w.store.total()
	for _, tt := range tests {
		_, err := w.Apply(w.ctx, tt.actor, rbac.AddMember("g", rbac.User("u")))
		fxInvalid(t, tt.field, err)
		for method, read := range fxReads(w, tt.actor, r, rbac.User("u"), "g") {
			if fxInvalid(t, tt.field, read()); t.Failed() {
				t.Fatal(tt.name, method)
			}
		}
		fxInvalid(t, tt.field, w.Check(w.ctx, tt.actor, fxX))
	}
	if n := w.store.total() - before; n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
	if s := rbac.As("u"); s.String() != "u" || rbac.System("x").String() != "system" || (rbac.Actor{}).String() != "nobody" || !rbac.System("x").IsSystem() || s.IsSystem() {
		t.Error("String or IsSystem")
	}
}

func TestInvalid_Reads(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	before := w.store.total()
	for name, id := range fxBadIDs() {
		reads := fxReads(w, w.owner, rbac.RoleID(id), rbac.User(id), id)
		for method, field := range map[string]string{
			"Role": "role", "RoleView": "role", "Holders": "role", "Members": "group", "Assignments": "subject", "Memberships": "subject",
			"Permissions": "subject", "Explain": "subject", "AssignableRoles": "subject", "CheckOver": "subject", "CheckJoin": "group",
		} {
			if fxInvalid(t, field, reads[method]()); t.Failed() {
				t.Fatal(name, method)
			}
		}
	}
	for _, p := range []rbac.Permission{"", "*", "app.unknown", "APP.X", "app.x "} {
		_, who := w.WhoCan(w.ctx, w.owner, p, rbac.PageQuery{})
		_, explain := w.Explain(w.ctx, w.owner, rbac.User("u"), p)
		_, can := w.Can(w.ctx, w.owner, p)
		for _, err := range []error{who, explain, can} {
			fxInvalid(t, "permission", err)
		}
	}
	for _, q := range []rbac.PageQuery{{Limit: -1}, {Limit: 501}, {Limit: math.MaxInt}} {
		for method, read := range fxPages(w, r) {
			if fxInvalid(t, "limit", read(q)); t.Failed() {
				t.Fatal(method, q)
			}
		}
	}
	garbage := []string{"x", "!!", "AAAA", base64.RawURLEncoding.EncodeToString([]byte("1\x00c")), base64.RawURLEncoding.EncodeToString([]byte("x\x00c\x00k")), strings.Repeat("A", 5000)}
	for _, after := range garbage {
		for method, read := range fxPages(w, r) {
			if fxInvalid(t, "after", read(rbac.PageQuery{After: after})); t.Failed() {
				t.Fatal(method, after)
			}
		}
		_, err := w.Review(w.ctx, w.owner, rbac.ReviewQuery{After: after})
		fxInvalid(t, "after", err)
	}
	_, err := w.Review(w.ctx, w.owner, rbac.ReviewQuery{Expiring: -1})
	fxInvalid(t, "expiring", err)
	if n := w.store.total() - before; n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
	for _, limit := range []int{0, 1, 500} {
		for method, read := range fxPages(w, r) {
			if err := read(rbac.PageQuery{Limit: limit}); err != nil {
				t.Errorf("%s, limit %d: %v", method, limit, err)
			}
		}
	}
}

func fxPages(w *fxWorld, r rbac.RoleID) map[string]func(rbac.PageQuery) error {
	ctx, u := w.ctx, rbac.User("u")
	return map[string]func(rbac.PageQuery) error{
		"Roles":           func(q rbac.PageQuery) error { _, err := w.Roles(ctx, w.owner, q); return err },
		"Holders":         func(q rbac.PageQuery) error { _, err := w.Holders(ctx, w.owner, r, q); return err },
		"Assignments":     func(q rbac.PageQuery) error { _, err := w.Assignments(ctx, w.owner, u, q); return err },
		"Memberships":     func(q rbac.PageQuery) error { _, err := w.Memberships(ctx, w.owner, u, q); return err },
		"Groups":          func(q rbac.PageQuery) error { _, err := w.Groups(ctx, w.owner, q); return err },
		"Members":         func(q rbac.PageQuery) error { _, err := w.Members(ctx, w.owner, "g", q); return err },
		"WhoCan":          func(q rbac.PageQuery) error { _, err := w.WhoCan(ctx, w.owner, fxX, q); return err },
		"History":         func(q rbac.PageQuery) error { _, err := w.History(ctx, w.owner, q); return err },
		"AssignableRoles": func(q rbac.PageQuery) error { _, err := w.AssignableRoles(ctx, w.owner, u, q); return err },
	}
}
