package machine

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/internal/naive"
)

// change draws an operation that the actor might attempt.
func (g generator) change(a naive.Actor) change {
	kind := pick(g, "kind", "create", "create", "create", "edit", "edit", "edit", "grant", "grant", "revoke", "revoke",
		"delete", "delete", "assign", "assign", "assign", "assign", "assign", "unassign", "unassign",
		"add_member", "add_member", "remove_member", "offboard", "maintain")
	switch kind {
	case "create":
		return g.create(a)
	case "edit":
		return g.edit(a)
	case "grant", "revoke":
		role, names := g.role(), g.permissions(a)
		if len(names) == 0 {
			names = []string{"a.x"}
		}
		op := naive.Op{Kind: kind, Role: role, Perms: names}
		if kind == "grant" {
			return change{rbac.Grant(rbac.RoleID(role), slices.Collect(set(names).All())...), op}
		}
		return change{rbac.Revoke(rbac.RoleID(role), slices.Collect(set(names).All())...), op}
	case "delete":
		role, version, heir := g.role(), uint64(0), ""
		version = g.version(role)
		if g.chance("reassign", 50) {
			heir = g.role()
		}
		return change{
			rbac.DeleteRole(rbac.RoleDeletion{ID: rbac.RoleID(role), Version: version, Reassign: rbac.RoleID(heir)}),
			naive.Op{Kind: kind, Role: role, Version: version, Reassign: heir},
		}
	case "assign":
		s, n := g.subject()
		role, from, until := g.role(), g.instant("from"), g.instant("until")
		return change{
			rbac.Assign(rbac.NewAssignment{Subject: s, Role: rbac.RoleID(role), From: timeOf(from), Until: timeOf(until)}),
			naive.Op{Kind: kind, Subject: n, Role: role, From: from, Until: until},
		}
	case "unassign":
		s, n := g.subject()
		role := g.role()
		return change{rbac.Unassign(s, rbac.RoleID(role)), naive.Op{Kind: kind, Subject: n, Role: role}}
	case "add_member", "remove_member":
		s, n := g.subject()
		group := g.group()
		op := naive.Op{Kind: kind, Group: group, Member: n}
		if kind == "add_member" {
			return change{rbac.AddMember(group, s), op}
		}
		return change{rbac.RemoveMember(group, s), op}
	case "offboard":
		s, n := g.subject()
		return change{rbac.Offboard(s), naive.Op{Kind: kind, Subject: n}}
	}
	switch pick(g, "maintenance", "bootstrap", "sweep", "sweep") {
	case "bootstrap":
		user := g.user()
		return change{rbac.Bootstrap(user), naive.Op{Kind: "bootstrap", Subject: naive.User(user)}}
	default:
		return change{rbac.Sweep(), naive.Op{Kind: "sweep"}}
	}
}

func (g generator) create(a naive.Actor) change {
	name, names := g.name(), g.permissions(a)
	status := pick(g, "status", "", "active", "suspended", "blocked", "active", "")
	op := rbac.CreateRole(rbac.NewRole{
		Name: name, Description: "made", Status: statuses[status], Permissions: set(names), Metadata: map[string]string{"k": "v"},
	})
	return change{op, naive.Op{
		Kind: "create", Role: string(op.RoleID()), Name: name, Description: "made", Status: status, Perms: names,
		Metadata: map[string]string{"k": "v"},
	}}
}

func (g generator) edit(a naive.Actor) change {
	id := g.role()
	e := rbac.RoleEdit{ID: rbac.RoleID(id), Version: g.version(id)}
	op := naive.Op{Kind: "edit", Role: id, Version: e.Version}
	if g.chance("rename", 20) {
		op.SetName, op.Name = true, g.name()
		if r := g.m.state.Roles[id]; r != nil && g.chance("same name", 30) {
			op.Name = r.Name
		}
		e.Name = &op.Name
	}
	if g.chance("describe", 15) {
		op.SetDescription, op.Description = true, pick(g, "description", "made", "told")
		e.Description = &op.Description
	}
	if g.chance("status", 40) {
		op.SetStatus, op.Status = true, pick(g, "status", "active", "active", "suspended", "blocked")
		status := statuses[op.Status]
		e.Status = &status
	}
	if g.chance("metadata", 10) {
		op.SetMetadata, op.Metadata = true, map[string]string{"k": pick(g, "value", "v", "w")}
		e.Metadata = op.Metadata
	}
	if g.chance("permissions", 60) {
		op.SetPerms, op.Perms = true, g.permissions(a)
		if r := g.m.state.Roles[id]; r != nil && g.chance("on top", 60) {
			for name := range r.Perms {
				op.Perms = append(op.Perms, name)
			}
		}
		s := set(op.Perms)
		e.Permissions = &s
	}
	return change{rbac.EditRole(e), op}
}

// version draws the stored version, seldom another one.
func (g generator) version(id string) uint64 {
	v := uint64(1)
	if r := g.m.state.Roles[id]; r != nil {
		v = r.Version
	}
	if g.chance("stale", 4) {
		v = rapid.Uint64Range(0, v+1).Draw(g.T, "version")
	}
	return v
}

// instant draws an end of a window: mostly open, else near.
func (g generator) instant(label string) int64 {
	if g.chance(label+" open", 65) {
		return 0
	}
	return g.m.time() + int64(rapid.IntRange(-1, 5).Draw(g.T, label))*int64(time.Second/time.Microsecond)
}

func timeOf(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us)
}
