package rbachttp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed80bc5f17/rbac"
)

// operations reads the body of a batch:
//
//	{"ops":[
//		{"op":"create_role","name":"Clerk","permissions":["billing.view"]},
//		{"op":"assign","role":"$0","subject":{"kind":"user","id":"carl"}}
//	]}
//
// The id of a new role is drawn here, so a later operation names it by its
// place. No id begins with a dollar sign.
func (c *call) operations() ([]rbac.Op, error) {
	var body struct {
		Ops []object `json:"ops"`
	}
	if err := c.read(&body); err != nil {
		return nil, err
	}
	ops := make([]rbac.Op, len(body.Ops))
	for i, members := range body.Ops {
		var err error
		for _, name := range []string{"role", "reassign"} {
			if err == nil {
				err = members.refer(name, ops[:i])
			}
		}
		if err == nil {
			ops[i], err = operation(members)
		}
		var invalid *rbac.InvalidError
		if errors.As(err, &invalid) {
			return nil, &rbac.InvalidError{Field: fmt.Sprintf("ops[%d].%s", i, invalid.Field), Problem: invalid.Problem}
		}
		if err != nil {
			return nil, err
		}
	}
	return ops, nil
}

// refer replaces a reference to an operation before this one by the id of the
// role which that one creates.
func (o object) refer(name string, before []rbac.Op) error {
	var text string
	if json.Unmarshal(o[name], &text) != nil || !strings.HasPrefix(text, "$") {
		return nil
	}
	n, err := strconv.Atoi(text[1:])
	if err != nil || strconv.Itoa(n) != text[1:] || n < 0 || n >= len(before) || before[n].String() != "create_role" {
		return &rbac.InvalidError{Field: name, Problem: "refers to no role that an earlier operation creates"}
	}
	o[name], err = json.Marshal(before[n].RoleID())
	return err
}

func (c *call) batch() (reply, error) {
	ops, err := c.operations()
	if err != nil {
		return reply{}, err
	}
	receipt, err := c.authority.Apply(c.r.Context(), c.actor, ops...)
	if err != nil {
		return reply{}, inBatch{err}
	}
	out := receiptOf(receipt)
	out.Role, out.Roles = nil, make([]*rbac.Role, len(ops))
	for i := range receipt.Roles {
		if receipt.Roles[i].ID != "" {
			out.Roles[i] = &receipt.Roles[i]
		}
	}
	return reply{token: receipt.Token, body: out}, nil
}

func (c *call) preview() (reply, error) {
	ops, err := c.operations()
	if err != nil {
		return reply{}, err
	}
	impact, err := c.authority.Preview(c.r.Context(), c.actor, ops...)
	if err != nil {
		return reply{}, inBatch{err}
	}
	return reply{token: impact.Token, body: impact}, nil
}
