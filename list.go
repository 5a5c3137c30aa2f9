package rbac

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac/internal/naming"
	"github.com/seed80bc5f17/rbac/store"
)

// Role returns a role. One that does not exist and one that the actor may not
// see are the same refusal, which matches [ErrNotFound]. Without
// rbac.roles.view one sees the prebuilt roles and those one holds.
func (a *Authority) Role(ctx context.Context, actor Actor, id RoleID) (Role, error) {
	if err := actor.check("view_role"); err != nil {
		return Role{}, err
	}
	if invalid := checkRoleID("role", id); invalid != nil {
		return Role{}, invalid
	}
	var out Role
	err := a.readAs(ctx, "view_role", actor, func(_ *reading, j *judge) error {
		j.op.role = id
		role, err := j.target(id)
		if err == nil {
			out = role.clone()
		}
		return err
	})
	return out, err
}

// RoleNamed returns the role that has a name, regardless of case and of other
// spellings that S19 takes for the same; visibility is as for Role. Names are
// labels: keep the id, which survives a renaming.
func (a *Authority) RoleNamed(ctx context.Context, actor Actor, name string) (Role, error) {
	if err := actor.check("view_role"); err != nil {
		return Role{}, err
	}
	if problem := naming.RoleName(name); problem != "" {
		return Role{}, &InvalidError{"name", problem}
	}
	var out Role
	err := a.readAs(ctx, "view_role", actor, func(_ *reading, j *judge) error {
		for _, role := range j.roles(j.cur) {
			if role.key == naming.Key(name) && j.visible(role) {
				out = role.clone()
				return nil
			}
		}
		return j.deny(ReasonNotFound)
	})
	return out, err
}

// Roles lists the roles that the actor may see, by id.
func (a *Authority) Roles(ctx context.Context, actor Actor, q PageQuery) (Page[Role], error) {
	if err := actor.check("view_roles"); err != nil {
		return Page[Role]{}, err
	}
	var page Page[Role]
	c, err := openPage(q, nil)
	if err != nil {
		return page, err
	}
	err = a.readAs(ctx, "view_roles", actor, func(r *reading, j *judge) error {
		var out []Role
		for _, role := range j.visibleRoles(c) {
			out = append(out, role.clone())
		}
		page = closePage(a, c, r.snap.head, out, func(r Role) string { return string(r.ID) })
		return nil
	})
	return page, err
}

// visibleRoles returns the roles of a page that the actor may see, by id, and
// one more.
func (j *judge) visibleRoles(c cursor) []*roleRecord {
	var out []*roleRecord
	for _, role := range j.roles(j.cur) {
		if string(role.ID) > c.after && j.visible(role) {
			out = append(out, role)
		}
	}
	slices.SortFunc(out, func(a, b *roleRecord) int { return compareStrings(a.ID, b.ID) })
	return out[:min(len(out), c.limit+1)]
}

// Holders lists the direct assignments of a role that have not expired, groups
// first. The actor needs rbac.roles.view.
func (a *Authority) Holders(ctx context.Context, actor Actor, id RoleID, q PageQuery) (Page[Assignment], error) {
	if err := actor.check("view_holders"); err != nil {
		return Page[Assignment]{}, err
	}
	if invalid := checkRoleID("role", id); invalid != nil {
		return Page[Assignment]{}, invalid
	}
	check := func(j *judge) error {
		j.op.role = id
		if _, err := j.target(id); err != nil {
			return err
		}
		return j.may()
	}
	key := func(m Assignment) store.Key { return store.Key{Subject: m.Subject.record(), Role: string(id)} }
	return scanPage(ctx, a, "view_holders", actor, q, store.Query{List: store.Assignments, Role: string(id), Rows: store.LiveRows}, check,
		func(p store.Page) []Assignment { return convert(p.Assignments, assignmentOf) }, key)
}

// Assignments lists the roles that a subject holds directly and that have not
// expired, by role. One's own are always visible; for others the actor needs
// rbac.roles.view.
func (a *Authority) Assignments(ctx context.Context, actor Actor, s Subject, q PageQuery) (Page[Assignment], error) {
	if err := actor.check("view_assignments"); err != nil {
		return Page[Assignment]{}, err
	}
	var page Page[Assignment]
	c, err := openPage(q, nil)
	if err != nil {
		return page, err
	}
	err = a.readAs(ctx, "view_assignments", actor, func(r *reading, j *judge) error {
		if err := j.mayView(s); err != nil {
			return err
		}
		rows := j.cur.rowsOf(s.record())
		var out []Assignment
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			if row := rows[id]; row.Role > c.after && !expired(row, j.now) {
				out = append(out, assignmentOf(row))
			}
		}
		page = closePage(a, c, r.snap.head, out, func(m Assignment) string { return string(m.Role) })
		return nil
	}, s)
	return page, err
}

// Memberships lists the groups that a subject is in directly, by group. One's
// own are always visible; for others the actor needs rbac.roles.view.
func (a *Authority) Memberships(ctx context.Context, actor Actor, s Subject, q PageQuery) (Page[Membership], error) {
	if err := actor.check("view_memberships"); err != nil {
		return Page[Membership]{}, err
	}
	var page Page[Membership]
	c, err := openPage(q, nil)
	if err != nil {
		return page, err
	}
	err = a.readAs(ctx, "view_memberships", actor, func(r *reading, j *judge) error {
		if err := j.mayView(s); err != nil {
			return err
		}
		groups := j.cur.groupsOf(s.record())
		var out []Membership
		for _, group := range slices.Sorted(maps.Keys(groups)) {
			if group > c.after {
				out = append(out, membershipOf(groups[group]))
			}
		}
		page = closePage(a, c, r.snap.head, out, func(m Membership) string { return m.Group })
		return nil
	}, s)
	return page, err
}

// Groups lists the ids of all groups that have a member or a role, or are in a
// group, by id. The actor needs rbac.roles.view.
func (a *Authority) Groups(ctx context.Context, actor Actor, q PageQuery) (Page[string], error) {
	key := func(group string) store.Key { return store.Key{Group: group} }
	return scanPage(ctx, a, "view_groups", actor, q, store.Query{List: store.Groups}, (*judge).mayRead,
		func(p store.Page) []string { return p.Groups }, key)
}

// Members lists the users and groups directly in a group, groups first. The
// actor needs rbac.roles.view.
func (a *Authority) Members(ctx context.Context, actor Actor, group string, q PageQuery) (Page[Membership], error) {
	if err := actor.check("view_members"); err != nil {
		return Page[Membership]{}, err
	}
	if problem := naming.Identifier(group, naming.MaxSubject); problem != "" {
		return Page[Membership]{}, &InvalidError{"group", problem}
	}
	key := func(m Membership) store.Key { return store.Key{Subject: m.Member.record(), Group: group} }
	return scanPage(ctx, a, "view_members", actor, q, store.Query{List: store.Memberships, Group: group}, (*judge).mayRead,
		func(p store.Page) []Membership { return convert(p.Memberships, membershipOf) }, key)
}

func (j *judge) mayRead() error { return j.may() }

func convert[S, T any](in []S, f func(*S) T) []T {
	out := make([]T, len(in))
	for i := range in {
		out[i] = f(&in[i])
	}
	return out
}

// scanPage answers with one page of a store's list, once check allows it. The
// position in the list travels in the page's Next as a store.Key.
func scanPage[T any](
	ctx context.Context, a *Authority, name string, actor Actor, pq PageQuery, q store.Query, check func(*judge) error,
	items func(store.Page) []T, key func(T) store.Key,
) (Page[T], error) {
	var out Page[T]
	if err := actor.check(name); err != nil {
		return out, err
	}
	c, err := openPage(pq, func(after string) error { return position(after, &q.After) })
	if err != nil {
		return out, err
	}
	err = a.readAs(ctx, name, actor, func(r *reading, j *judge) error {
		if err := check(j); err != nil || !r.state.facts.missing.empty() {
			return err
		}
		q.Limit, q.At = c.limit+1, r.now
		var found []T
		if err := r.walk(ctx, q, func(page store.Page) bool {
			found = append(found, items(page)...)
			return len(found) <= c.limit
		}); err != nil {
			return err
		}
		out = closePage(a, c, r.snap.head, found, func(t T) string {
			data, _ := json.Marshal(key(t)) // strings alone: cannot fail
			return string(data)
		})
		return nil
	})
	return out, err
}
