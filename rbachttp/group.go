package rbachttp

import "github.com/seed80bc5f17/rbac"

func (c *call) groups() (reply, error) {
	q, err := c.query.page()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.Groups(c.r.Context(), c.actor, q))
}

func (c *call) members() (reply, error) {
	group, err := c.query.text("group")
	if err != nil {
		return reply{}, err
	}
	q, err := c.query.page()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.Members(c.r.Context(), c.actor, group, q))
}

func (c *call) memberships() (reply, error) {
	s, q, err := c.pageOf()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.Memberships(c.r.Context(), c.actor, s, q))
}

func (c *call) addMember() (reply, error) { return c.apply(c.change("add_member", nil)) }

func (c *call) removeMember() (reply, error) {
	s, err := c.query.subject()
	if err != nil {
		return reply{}, err
	}
	group, err := c.query.text("group")
	return c.apply(rbac.RemoveMember(group, s).Because(c.query["reason"]), err)
}
