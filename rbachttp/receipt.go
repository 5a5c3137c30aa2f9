package rbachttp

import "github.com/seed80bc5f17/rbac"

// receipt is an [rbac.Receipt] as JSON.
type receipt struct {
	Changed  bool         `json:"changed"`
	Revision uint64       `json:"revision"`
	Token    rbac.Token   `json:"token"`
	Role     *rbac.Role   `json:"role,omitempty"`  // the role concerned, as it now stands
	Roles    []*rbac.Role `json:"roles,omitempty"` // of a batch: for each operation, or null
}

func receiptOf(r rbac.Receipt) receipt {
	out := receipt{Changed: r.Changed, Revision: r.Revision, Token: r.Token}
	if r.Role.ID != "" {
		out.Role = &r.Role
	}
	return out
}

// apply answers with the receipt of one operation.
func (c *call) apply(op rbac.Op, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	r, err := c.authority.Apply(c.r.Context(), c.actor, op)
	if err != nil {
		return reply{}, err
	}
	return reply{token: r.Token, body: receiptOf(r)}, nil
}

// applyToRole is apply for an operation that changes a role, whose new version
// the client needs for the next one.
func (c *call) applyToRole(op rbac.Op, err error) (reply, error) {
	out, err := c.apply(op, err)
	if r, ok := out.body.(receipt); ok && r.Role != nil {
		out.version = r.Role.Version
	}
	return out, err
}
