package rbac

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

// Limits of a change.
const (
	maxOps   = 1_000           // operations in a batch
	maxDrift = int64(60e6)     // µs a clock may be behind the head (ErrClock)
	maxAge   = 5 * time.Second // of a decision when it is committed
)

// Apply is the one door: it judges the operations in order, each on the state
// that the ones before it have made, and writes all of them as one revision,
// or nothing (S18). At most 1,000 operations.
//
// Errors: a *[DeniedError] or *[InvalidError], with the index of the operation
// refused; [ErrClock]; [ErrUnavailable] (nothing written); and an
// *[OutcomeUnknownError] if the context ended while the store's answer was
// outstanding. A concurrent change is no error: the operations are judged
// again on what it left, for as long as ctx allows. Only in a transaction of
// the host's own that cannot see the change is it [ErrConflict].
func (a *Authority) Apply(ctx context.Context, actor Actor, ops ...Op) (Receipt, error) {
	ops = slices.Clone(ops)
	receipt, err := a.apply(ctx, actor, ops)
	var denied *DeniedError
	if errors.As(err, &denied) && a.audit != nil {
		a.audit(ctx, a.refusal(actor, ops, err))
	}
	return receipt, err
}

func (a *Authority) apply(ctx context.Context, actor Actor, ops []Op) (Receipt, error) {
	if err := a.ready(ctx); err != nil {
		return Receipt{}, err
	}
	if err := a.precheck(actor, ops); err != nil {
		return Receipt{}, err
	}
	q := &request{a: a, ctx: ctx, actor: actor, ops: ops, users: concerned(actor, ops), done: make(chan struct{})}
	a.enqueue(a.cell, q)
	receipt, err := q.wait()
	if q.state.Load() == requestAnswered && q.panicked != nil {
		panic(q.panicked)
	}
	if err == nil && receipt.Changed {
		q.published()
	}
	return receipt, err
}

// precheck refuses what needs no state before any is read.
func (a *Authority) precheck(actor Actor, ops []Op) error {
	name := "apply"
	if len(ops) > 0 {
		name = ops[0].String()
	}
	if err := actor.check(name); err != nil {
		return err
	}
	switch {
	case len(ops) == 0:
		return &InvalidError{"ops", "is empty"}
	case len(ops) > maxOps:
		return &InvalidError{"ops", fmt.Sprintf("has more than %d operations", maxOps)}
	}
	now := a.now().UnixMicro()
	for i, op := range ops {
		if invalid := op.check(a.rules, now); invalid != nil {
			return at(i, len(ops), invalid)
		}
		if op.spent != nil && op.spent.Load() {
			return at(i, len(ops), &InvalidError{"op", "has been applied: make a new one"})
		}
	}
	return nil
}

// at says which operation of a batch err is about.
func at(i, n int, err error) error {
	var invalid *InvalidError
	var denied *DeniedError
	switch {
	case errors.As(err, &denied):
		denied.Index = i
	case errors.As(err, &invalid) && n > 1:
		return &InvalidError{fmt.Sprintf("ops[%d].%s", i, invalid.Field), invalid.Problem}
	}
	return err
}

// concerned returns the users that every decision on the operations looks at.
func concerned(actor Actor, ops []Op) map[string]bool {
	users := map[string]bool{}
	if actor.isUser() {
		users[actor.user] = true
	}
	for _, op := range ops {
		if op.subject.IsUser() {
			users[op.subject.id] = true
		}
	}
	return users
}

// proposal is what an accepted batch comes to.
type proposal struct {
	tenant string
	rules  *ruleset
	ops    []Op
	final  *state
	commit *store.Commit // nil: nothing changes
	head   store.Head    // after it
}

// decideAll judges a batch op by op on the growing state (S18). The result is
// first itself or a layer over it. While something is missing from first the
// outcome means nothing.
func decideAll(r *ruleset, first *state, actor Actor, ops []Op, now int64) (*state, error) {
	cur, memo := first, &standing{}
	for i, op := range ops {
		delta, err := decideNext(r, first, cur, actor, op, now, memo)
		if err != nil {
			return nil, at(i, len(ops), err)
		}
		if !first.facts.missing.empty() {
			return cur, nil
		}
		if cur == first {
			cur = first.over()
		}
		cur.absorb(delta)
	}
	return cur, nil
}

// changes writes into c what leads from first to the layer final over it.
func changes(first, final *state, c *store.Commit) {
	if final == first {
		return
	}
	before := first
	if final.erased {
		before = &state{facts: &facts{all: true}}
	}
	for _, id := range slices.Sorted(maps.Keys(final.roles)) {
		ch := store.Change[store.Role]{}
		old, next := before.role(id), final.roles[id]
		if old != nil {
			ch.Before = old.stored
		}
		if next != nil {
			ch.After = next.stored
		}
		if old == next {
			continue
		}
		c.Roles = append(c.Roles, ch)
	}
	for _, sub := range slices.SortedFunc(maps.Keys(final.rows), compareSubjects) {
		olds := find(before, sub, rowsIn)
		for _, id := range slices.Sorted(maps.Keys(final.rows[sub])) {
			if ch := (store.Change[store.Assignment]{Before: olds[id], After: final.rows[sub][id]}); ch.Before != ch.After {
				c.Assignments = append(c.Assignments, ch)
			}
		}
	}
	for _, sub := range slices.SortedFunc(maps.Keys(final.groups), compareSubjects) {
		olds := find(before, sub, groupsIn)
		for _, group := range slices.Sorted(maps.Keys(final.groups[sub])) {
			if ch := (store.Change[store.Membership]{Before: olds[group], After: final.groups[sub][group]}); ch.Before != ch.After {
				c.Memberships = append(c.Memberships, ch)
			}
		}
	}
}

func (p *proposal) receipt() Receipt {
	out := Receipt{Token: newToken(p.tenant, p.head), Revision: p.head.Revision, Changed: p.commit != nil, Roles: make([]Role, len(p.ops))}
	for i, op := range p.ops {
		if role := p.rules.role(p.final, op.role); role != nil {
			out.Roles[i] = role.clone()
			out.Role = role.clone()
		} else if op.role != "" {
			out.Role = Role{}
		}
	}
	return out
}

// commit writes commits if the tenant is still at head. A lost answer is
// settled by sending them again: their absence from the log would prove
// nothing, while at one head only one commit can ever be written.
func (a *Authority) commit(ctx context.Context, head store.Head, cs []store.Commit) error {
	err := a.store.Commit(ctx, a.tenant, head, cs)
	if errors.Is(err, store.ErrUnknown) {
		return a.resend(ctx, head, cs, err)
	}
	return commitError(err)
}

// resend is the rest of a commit of which err says that it may have happened.
func (a *Authority) resend(ctx context.Context, head store.Head, cs []store.Commit, err error) error {
	token := newToken(a.tenant, store.Head{Revision: head.Revision + 1, Commit: cs[0].ID})
	for wait := (backoff{}); ; {
		if wait.pause(ctx) != nil {
			return &OutcomeUnknownError{Token: token, Err: ctx.Err()}
		}
		a.observe(Observation{Event: ObservedRetry, Tenant: a.tenant, Err: err})
		switch err = a.store.Commit(ctx, a.tenant, head, cs); {
		case err == nil:
			return nil
		case errors.Is(err, store.ErrConflict):
			// Whatever stands in the place is ours or somebody else's.
			ours, lost := a.written(ctx, head, cs[0].ID)
			switch {
			case errors.Is(lost, store.ErrCompacted):
				return &OutcomeUnknownError{Token: token, Err: lost}
			case lost != nil:
				err = lost
			case ours:
				return nil
			default:
				return store.ErrConflict
			}
		}
	}
}

// written reports whether the commit after a head has the given id.
func (a *Authority) written(ctx context.Context, after store.Head, id string) (bool, error) {
	q := store.LogQuery{Backward: true, Before: after.Revision + 2, Limit: 1}
	entries, err := a.store.Log(ctx, a.tenant, q)
	switch {
	case err != nil:
		return false, unavailable(err)
	case len(entries) == 0 || entries[0].Revision != after.Revision+1:
		return false, fmt.Errorf("%w: revision %d: %w", ErrUnavailable, after.Revision+1, store.ErrCompacted)
	}
	return entries[0].ID == id, nil
}

// commitError leaves the two that apply handles, and makes the rest a failure.
func commitError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrStaleView):
		// Hidden from errors.Is as a store's conflict, which would be retried.
		return fmt.Errorf("%w: roll back the transaction and begin another: %v", ErrConflict, err)
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrTransient):
		return err
	}
	return unavailable(err)
}

// Outcome asks what became of a change whose answer was lost. It returns true
// if it was written, false if it was not and never will be, and an error that
// matches [ErrOutcomeUnknown] while neither is certain: nothing has been
// written in its place yet, or the log no longer reaches back.
func (a *Authority) Outcome(ctx context.Context, t Token) (bool, error) {
	if err := a.ready(ctx); err != nil {
		return false, err
	}
	tenant, head, err := t.parse()
	if err != nil || tenant != a.tenant || head.Revision == 0 {
		return false, &InvalidError{"token", "is not a token of this tenant"}
	}
	written, err := a.written(ctx, store.Head{Revision: head.Revision - 1}, head.Commit)
	if err != nil {
		return false, &OutcomeUnknownError{Token: t, Err: err}
	}
	return written, nil
}
