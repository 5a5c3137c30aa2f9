package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

var (
	opaContestant = contestant{
		name:  "opa",
		about: "prepared query, data in the in-memory store, input as a Go map",
		open:  openOPA(false),
	}
	opaTunedContestant = contestant{
		name:  "opa-tuned",
		about: "as above, the store returns AST values, input parsed by the caller, no round trip on write",
		open:  openOPA(true),
	}
)

// opaModule is the RBAC policy of OPA's documentation. Data is keyed by tenant
// and what a role has is an object, so that nothing is scanned.
const opaModule = `package rbac

default allow := false

allow if {
	some role in data.tenants[input.tenant].users[input.user]
	data.tenants[input.tenant].roles[role][input.permission]
}

held[permission] if {
	some role in data.tenants[input.tenant].users[input.user]
	some permission, _ in data.tenants[input.tenant].roles[role]
}

default covers := false

covers if {
	every permission, _ in data.tenants[input.tenant].roles[input.role] {
		held[permission]
	}
}
`

type opa struct {
	tuned           bool
	store           storage.Store
	allow, covering rego.PreparedEvalQuery
}

func openOPA(tuned bool) func(*data, *meter) (participant, error) {
	return func(d *data, m *meter) (participant, error) {
		p := &opa{tuned: tuned}
		return p, m.loading(func() error {
			object := opaData(d)
			if tuned {
				p.store = inmem.NewFromObjectWithOpts(object, inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))
			} else {
				p.store = inmem.NewFromObject(object)
			}
			var err1, err2 error
			p.allow, err1 = p.prepare("data.rbac.allow")
			p.covering, err2 = p.prepare("data.rbac.covers")
			return errors.Join(err1, err2)
		})
	}
}

func opaData(d *data) map[string]any {
	tenants := map[string]any{}
	for i := range d.tenants {
		t := &d.tenants[i]
		users, roles := make(map[string]any, len(t.users)), make(map[string]any, len(t.roles))
		for _, r := range t.roles {
			set := make(map[string]any, len(r.permissions))
			for _, permission := range r.permissions {
				set[permission] = true
			}
			roles[r.id] = set
		}
		for _, u := range t.users {
			var held []any
			for _, r := range u.roles() {
				held = append(held, t.roles[r].id)
			}
			users[u.id] = held
		}
		tenants[t.id] = map[string]any{"users": users, "roles": roles}
	}
	return map[string]any{"tenants": tenants}
}

func (p *opa) prepare(query string) (rego.PreparedEvalQuery, error) {
	return rego.New(rego.Query(query), rego.Module("rbac.rego", opaModule), rego.Store(p.store)).PrepareForEval(context.Background())
}

// eval answers a query whose input has three fields.
func (p *opa) eval(query rego.PreparedEvalQuery, tenant, user, key, value string) (bool, error) {
	input := rego.EvalInput(map[string]any{"tenant": tenant, "user": user, key: value})
	if p.tuned {
		input = rego.EvalParsedInput(ast.NewObject(
			[2]*ast.Term{opaTenant, ast.StringTerm(tenant)},
			[2]*ast.Term{opaUser, ast.StringTerm(user)},
			[2]*ast.Term{ast.InternedTerm(key), ast.StringTerm(value)},
		))
	}
	result, err := query.Eval(context.Background(), input)
	if err != nil {
		return false, err
	}
	return result.Allowed(), nil
}

var opaTenant, opaUser = ast.StringTerm("tenant"), ast.StringTerm("user")

func (p *opa) ask(qs []question) (int, error) {
	n := 0
	for i := range qs {
		q := &qs[i]
		ok, err := p.eval(p.allow, q.tenant, q.user, "permission", q.permission)
		if err != nil {
			return 0, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}

func (p *opa) covers(q coverQuestion) (bool, error) {
	return p.eval(p.covering, q.tenant, q.user, "role", q.role)
}

// roles replaces the list of a user's roles by what f makes of it.
func (p *opa) roles(tenant, user string, f func([]any) []any) error {
	ctx, path := context.Background(), storage.Path{"tenants", tenant, "users", user}
	return storage.Txn(ctx, p.store, storage.WriteParams, func(txn storage.Transaction) error {
		held, err := p.read(ctx, txn, path)
		if err != nil {
			return err
		}
		return p.store.Write(ctx, txn, storage.AddOp, path, f(held))
	})
}

// read returns a list of strings, empty if it does not exist.
func (p *opa) read(ctx context.Context, txn storage.Transaction, path storage.Path) ([]any, error) {
	found, err := p.store.Read(ctx, txn, path)
	switch found := found.(type) {
	case []any:
		return slices.Clone(found), err
	case *ast.Array:
		var out []any
		found.Foreach(func(t *ast.Term) { out = append(out, string(t.Value.(ast.String))) })
		return out, err
	}
	if storage.IsNotFound(err) {
		return nil, nil
	}
	return nil, fmt.Errorf("opa: %T at %s: %w", found, path, err)
}

func (p *opa) assign(tenant, user, role string) error {
	return p.roles(tenant, user, func(held []any) []any { return append(held, role) })
}

func (p *opa) unassign(tenant, user, role string) error {
	return p.roles(tenant, user, func(held []any) []any {
		return slices.DeleteFunc(held, func(r any) bool { return r == role })
	})
}

func (p *opa) grant(tenant, role, permission string) error {
	path := storage.Path{"tenants", tenant, "roles", role, permission}
	return storage.WriteOne(context.Background(), p.store, storage.AddOp, path, true)
}

func (p *opa) revoke(tenant, role, permission string) error {
	path := storage.Path{"tenants", tenant, "roles", role, permission}
	return storage.WriteOne(context.Background(), p.store, storage.RemoveOp, path, nil)
}

func (p *opa) close() {}
