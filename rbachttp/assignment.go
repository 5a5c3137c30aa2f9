package rbachttp

import "github.com/seed80bc5f17/rbac"

// pageOf reads a query about a page of what belongs to a subject.
func (c *call) pageOf() (rbac.Subject, rbac.PageQuery, error) {
	s, err := c.query.subject()
	if err != nil {
		return s, rbac.PageQuery{}, err
	}
	q, err := c.query.page()
	return s, q, err
}

func (c *call) assignments() (reply, error) {
	s, q, err := c.pageOf()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.Assignments(c.r.Context(), c.actor, s, q))
}

func (c *call) assignable() (reply, error) {
	s, q, err := c.pageOf()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.AssignableRoles(c.r.Context(), c.actor, s, q))
}

func (c *call) assign() (reply, error) { return c.apply(c.change("assign", nil)) }

func (c *call) unassign() (reply, error) {
	s, err := c.query.subject()
	if err != nil {
		return reply{}, err
	}
	role, err := c.query.text("role")
	return c.apply(rbac.Unassign(s, rbac.RoleID(role)).Because(c.query["reason"]), err)
}

func (c *call) offboard() (reply, error) { return c.apply(c.change("offboard", nil)) }
