package machine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/internal/naive"
)

// ask puts a random question to both sides.
func (g generator) ask() {
	g.cached()
	switch pick(g, "question", "can", "can", "permissions", "who", "over", "join", "roles", "view", "new", "assignable", "explain", "lists") {
	case "can":
		g.can()
	case "permissions":
		g.permissionsOf()
	case "who":
		g.whoCan()
	case "over":
		a, n := g.actor()
		user := g.user()
		g.same("CheckOver", naive.CheckOver(g.m.now().config, g.m.state, n, user, g.m.clock), reason(g.m.authority().CheckOver(context.Background(), a, user)))
	case "join":
		a, n := g.actor()
		user, group := g.user(), g.group()
		g.same("CheckJoin", naive.CheckJoin(g.m.now().config, g.m.state, n, user, group, g.m.clock),
			reason(g.m.authority().CheckJoin(context.Background(), a, user, group)))
	case "roles":
		g.roles()
	case "view":
		g.view()
	case "new":
		g.newView()
	case "assignable":
		g.assignable()
	case "explain":
		g.explain()
	case "lists":
		g.lists()
	}
}

func reason(err error) string { return verdict(err).Reason }

func (g generator) same(what string, want, got any) {
	if diff := cmp.Diff(want, got); diff != "" {
		g.Fatalf("%s (-model +library):\n%s\nin the state:\n%v", what, diff, g.m.state)
	}
}

func (g generator) name1() string {
	return rapid.SampledFrom(slices.Sorted(maps.Keys(g.m.now().config.Known))).Draw(g.T, "permission")
}

func (g generator) can() {
	a, n := g.actor()
	p := g.name1()
	got, err := g.m.authority().Fresh().Can(context.Background(), a, rbac.Permission(p))
	if err != nil {
		g.Fatal(err)
	}
	g.same(fmt.Sprintf("Can(%v, %s)", n, p), naive.Can(g.m.now().config, g.m.state, n, g.m.clock, p), got)
}

// permissionsOf is P9: p ∈ permissions(u) ⇔ Can(u, p).
func (g generator) permissionsOf() {
	user := g.user()
	got, err := g.m.authority().Permissions(context.Background(), rbac.System("ask"), user)
	if err != nil {
		g.Fatal(err)
	}
	p, err := g.m.authority().Fresh().Resolve(context.Background(), rbac.As(user))
	if err != nil {
		g.Fatal(err)
	}
	for name := range g.m.now().config.Known {
		want := naive.Can(g.m.now().config, g.m.state, naive.As(user), g.m.clock, name)
		g.same("P9: Permissions("+user+") has "+name, want, got.Has(rbac.Permission(name)))
		g.same("P9: Principal("+user+").Can "+name, want, p.Can(rbac.Permission(name)))
	}
	g.same("size", got.Len(), p.Permissions().Len())
}

// whoCan is P9: u ∈ WhoCan(p) ⇔ Can(u, p).
func (g generator) whoCan() {
	p := g.name1()
	limit := rapid.IntRange(1, 3).Draw(g.T, "limit")
	got := collect(g, func(q rbac.PageQuery) (rbac.Page[string], error) {
		return g.m.authority().WhoCan(context.Background(), rbac.System("ask"), rbac.Permission(p), q)
	}, limit)
	g.same("P9: WhoCan("+p+")", naive.WhoCan(g.m.now().config, g.m.state, p, g.m.clock), got)
}

// collect reads all pages of a list.
func collect[T any](g generator, list func(rbac.PageQuery) (rbac.Page[T], error), limit int) []T {
	var out []T
	for q := (rbac.PageQuery{Limit: limit}); ; {
		page, err := list(q)
		if err != nil {
			g.Fatal(err)
		}
		if len(page.Items) > limit || page.Moved {
			g.Fatalf("a page of %d for a limit of %d, moved: %t", len(page.Items), limit, page.Moved)
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out
		}
		q.After = page.Next
	}
}

func (g generator) roles() {
	a, n := g.actor()
	if n.Kind == "" {
		return
	}
	limit := rapid.IntRange(1, 4).Draw(g.T, "limit")
	var got []string
	for _, r := range collect(g, func(q rbac.PageQuery) (rbac.Page[rbac.Role], error) {
		return g.m.authority().Roles(context.Background(), a, q)
	}, limit) {
		got = append(got, string(r.ID))
	}
	g.same(fmt.Sprintf("Roles(%v)", n), naive.VisibleRoles(g.m.now().config, g.m.state, n, g.m.clock), got)
}

// judged is what the model says of one operation.
func (g generator) judged(n naive.Actor, op naive.Op) string {
	_, v := naive.Apply(g.m.now().config, g.m.state, n, g.m.clock, op)
	return v.Reason
}

// view is P7: what the page shows is what the change meets.
func (g generator) view() {
	a, n := g.actor()
	id := g.role()
	v, err := g.m.authority().RoleView(context.Background(), a, rbac.RoleID(id))
	if n.Kind == "" {
		g.same("RoleView", "actor", reason(err))
		return
	}
	visible := naive.Visible(g.m.now().config, g.m.state, n, id, g.m.clock)
	g.same(fmt.Sprintf("RoleView(%v, %s) is visible", n, id), visible, err == nil)
	if err != nil {
		g.same("RoleView", "not_found", reason(err))
		return
	}
	version := max(v.Role.Version, 1)
	check := func(what string, op naive.Op, got rbac.Affordance) {
		want := g.judged(n, op)
		if want == "invalid" {
			g.same("P7 "+what, false, got.Enabled)
			return
		}
		g.same(fmt.Sprintf("P7 %s of %s for %v", what, id, n), want, string(got.Reason))
		g.same("P7 "+what, want == "", got.Enabled)
	}
	check("edit", naive.Op{Kind: "edit", Role: id, Version: version}, v.Edit)
	check("delete", naive.Op{Kind: "delete", Role: id, Version: version}, v.Delete)
	for status, s := range statuses {
		check(status, naive.Op{Kind: "edit", Role: id, Version: version, SetStatus: true, Status: status}, v.Status[s])
	}
	for p := range v.Role.Permissions.All() {
		if !g.m.now().config.Known[string(p)] {
			g.same("an unknown name is shown", true, slices.ContainsFunc(v.Unknown, func(t rbac.Toggle) bool { return t.Permission == p && t.On }))
		}
	}
	toggles := v.Unknown
	for _, section := range v.Sections {
		toggles = append(toggles, section.Toggles...)
	}
	for _, t := range toggles {
		g.same("toggle is on", v.Role.Permissions.Has(t.Permission), t.On)
		kind := "grant"
		if t.On {
			kind = "revoke"
		}
		check(kind+" "+string(t.Permission), naive.Op{Kind: kind, Role: id, Perms: []string{string(t.Permission)}}, t.Affordance)
	}
}

func (g generator) newView() {
	a, n := g.actor()
	v, err := g.m.authority().NewRoleView(context.Background(), a)
	if n.Kind == "" {
		g.same("NewRoleView", "actor", reason(err))
		return
	}
	if err != nil {
		g.Fatal(err)
	}
	g.same("may create", g.judged(n, naive.Op{Kind: "create", Role: "role_new", Name: "Never Used"}), string(v.Create.Reason))
	for _, section := range v.Sections {
		for _, t := range section.Toggles {
			want := g.judged(n, naive.Op{Kind: "create", Role: "role_new", Name: "Never Used", Perms: []string{string(t.Permission)}})
			g.same("P7 new role with "+string(t.Permission), want, string(t.Reason))
		}
	}
}

func (g generator) assignable() {
	a, n := g.actor()
	if n.Kind == "" {
		return
	}
	s, ns := g.subject()
	for _, r := range collect(g, func(q rbac.PageQuery) (rbac.Page[rbac.AssignableRole], error) {
		return g.m.authority().AssignableRoles(context.Background(), a, s, q)
	}, 3) {
		want := g.judged(n, naive.Op{Kind: "assign", Subject: ns, Role: string(r.Role.ID)})
		if want == "invalid" {
			g.same("assignable", false, r.Enabled)
			continue
		}
		g.same(fmt.Sprintf("P7 assign %s to %v by %v", r.Role.ID, ns, n), want, string(r.Reason))
	}
}

func (g generator) explain() {
	user, p := g.user(), g.name1()
	e, err := g.m.authority().Explain(context.Background(), rbac.As(user), rbac.User(user), rbac.Permission(p))
	if err != nil {
		g.Fatal(err)
	}
	g.same("Explain("+user+", "+p+")", naive.Can(g.m.now().config, g.m.state, naive.As(user), g.m.clock, p), e.Allowed)
	for _, path := range append(e.Because, e.Withheld...) {
		g.walk(naive.User(user), path)
	}
}

// walk checks that a path leads along stored records.
func (g generator) walk(from naive.Subject, path rbac.Path) {
	at := from
	for _, group := range path.Groups {
		g.same("step of a path", true, g.m.state.Members[naive.MemberKey{Group: group, Member: at}])
		at = naive.Group(group)
	}
	_, ok := g.m.state.Rows[naive.RowKey{Subject: at, Role: string(path.Assignment.Role)}]
	g.same("end of a path", true, ok)
}

// lists reads the plain lists and holds them against the records.
func (g generator) lists() {
	ctx, sys := context.Background(), rbac.System("ask")
	want, got := map[string]bool{}, map[string]bool{}
	id := g.role()
	if _, known := g.m.state.Roles[id]; known {
		for key, row := range g.m.state.Rows {
			if row.Role == id && (row.Until == 0 || row.Until > g.m.clock) {
				want[key.Subject.Kind+":"+key.Subject.ID] = true
			}
		}
		for _, h := range collect(g, func(q rbac.PageQuery) (rbac.Page[rbac.Assignment], error) {
			return g.m.authority().Holders(ctx, sys, rbac.RoleID(id), q)
		}, 2) {
			got[h.Subject.String()] = true
		}
		g.same("Holders", want, got)
	}
	for key := range g.m.state.Members {
		group := key.Group
		var members int
		for other := range g.m.state.Members {
			if other.Group == group {
				members++
			}
		}
		list := collect(g, func(q rbac.PageQuery) (rbac.Page[rbac.Membership], error) {
			return g.m.authority().Members(ctx, sys, group, q)
		}, 2)
		g.same("Members("+group+")", members, len(list))
		break
	}
	_ = collect(g, func(q rbac.PageQuery) (rbac.Page[string], error) { return g.m.authority().Groups(ctx, sys, q) }, 2)
	for q := (rbac.ReviewQuery{}); ; {
		page, err := g.m.authority().Review(ctx, sys, q)
		if err != nil {
			g.Fatal(err)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
}
