package rbachttp

import (
	"net/http"

	"github.com/seed80bc5f17/rbac"
)

func (c *call) roleID() rbac.RoleID { return rbac.RoleID(c.r.PathValue("role")) }

func (c *call) roles() (reply, error) {
	q, err := c.query.page()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.Roles(c.r.Context(), c.actor, q))
}

func (c *call) role() (reply, error) {
	role, err := c.authority.Role(c.r.Context(), c.actor, c.roleID())
	return reply{version: role.Version, body: role}, err
}

func (c *call) roleView() (reply, error) {
	v, err := c.authority.RoleView(c.r.Context(), c.actor, c.roleID())
	return reply{token: v.Token, body: v}, err
}

func (c *call) newRole() (reply, error) {
	v, err := c.authority.NewRoleView(c.r.Context(), c.actor)
	return reply{token: v.Token, body: v}, err
}

func (c *call) createRole() (reply, error) {
	op, err := c.change("create_role", nil)
	out, err := c.applyToRole(op, err)
	out.status, out.location = http.StatusCreated, "roles/"+string(op.RoleID()) // relative to …/roles
	return out, err
}

func (c *call) editRole() (reply, error) {
	version, err := c.version()
	if err != nil {
		return reply{}, err
	}
	op, err := c.change("edit_role", map[string]any{"role": c.roleID(), "version": version})
	out, err := c.applyToRole(op, err)
	return out, precondition(err)
}

func (c *call) deleteRole() (reply, error) {
	version, err := c.version()
	if err != nil {
		return reply{}, err
	}
	out, err := c.apply(rbac.DeleteRole(rbac.RoleDeletion{
		ID: c.roleID(), Version: version, Reassign: rbac.RoleID(c.query["reassign"]), Reason: c.query["reason"],
	}), nil)
	return out, precondition(err)
}

func (c *call) grant() (reply, error) {
	return c.applyToRole(c.change("grant", map[string]any{"role": c.roleID()}))
}

func (c *call) revoke() (reply, error) {
	return c.applyToRole(c.change("revoke", map[string]any{"role": c.roleID()}))
}

func (c *call) holders() (reply, error) {
	q, err := c.query.page()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.Holders(c.r.Context(), c.actor, c.roleID(), q))
}
