package integration

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// injections are texts that would do something if they became part of a
// statement, of a pattern, or of JSON.
var injections = slices.Concat(hostile, []string{
	`x'; DROP TABLE rbac_log; --`, `x"; DELETE FROM rbac_role; --`, "x`; DELETE FROM rbac_role; --", `x'); DELETE FROM rbac_assignment; --`,
	`' UNION SELECT id, id, id FROM rbac_tenant --`, `1; UPDATE rbac_role SET status = 'active'`, `'||(SELECT commit_id FROM rbac_tenant)||'`,
	`admin'--`, `admin'/*`, `' OR 1=1#`, `\'; SELECT 1; --`, `\`, `\\`, `\'`, `\u0027`, `%27`, `&#39;`, `$$`, `$tag$`, `E'\x27'`, `q'[x]'`, `{{.}}`, `${x}`, `x%' ESCAPE '\`,
	"ʼ", "＇", "′", "x\u2019; --", `],"permissions":["rbac.roles.edit"],"x":["`, `","role":"owner`, `"}`, `*`, `LIKE '%'`,
})

// TestInjection puts each of them into every text of every operation and of
// every question. Either it is refused as malformed, or it is kept as it is and
// does nothing; a database never has anything to say about it.
func TestInjection(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		s, at, opts := d.migrated(t)
		witness := authority(t, s, "witness")
		var l ledger
		clerk := making("Clerk", "app.x")
		l.must(t, witness, host, rbac.Bootstrap("ann"), clerk, giving("bob", clerk.RoleID()), rbac.AddMember("g", rbac.User("bob")))
		whole := store.Selection{Model: true, AllUpTo: 1 << 20}
		before, err := s.Load(t.Context(), "witness", whole)
		if err != nil {
			t.Fatal(err)
		}
		some := slices.DeleteFunc(slices.Clone(injections), func(x string) bool {
			return x == "\u2028" || testing.Short() && len(x) < 5 // the first is no identifier, and never gets here
		})
		slices.Sort(some)
		for _, x := range slices.Compact(some) {
			inject(t, s, x)
		}
		after, err := s.Load(t.Context(), "witness", whole)
		if diff := cmp.Diff(before, after); err != nil || diff != "" {
			t.Errorf("another tenant: %v (-want +got):\n%s", err, diff)
		}
		l.settle(t, witness)
		var n int
		if err := at.QueryRow("SELECT COUNT(*) FROM " + table(opts, "schema")).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d migrations, %v", n, err)
		}
	})
}

// inject makes the changes, and asks the questions, in a tenant of that name.
func inject(t *testing.T, s store.Store, x string) {
	t.Helper()
	ctx := t.Context()
	a := authority(t, s, x)
	var l ledger
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%q as %s: %v", x, what, err)
		}
	}
	// refused or not, but not by the database
	judged := func(what string, err error) bool {
		t.Helper()
		if err != nil && !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, rbac.ErrInvalid) {
			t.Errorf("%q as %s: %v", x, what, err)
		}
		return err == nil
	}
	apply := func(what string, actor rbac.Actor, ops ...rbac.Op) bool {
		t.Helper()
		_, err := l.apply(ctx, a, actor, ops...)
		return judged(what, err)
	}
	_, err := l.apply(ctx, a, rbac.System(x), rbac.Bootstrap(x))
	must("tenant, user and System's reason", err)

	me, metadata := rbac.As(x), map[string]string{x: x}
	made := rbac.CreateRole(rbac.NewRole{Name: "Made", Description: x, Metadata: metadata, Permissions: rbac.Set("app.x"), Reason: x})
	_, err = l.apply(ctx, a, me, made)
	must("description, metadata, reason", err)
	id := made.RoleID()
	other := x + " 2"
	for what, op := range map[string]rbac.Op{
		"the subject of an assignment": rbac.Assign(rbac.NewAssignment{Subject: rbac.User(other), Role: id, Reason: x}),
		"the group of an assignment":   rbac.Assign(rbac.NewAssignment{Subject: rbac.Group(x), Role: id, Reason: x}),
		"a group and its member":       rbac.AddMember(x, rbac.User(other)).Because(x),
		"a group in a group":           rbac.AddMember(other, rbac.Group(x)),
	} {
		_, err := l.apply(ctx, a, me, op)
		must(what, err)
	}
	role, err := a.Role(ctx, me, id)
	must("texts of a role", err)
	if role.Description != x || !cmp.Equal(role.Metadata, metadata) || role.CreatedBy != x || role.SetBy != x {
		t.Errorf("%q comes back as %+v", x, role)
	}
	rows, err := a.Assignments(ctx, me, rbac.User(other), rbac.PageQuery{})
	if must("a question", err); len(rows.Items) != 1 || rows.Items[0].Reason != x || rows.Items[0].GrantedBy != x || rows.Items[0].Subject != rbac.User(other) {
		t.Errorf("%q comes back as %+v", x, rows.Items)
	}
	history, err := a.History(ctx, me, rbac.PageQuery{})
	if must("a question", err); len(history.Items) != 6 || history.Items[0].User != x || history.Items[5].System != x || history.Items[5].Tenant != x {
		t.Errorf("%q comes back as %+v", x, history.Items)
	}
	if members, err := a.Members(ctx, me, x, rbac.PageQuery{}); err != nil || len(members.Items) != 1 || members.Items[0].Member != rbac.User(other) {
		t.Errorf("the members of %q: %v, %v", x, members.Items, err)
	}
	if page, err := a.WhoCan(ctx, me, "app.x", rbac.PageQuery{}); err != nil || !cmp.Equal(page.Items, sorted(x, other)) {
		t.Errorf("%q: who can: %q, %v", x, page.Items, err)
	}

	// Names and ids that need not be possible.
	if named := making(x, "app.x"); apply("a name", me, named) {
		if r, err := a.RoleNamed(ctx, me, x); err != nil || r.ID != named.RoleID() || r.Name != x {
			t.Errorf("the role named %q: %+v, %v", x, r, err)
		}
	}
	version := role.Version
	if apply("a new name", me, rbac.EditRole(rbac.RoleEdit{ID: id, Version: version, Name: new(x + "!")})) {
		version++
	}
	_, err = l.apply(ctx, a, me, rbac.EditRole(rbac.RoleEdit{ID: id, Version: version, Description: new(x + x), Metadata: map[string]string{x: ""}, Reason: x}))
	must("an edit", err)
	bad := rbac.RoleID(x)
	apply("a permission", me, rbac.Grant(id, rbac.Permission(x)))
	apply("a role to grant to", me, rbac.Grant(bad, "app.y"))
	apply("a role to revoke from", me, rbac.Revoke(bad, "app.y"))
	apply("a role to edit", me, rbac.EditRole(rbac.RoleEdit{ID: bad, Version: 1, Description: &x}))
	apply("a role to delete", me, rbac.DeleteRole(rbac.RoleDeletion{ID: bad, Version: 1, Reason: x}))
	apply("a role to reassign", me, rbac.DeleteRole(rbac.RoleDeletion{ID: id, Version: version + 1, Reassign: bad, Reason: x}))
	apply("a role to assign", me, giving(other, bad))
	apply("a role to unassign", me, rbac.Unassign(rbac.User(other), bad))
	apply("asserted group and only role", rbac.As(other).InGroups(x).Only(bad), making("No"))

	// Every text of every question.
	p, page := rbac.Permission(x), rbac.PageQuery{After: x}
	questions := map[string]error{}
	questions["check"] = a.Check(ctx, rbac.As(x).InGroups(x).Only(bad), "app.x")
	questions["check a permission"] = a.Check(ctx, me, p)
	questions["check over"] = a.CheckOver(ctx, me, other)
	questions["check join"] = a.CheckJoin(ctx, me, other, x)
	_, questions["permissions"] = a.Permissions(ctx, me, other)
	_, questions["who can"] = a.WhoCan(ctx, me, p, page)
	_, questions["who can, after"] = a.WhoCan(ctx, me, "app.x", page)
	_, questions["explain"] = a.Explain(ctx, me, rbac.User(x), p)
	_, questions["role"] = a.Role(ctx, me, bad)
	_, questions["role named"] = a.RoleNamed(ctx, me, x)
	_, questions["role view"] = a.RoleView(ctx, me, bad)
	_, questions["holders"] = a.Holders(ctx, me, bad, rbac.PageQuery{})
	_, questions["holders, after"] = a.Holders(ctx, me, id, page)
	_, questions["roles, after"] = a.Roles(ctx, me, page)
	_, questions["assignments, after"] = a.Assignments(ctx, me, rbac.User(x), page)
	_, questions["memberships, after"] = a.Memberships(ctx, me, rbac.User(x), page)
	_, questions["members, after"] = a.Members(ctx, me, x, page)
	_, questions["groups, after"] = a.Groups(ctx, me, page)
	_, questions["history, after"] = a.History(ctx, me, page)
	_, questions["assignable"] = a.AssignableRoles(ctx, me, rbac.Group(x), page)
	_, questions["review, after"] = a.Review(ctx, me, rbac.ReviewQuery{After: x})
	_, questions["at least"] = a.AtLeast(rbac.Token(x)).Roles(ctx, me, rbac.PageQuery{})
	_, questions["outcome"] = a.Outcome(ctx, rbac.Token(x))
	for what, err := range questions {
		judged(what, err)
	}

	for what, op := range map[string]rbac.Op{
		"a member to remove": rbac.RemoveMember(x, rbac.User(other)),
		"a user to offboard": rbac.Offboard(rbac.User(other)),
	} {
		_, err := l.apply(ctx, a, me, op)
		must(what, err)
	}
	l.settle(t, a)
}

func sorted(ids ...string) []string {
	slices.Sort(ids)
	return ids
}
