package rbac_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
)

// S20: for every method and every parameter that takes an id, one that exists
// in another tenant and one that exists nowhere are answered alike.
func TestS20_ForeignIsMissing(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	role := two.named("There", fxX)
	two.give(rbac.User("their-user"), role)
	two.give(rbac.Group("their-group"), role)
	two.join("their-group", rbac.User("their-user"))
	mine := one.role(fxX)
	one.give(rbac.User("f"), mine)
	viewer, nobody := one.user("viewer"), rbac.As("nobody")
	one.give(rbac.User("ann"), rbac.AdminRole)
	before := two.dump()
	for _, actor := range []rbac.Actor{one.owner, rbac.As("ann"), viewer, nobody, one.sys, rbac.As("ann").Only(rbac.AdminRole)} {
		for name, call := range fxRoleCalls(one, actor, mine) {
			fxAlike(t, name, string(role), string(fxNamed("x").RoleID()), func(id string) (any, error) { return call(rbac.RoleID(id)) })
		}
		for name, call := range fxSubjectCalls(one, actor, mine) {
			fxAlike(t, name+" of a user", "their-user", "no-such-user", func(id string) (any, error) { return call(rbac.User(id)) })
			fxAlike(t, name+" of a group", "their-group", "no-such-group", func(id string) (any, error) { return call(rbac.Group(id)) })
		}
	}
	if two.dump() != before {
		t.Error("the other tenant has changed")
	}
}

// fxAlike asserts that two ids are answered alike but for the id itself.
func fxAlike(t *testing.T, name, foreign, random string, call func(string) (any, error)) {
	t.Helper()
	type answer struct{ Value, Text, Reason, Field string }
	ask := func(id string) answer {
		v, err := call(id)
		var out answer
		if err == nil {
			out.Value = fxJSON(t, v)
		} else {
			out.Text, out.Field = err.Error(), fxJSON(t, err)
		}
		var denied *rbac.DeniedError
		if errors.As(err, &denied) {
			out.Reason = string(denied.Reason)
		}
		for _, s := range []*string{&out.Value, &out.Text, &out.Field} {
			*s = strings.ReplaceAll(*s, id, "ID")
		}
		return out
	}
	if d := cmp.Diff(ask(foreign), ask(random)); d != "" {
		t.Errorf("%s tells a foreign id from a missing one (-foreign +missing)\n%s", name, d)
	}
}

func fxJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func fxRoleCalls(w *fxWorld, actor rbac.Actor, mine rbac.RoleID) map[string]func(rbac.RoleID) (any, error) {
	ctx, q, text := w.ctx, rbac.PageQuery{}, "text"
	op := func(make func(rbac.RoleID) rbac.Op) func(rbac.RoleID) (any, error) {
		return func(id rbac.RoleID) (any, error) {
			if _, err := w.Preview(ctx, actor, make(id)); err == nil {
				return "accepted", nil
			}
			return w.Apply(ctx, actor, make(id))
		}
	}
	out := map[string]func(rbac.RoleID) (any, error){
		"Role":     func(id rbac.RoleID) (any, error) { return w.Role(ctx, actor, id) },
		"RoleView": func(id rbac.RoleID) (any, error) { v, err := w.RoleView(ctx, actor, id); return v.Role, err },
		"Holders":  func(id rbac.RoleID) (any, error) { return w.Holders(ctx, actor, id, q) },
		"Edit": op(func(id rbac.RoleID) rbac.Op {
			return rbac.EditRole(rbac.RoleEdit{ID: id, Version: 1, Description: &text})
		}),
		"Edit of a stale version": op(func(id rbac.RoleID) rbac.Op {
			return rbac.EditRole(rbac.RoleEdit{ID: id, Version: 9, Description: &text})
		}),
		"Delete": op(func(id rbac.RoleID) rbac.Op { return rbac.DeleteRole(rbac.RoleDeletion{ID: id, Version: 1}) }),
		"Delete reassigned": op(func(id rbac.RoleID) rbac.Op {
			return rbac.DeleteRole(rbac.RoleDeletion{ID: id, Version: 1, Reassign: mine})
		}),
		"Reassign to": op(func(id rbac.RoleID) rbac.Op {
			return rbac.DeleteRole(rbac.RoleDeletion{ID: mine, Version: 1, Reassign: id})
		}),
		"Grant":         op(func(id rbac.RoleID) rbac.Op { return rbac.Grant(id, fxX) }),
		"Grant unknown": op(func(id rbac.RoleID) rbac.Op { return rbac.Grant(id, "app.unknown") }),
		"Revoke":        op(func(id rbac.RoleID) rbac.Op { return rbac.Revoke(id, fxX) }),
		"Assign":        op(func(id rbac.RoleID) rbac.Op { return fxAssign(rbac.User("f"), id) }),
		"Assign to their user": op(func(id rbac.RoleID) rbac.Op {
			return fxAssign(rbac.User("their-user"), id)
		}),
		"Unassign":               op(func(id rbac.RoleID) rbac.Op { return rbac.Unassign(rbac.User("f"), id) }),
		"Unassign of their user": op(func(id rbac.RoleID) rbac.Op { return rbac.Unassign(rbac.User("their-user"), id) }),
		"Unassign of oneself":    op(func(id rbac.RoleID) rbac.Op { return rbac.Unassign(rbac.User(actor.UserID()+"x"), id) }),
	}
	if actor.UserID() != "" {
		out["narrowed to it"] = func(id rbac.RoleID) (any, error) { return w.Can(ctx, actor.Only(id), fxX) }
	}
	return out
}

func fxSubjectCalls(w *fxWorld, actor rbac.Actor, mine rbac.RoleID) map[string]func(rbac.Subject) (any, error) {
	ctx, q := w.ctx, rbac.PageQuery{}
	preview := func(op rbac.Op) (any, error) {
		impact, err := w.Preview(ctx, actor, op)
		return []any{impact.Changed, impact.Assignments, impact.Memberships, impact.Users}, err
	}
	return map[string]func(rbac.Subject) (any, error){
		"Assign":       func(s rbac.Subject) (any, error) { return preview(fxAssign(s, mine)) },
		"Unassign":     func(s rbac.Subject) (any, error) { return preview(rbac.Unassign(s, mine)) },
		"AddMember":    func(s rbac.Subject) (any, error) { return preview(rbac.AddMember("g", s)) },
		"RemoveMember": func(s rbac.Subject) (any, error) { return preview(rbac.RemoveMember("g", s)) },
		"AddMember to": func(s rbac.Subject) (any, error) { return preview(rbac.AddMember(s.ID(), rbac.User("f"))) },
		"RemoveMember from": func(s rbac.Subject) (any, error) {
			return preview(rbac.RemoveMember(s.ID(), rbac.User("f")))
		},
		"Offboard":        func(s rbac.Subject) (any, error) { return preview(rbac.Offboard(s)) },
		"Bootstrap":       func(s rbac.Subject) (any, error) { return preview(rbac.Bootstrap(s.ID())) },
		"Assignments":     func(s rbac.Subject) (any, error) { return w.Assignments(ctx, actor, s, q) },
		"Memberships":     func(s rbac.Subject) (any, error) { return w.Memberships(ctx, actor, s, q) },
		"Members":         func(s rbac.Subject) (any, error) { return w.Members(ctx, actor, s.ID(), q) },
		"Permissions":     func(s rbac.Subject) (any, error) { return w.Permissions(ctx, actor, s.ID()) },
		"Explain":         func(s rbac.Subject) (any, error) { return w.Explain(ctx, actor, s, fxX) },
		"AssignableRoles": func(s rbac.Subject) (any, error) { return w.AssignableRoles(ctx, actor, s, q) },
		"CheckOver":       func(s rbac.Subject) (any, error) { return nil, w.CheckOver(ctx, actor, s.ID()) },
		"CheckJoin":       func(s rbac.Subject) (any, error) { return nil, w.CheckJoin(ctx, actor, s.ID(), "g") },
		"CheckJoin into":  func(s rbac.Subject) (any, error) { return nil, w.CheckJoin(ctx, actor, "f", s.ID()) },
		"Check as":        func(s rbac.Subject) (any, error) { return w.Can(ctx, rbac.As(s.ID()), fxX) },
		"Check in":        func(s rbac.Subject) (any, error) { return w.Can(ctx, rbac.As("f2").InGroups(s.ID()), fxX) },
		"own Assignments": func(s rbac.Subject) (any, error) { return w.Assignments(ctx, rbac.As(s.ID()), rbac.User(s.ID()), q) },
	}
}

func TestS20_TenantIsTheHostsAlone(t *testing.T) {
	t.Parallel()
	one, two := fxTwo(t)
	role := one.role(fxX)
	one.give(rbac.User("u"), role)
	if !one.can("u", fxX) || two.can("u", fxX) {
		t.Error("an assignment shows in the wrong tenant")
	}
	for _, w := range []*fxWorld{one, two} {
		page, err := w.History(w.ctx, w.owner, rbac.PageQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			if e.Tenant != w.tenant {
				t.Errorf("an event of %s in %s", e.Tenant, w.tenant)
			}
		}
	}
	// Ids that look like one another's are different tenants, whatever they contain.
	for _, pair := range [][2]string{{"a", "A"}, {"a/b", "a"}, {"é", "e\u0301"}, {"a b", "a"}, {"one ", ""}} {
		base := fxEmpty(t, &rbac.Options{MultiTenant: true})
		if _, err := base.Tenant(pair[0]).Bootstrap(one.ctx, one.sys, "olivia"); err != nil {
			fxInvalid(t, "tenant", err)
			continue
		}
		if ok, err := base.Tenant(pair[1]).Can(one.ctx, one.owner, fxX); ok || err != nil {
			t.Errorf("%q and %q are one tenant: %t %v", pair[0], pair[1], ok, err)
		}
	}
}
