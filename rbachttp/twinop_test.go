package rbachttp_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func choose[T any](w *twins, of ...T) T { return of[w.IntN(len(of))] }

func (w *twins) user() string {
	return choose(w, "olivia", "olivia", "olivia", "mona", "mona", "carl", "u0", "u1", "u2", "u3")
}

// actor returns the User header and the actor, "" for somebody signed out.
func (w *twins) actor() (string, rbac.Actor) {
	user := w.user()
	if w.IntN(3) == 0 {
		user = "olivia"
	}
	switch w.IntN(20) {
	case 0:
		return "", rbac.Actor{}
	case 1:
		group := w.group()
		return user + "+" + group, rbac.As(user).InGroups(group)
	default:
		return user, rbac.As(user)
	}
}

func (w *twins) group() string { return choose(w, "g0", "g1", "g2", "a/b?c=d&e") }

func (w *twins) subject() rbac.Subject {
	if w.IntN(3) == 0 {
		return rbac.Group(w.group())
	}
	if w.IntN(25) == 0 {
		return rbac.User(choose(w, "x:y%2F z", " malformed"))
	}
	return rbac.User(w.user())
}

func (w *twins) role() twin {
	if w.IntN(30) == 0 {
		return twin{"role_nowhere", "role_nowhere"}
	}
	return choose(w, w.roles...)
}

func (w *twins) permissions() []rbac.Permission {
	all := []rbac.Permission{view, manage, rbac.RolesView, rbac.RolesEdit, rbac.RolesCreate, rbac.RolesAssign, rbac.RolesDelete, rbac.RolesUnassign, rbac.GroupsEdit, rbac.AuditView}
	w.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:w.IntN(6)]
	switch w.IntN(40) {
	case 0:
		all = append(all, purge)
	case 1:
		all = append(all, "billing.unknown")
	}
	return all
}

func (w *twins) version(r twin) uint64 {
	role, err := w.direct.Role(context.Background(), rbac.System("test"), r.direct)
	switch {
	case err != nil || w.IntN(60) == 0:
		return uint64(w.IntN(3))
	case w.IntN(6) == 0:
		return role.Version + 1
	}
	return role.Version
}

// request is an operation in both forms.
type twinOp struct {
	members map[string]any // as the API takes it in a batch
	op      rbac.Op
	made    *twin // the role that it creates
}

func (w *twins) operation(earlier []twinOp) twinOp {
	r := w.role()
	name := func(r twin) any { return r.web }
	for i, e := range earlier { // a role that the batch itself makes
		if e.made != nil && w.IntN(2) == 0 {
			r = *e.made
			name = func(twin) any { return fmt.Sprintf("$%d", i) }
		}
	}
	m := map[string]any{}
	why := choose(w, "", "", "because")
	if why != "" {
		m["reason"] = why
	}
	s := w.subject()
	kind := choose(w, "create_role", "create_role", "edit_role", "edit_role", "delete_role", "grant", "revoke", "assign", "assign", "assign", "unassign", "add_member", "remove_member", "offboard")
	m["op"] = kind
	switch kind {
	case "create_role":
		n := rbac.NewRole{Name: fmt.Sprintf("Role %d", w.IntN(60)), Permissions: rbac.Set(w.permissions()...), Reason: why}
		if w.IntN(30) == 0 {
			n.Name = choose(w, "", " x", "clerk", "OWNER")
		}
		m["name"], m["permissions"] = n.Name, n.Permissions
		if w.IntN(4) == 0 {
			n.Status, n.Description, n.Metadata = rbac.Suspended, "told", map[string]string{"k": "v"}
			m["status"], m["description"], m["metadata"] = "suspended", "told", n.Metadata
		}
		op := rbac.CreateRole(n)
		return twinOp{m, op, &twin{direct: op.RoleID()}}
	case "edit_role":
		e := rbac.RoleEdit{ID: r.direct, Version: w.version(r), Reason: why}
		m["role"], m["version"] = name(r), e.Version
		if w.IntN(2) == 0 {
			set := rbac.Set(w.permissions()...)
			e.Permissions, m["permissions"] = &set, set
		}
		if w.IntN(3) == 0 {
			status := choose(w, rbac.Active, rbac.Active, rbac.Suspended, rbac.Blocked)
			e.Status, m["status"] = &status, status
		}
		if w.IntN(4) == 0 {
			text := fmt.Sprintf("Role %d", w.IntN(60))
			e.Name, m["name"] = &text, text
		}
		return twinOp{m, rbac.EditRole(e), nil}
	case "delete_role":
		d := rbac.RoleDeletion{ID: r.direct, Version: w.version(r), Reason: why}
		m["role"], m["version"] = name(r), d.Version
		if w.IntN(2) == 0 {
			heir := w.role()
			d.Reassign, m["reassign"] = heir.direct, heir.web
		}
		return twinOp{m, rbac.DeleteRole(d), nil}
	case "grant", "revoke":
		set := w.permissions()
		m["role"], m["permissions"] = name(r), rbac.Set(set...)
		if kind == "grant" {
			return twinOp{m, rbac.Grant(r.direct, set...).Because(why), nil}
		}
		return twinOp{m, rbac.Revoke(r.direct, set...).Because(why), nil}
	case "assign":
		n := rbac.NewAssignment{Subject: s, Role: r.direct, Reason: why}
		m["subject"], m["role"] = s, name(r)
		if w.IntN(5) == 0 {
			n.From = w.direct.now.Add(time.Duration(w.IntN(60)-5) * time.Minute)
			m["from"] = n.From
		}
		if w.IntN(4) == 0 {
			n.Until = w.direct.now.Add(time.Duration(w.IntN(90)-5) * time.Minute)
			m["until"] = n.Until
		}
		return twinOp{m, rbac.Assign(n), nil}
	case "unassign":
		m["subject"], m["role"] = s, name(r)
		return twinOp{m, rbac.Unassign(s, r.direct).Because(why), nil}
	case "add_member", "remove_member":
		group := w.group()
		m["group"], m["subject"] = group, s
		if kind == "add_member" {
			return twinOp{m, rbac.AddMember(group, s).Because(why), nil}
		}
		return twinOp{m, rbac.RemoveMember(group, s).Because(why), nil}
	}
	m["subject"] = s
	return twinOp{m, rbac.Offboard(s).Because(why), nil}
}

// endpointOf writes an operation as the request to its endpoint.
func endpointOf(o twinOp) (method, target, body string, headers []string) {
	m := maps.Clone(o.members)
	take := func(name string) string {
		v, ok := m[name]
		delete(m, name)
		if !ok {
			return ""
		}
		if s, ok := v.(rbac.Subject); ok {
			return s.String()
		}
		return fmt.Sprint(v)
	}
	query := func(names ...string) string {
		var pairs []string
		for _, name := range names {
			if v := take(name); v != "" {
				pairs = append(pairs, name+"="+escape(v))
			}
		}
		return "?" + strings.Join(pairs, "&")
	}
	switch take("op") {
	case "create_role":
		return "POST", "/roles", marshal(m), nil
	case "edit_role":
		target, headers = "/roles/"+take("role"), []string{`If-Match: "` + take("version") + `"`}
		return "PATCH", target, marshal(m), headers
	case "delete_role":
		target, headers = "/roles/"+take("role"), []string{`If-Match: "` + take("version") + `"`}
		return "DELETE", target + query("reassign", "reason"), "", headers
	case "grant":
		return "POST", "/roles/" + take("role") + "/grant", marshal(m), nil
	case "revoke":
		return "POST", "/roles/" + take("role") + "/revoke", marshal(m), nil
	case "assign":
		return "POST", "/assignments", marshal(m), nil
	case "unassign":
		return "DELETE", "/assignments" + query("subject", "role", "reason"), "", nil
	case "add_member":
		return "POST", "/members", marshal(m), nil
	case "remove_member":
		return "DELETE", "/members" + query("group", "subject", "reason"), "", nil
	}
	return "POST", "/offboard", marshal(m), nil
}

func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
