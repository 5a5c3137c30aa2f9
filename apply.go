package rbac

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

// Limits of a change.
const (
	maxOps      = 1_000           // operations in a batch
	maxDrift    = int64(60e6)     // µs a clock may be behind the head (ErrClock)
	maxAge      = 5 * time.Second // of a decision when it is committed
	maxAttempts = 8               // in a row that a store may fail and say so
	maxPause    = 50 * time.Millisecond
	firstPause  = 500 * time.Microsecond
)

// Apply is the one door: it judges the operations in order, each on the state
// that the ones before it have made, and writes all of them as one revision,
// or nothing (S18). At most 1,000 operations.
//
// Errors: a *[DeniedError] or *[InvalidError], with the index of the operation
// refused; [ErrClock]; [ErrUnavailable] (nothing written); and an
// *[OutcomeUnknownError] if the context ended while the store's answer was
// outstanding. A concurrent change is no error: the operations are judged
// again on what it left, for as long as ctx allows.
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
	users := concerned(actor, ops)
	for wait := (backoff{}); ; {
		var made *proposal
		err := a.read(ctx, users, func(r *reading) (err error) {
			made, err = r.propose(actor, ops)
			return err
		})
		if err != nil {
			return Receipt{}, err
		}
		if made.commit == nil {
			return made.receipt(made.head), nil
		}
		if a.now().Sub(time.UnixMicro(made.clock)) > maxAge {
			continue
		}
		switch err := a.commit(ctx, made); {
		case err == nil:
			a.published(ctx, made, ops)
			head := store.Head{Revision: made.head.Revision + 1, Commit: made.commit.ID}
			return made.receipt(head), nil
		case errors.Is(err, store.ErrConflict):
			if err := wait.pause(ctx); err != nil {
				return Receipt{}, unavailable(err)
			}
		case errors.Is(err, store.ErrTransient):
			if err := wait.after(ctx, err); err != nil {
				return Receipt{}, err
			}
		default:
			return Receipt{}, err
		}
	}
}

// precheck refuses what needs no state before any is read.
func (a *Authority) precheck(actor Actor, ops []Op) error {
	switch {
	case len(ops) == 0:
		return &InvalidError{"ops", "is empty"}
	case len(ops) > maxOps:
		return &InvalidError{"ops", fmt.Sprintf("has more than %d operations", maxOps)}
	}
	if err := actor.check(ops[0].String()); err != nil {
		return err
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

// proposal is what accepted operations come to, judged at one head.
type proposal struct {
	tenant string
	head   store.Head
	model  *model
	clock  int64
	actor  Actor
	final  *state
	rules  *ruleset
	ops    []Op
	commit *store.Commit // nil: nothing changes
}

// propose judges a batch on what has been read.
func (r *reading) propose(actor Actor, ops []Op) (*proposal, error) {
	if r.now-r.clock > maxDrift {
		return nil, ErrClock
	}
	final, err := decideAll(r.a.rules, r.state, actor, ops, r.now)
	if err != nil {
		return nil, err
	}
	p := &proposal{
		tenant: r.a.tenant, head: r.model.head, model: r.model, clock: r.clock,
		actor: actor, final: final, rules: r.a.rules, ops: ops,
	}
	c := &store.Commit{Time: r.now, Actor: actor.user, Erase: final.erased}
	changes(r.state, final, c)
	if !c.Erase && len(c.Roles)+len(c.Assignments)+len(c.Memberships) == 0 {
		return p, nil
	}
	c.ID = strings.ToLower(rand.Text())
	c.Entry = encodeEntry(actor, ops, r.a.rules.fingerprint)
	p.commit = c
	return p, nil
}

// decideAll judges a batch op by op on the growing state (S18). The result is
// first itself or a layer over it. While something is missing from first the
// outcome means nothing.
func decideAll(r *ruleset, first *state, actor Actor, ops []Op, now int64) (*state, error) {
	cur := first
	for i, op := range ops {
		delta, err := decide(r, first, cur, actor, op, now)
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

func (p *proposal) receipt(h store.Head) Receipt {
	out := Receipt{Token: newToken(p.tenant, h), Revision: h.Revision, Changed: p.commit != nil, Roles: make([]Role, len(p.ops))}
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

// commit writes the proposal if the tenant is still at its head. A lost answer
// is settled by sending the same commit again: its absence from the log would
// prove nothing, while a commit can be written at its expected head only once.
func (a *Authority) commit(ctx context.Context, p *proposal) error {
	cs := []store.Commit{*p.commit}
	err := a.store.Commit(ctx, a.tenant, p.head, cs)
	if !errors.Is(err, store.ErrUnknown) {
		return commitError(err)
	}
	for wait := (backoff{}); ; {
		if wait.pause(ctx) != nil {
			token := newToken(a.tenant, store.Head{Revision: p.head.Revision + 1, Commit: p.commit.ID})
			return &OutcomeUnknownError{Token: token, Err: ctx.Err()}
		}
		switch err := a.store.Commit(ctx, a.tenant, p.head, cs); {
		case err == nil:
			return nil
		case errors.Is(err, store.ErrConflict):
			// Whatever took our place at expect+1 is ours or somebody else's.
			if written, err := a.written(ctx, p.head, p.commit.ID); err == nil {
				if written {
					return nil
				}
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
		return false, fmt.Errorf("%w: the log no longer has revision %d", ErrUnavailable, after.Revision+1)
	}
	return entries[0].ID == id, nil
}

// commitError leaves the two that apply handles, and makes the rest a failure.
func commitError(err error) error {
	if err == nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrTransient) {
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

// published makes a change known in this process once it is committed.
func (a *Authority) published(ctx context.Context, p *proposal, ops []Op) {
	a.models.put(a.tenant, p.model.advance(p.commit))
	for _, op := range ops {
		if op.spent != nil {
			op.spent.Store(true)
		}
	}
	if a.audit != nil {
		c := *p.commit
		c.Revision = p.head.Revision + 1
		a.audit(ctx, a.event(&c))
	}
}

// backoff spaces out attempts: short, growing, jittered, within the context.
type backoff struct {
	pauses   int
	failures int
}

// pause waits, and returns the context's error if it ends first.
func (b *backoff) pause(ctx context.Context) error {
	limit := min(firstPause<<min(b.pauses, 10), maxPause)
	b.pauses++
	timer := time.NewTimer(time.Duration(mathrand.Int64N(int64(limit))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// after pauses after a failure that may pass, or gives up on it.
func (b *backoff) after(ctx context.Context, err error) error {
	if b.failures++; b.failures >= maxAttempts {
		return unavailable(err)
	}
	if b.pause(ctx) != nil {
		return unavailable(ctx.Err())
	}
	return nil
}
