package main

import (
	"context"
	"runtime"

	"github.com/seed80bc5f17/rbac"
)

// micro measures what a request does after it has resolved its principal once:
// ask about permissions, against a bare look-up of the name in a map. And what
// it costs to keep the error of a check.
func (p *own) micro(qs *questions, e effort) ([]micro, error) {
	if !p.preload || p.can {
		return nil, nil // the same as of the other one
	}
	names := make([]string, 1<<12)
	bare := map[string]uint16{}
	for i := range names {
		names[i] = qs.uniform[i].permission
		bare[names[i]] = uint16(len(bare))
	}
	principal, err := p.tenant(qs.uniform[0].tenant).Resolve(context.Background(), rbac.As(qs.uniform[0].user))
	if err != nil {
		return nil, err
	}
	handles := make([]rbac.Handle, len(names))
	for i, name := range names {
		if handles[i], err = p.authority.Catalog().Handle(rbac.Permission(name)); err != nil {
			return nil, err
		}
	}
	tenant, user := p.tenant(qs.uniform[0].tenant), rbac.As(qs.uniform[0].user)
	var denied []rbac.Permission
	for _, name := range names {
		if !principal.Can(rbac.Permission(name)) {
			denied = append(denied, rbac.Permission(name))
		}
	}
	kept := make([]error, len(names))
	ops := []operation{
		{name: "map[string]uint16", do: func() (n int) {
			for _, name := range names {
				n += int(bare[name])
			}
			return n
		}},
		{name: "Principal.Can", limit: 1.5, do: func() (n int) {
			for _, name := range names {
				if principal.Can(rbac.Permission(name)) {
					n++
				}
			}
			return n
		}},
		{name: "Check, denied", do: func() (n int) {
			for i := range names {
				if tenant.Check(context.Background(), user, denied[i%len(denied)]) != nil {
					n++
				}
			}
			return n
		}},
		{name: "Check, denied, its error kept", do: func() (n int) {
			for i := range names {
				kept[i] = tenant.Check(context.Background(), user, denied[i%len(denied)])
			}
			return len(kept)
		}},
		{name: "Principal.Holds", limitNs: 5, do: func() (n int) {
			for _, h := range handles {
				if principal.Holds(h) {
					n++
				}
			}
			return n
		}},
	}
	return compareMicro(ops, len(names), e), nil
}

// operation does something as often as there are names.
type operation struct {
	name           string
	limit, limitNs float64
	do             func() int
	ns             []float64
}

// compareMicro runs the operations in turn and compares each with the first.
func compareMicro(ops []operation, each int, e effort) []micro {
	runtime.LockOSThread() // for the thread's clock
	defer runtime.UnlockOSThread()
	repeat := max(1, int(float64(e.slot)/(20*float64(each))))
	total := 0
	for range e.rounds {
		for i := range ops {
			start := cpuTime()
			for range repeat {
				total += ops[i].do()
			}
			ops[i].ns = append(ops[i].ns, float64(cpuTime()-start)/float64(repeat*each))
		}
	}
	runtime.KeepAlive(total) // or the compiler may leave out what is measured
	var out []micro
	for _, op := range ops[1:] {
		out = append(out, micro{
			Name: op.name, Ns: median(op.ns), Bare: ops[0].name, BareNs: median(ops[0].ns),
			Ratio: ratio(op.ns, ops[0].ns), Limit: op.limit, LimitNs: op.limitNs,
		})
	}
	return out
}
