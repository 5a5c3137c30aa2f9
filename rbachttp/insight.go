package rbachttp

import "github.com/seed80bc5f17/rbac"

// account is what the user of a request may do.
type account struct {
	User        string             `json:"user"`
	Owner       bool               `json:"owner"`
	Permissions rbac.PermissionSet `json:"permissions"`
	Token       rbac.Token         `json:"token"`
}

func (c *call) me() (reply, error) {
	p, err := c.authority.Resolve(c.r.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	return reply{token: p.Token(), body: account{p.Actor().UserID(), p.IsOwner(), p.Permissions(), p.Token()}}, nil
}

// userPermissions is what somebody may do.
type userPermissions struct {
	User        string             `json:"user"`
	Permissions rbac.PermissionSet `json:"permissions"`
}

func (c *call) permissionsOf() (reply, error) {
	user, err := c.query.text("user")
	if err != nil {
		return reply{}, err
	}
	set, err := c.authority.Permissions(c.r.Context(), c.actor, user)
	return reply{body: userPermissions{user, set}}, err
}

func (c *call) whoCan() (reply, error) {
	p, err := c.query.text("permission")
	if err != nil {
		return reply{}, err
	}
	q, err := c.query.page()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.WhoCan(c.r.Context(), c.actor, rbac.Permission(p), q))
}

func (c *call) explain() (reply, error) {
	s, err := c.query.subject()
	if err != nil {
		return reply{}, err
	}
	p, err := c.query.text("permission")
	if err != nil {
		return reply{}, err
	}
	e, err := c.authority.Explain(c.r.Context(), c.actor, s, rbac.Permission(p))
	return reply{token: e.Token, body: e}, err
}

func (c *call) review() (reply, error) {
	q, err := c.query.review()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.Review(c.r.Context(), c.actor, q))
}

func (c *call) history() (reply, error) {
	q, err := c.query.page()
	if err != nil {
		return reply{}, err
	}
	return list(c.authority.History(c.r.Context(), c.actor, q))
}
