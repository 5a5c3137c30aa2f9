package rbac

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

// Event is one committed change, from the tenant's log: who, what, before and
// after, when and why (S27). It is an output.
type Event struct {
	Tenant      string               `json:"tenant"`
	Revision    uint64               `json:"revision"`
	Token       Token                `json:"token,omitempty"`
	Time        time.Time            `json:"time"`
	User        string               `json:"user,omitempty"`   // who; "" = System
	System      string               `json:"system,omitempty"` // the reason System gave
	Groups      []string             `json:"groups,omitempty"` // that the host asserted
	Narrowed    bool                 `json:"narrowed,omitempty"`
	Only        []RoleID             `json:"only,omitempty"` // when Narrowed
	Operations  []Op                 `json:"operations"`     // what was asked, and why
	Erased      bool                 `json:"erased,omitempty"`
	Roles       []Change[Role]       `json:"roles,omitempty"`
	Assignments []Change[Assignment] `json:"assignments,omitempty"`
	Memberships []Change[Membership] `json:"memberships,omitempty"`
	Rules       string               `json:"rules,omitempty"` // fingerprint of catalogue and prebuilt sets in force

	// Refused is the refusal, in a call of Options.Audit; nothing changed.
	Refused error `json:"-"`
}

// Change is one record before and after: Before is nil if it was made, After
// if it was deleted.
type Change[T any] struct {
	Before *T `json:"before,omitempty"`
	After  *T `json:"after,omitempty"`
}

func changeOf[S, T any](c store.Change[S], convert func(*S) T) Change[T] {
	var out Change[T]
	if c.Before != nil {
		v := convert(c.Before)
		out.Before = &v
	}
	if c.After != nil {
		v := convert(c.After)
		out.After = &v
	}
	return out
}

// event converts a commit. One whose entry cannot be read is shown without it:
// the records say what changed all the same.
func (a *Authority) event(c *store.Commit) Event {
	actor, ops, rules, _ := decodeEntry(c.Entry)
	e := Event{
		Tenant: a.tenant, Revision: c.Revision, Token: newToken(a.tenant, store.Head{Revision: c.Revision, Commit: c.ID}),
		Time: instant(c.Time), User: c.Actor, System: actor.more().reason, Groups: actor.more().groups, Narrowed: actor.more().narrowed,
		Only: actor.more().only, Operations: ops, Erased: c.Erase, Rules: rules,
	}
	for _, ch := range c.Roles {
		e.Roles = append(e.Roles, changeOf(ch, func(r *store.Role) Role { return newRoleRecord(r).clone() }))
	}
	for _, ch := range c.Assignments {
		e.Assignments = append(e.Assignments, changeOf(ch, assignmentOf))
	}
	for _, ch := range c.Memberships {
		e.Memberships = append(e.Memberships, changeOf(ch, membershipOf))
	}
	return e
}

func (a *Authority) refusal(actor Actor, ops []Op, refused error) Event {
	return Event{
		Tenant: a.tenant, Time: a.now().UTC(), User: actor.user, System: actor.more().reason, Groups: slices.Clone(actor.more().groups),
		Narrowed: actor.more().narrowed, Only: slices.Clone(actor.more().only), Operations: slices.Clone(ops), Rules: a.rules.fingerprint, Refused: refused,
	}
}

// History returns the tenant's changes, newest first. Revisions that the log
// no longer keeps are missing. The actor needs rbac.audit.view.
func (a *Authority) History(ctx context.Context, actor Actor, p PageQuery) (Page[Event], error) {
	if err := actor.check("view_history"); err != nil {
		return Page[Event]{}, err
	}
	var before uint64
	page, err := openPage(p, func(after string) (err error) {
		before, err = strconv.ParseUint(after, 10, 64)
		return err
	})
	if err != nil {
		return Page[Event]{}, err
	}
	var head store.Head
	err = a.readAs(ctx, "view_history", actor, func(r *reading, j *judge) error {
		head = r.snap.head
		return j.may(AuditView)
	})
	if err != nil {
		return Page[Event]{}, err
	}
	if before == 0 || before > head.Revision {
		before = head.Revision + 1 // nothing newer than the state the page names
	}
	entries, err := a.log(ctx, store.LogQuery{Backward: true, Before: before, Limit: page.limit + 1})
	if err != nil {
		return Page[Event]{}, err
	}
	var events []Event
	for i := range entries {
		events = append(events, a.event(&entries[i]))
	}
	return closePage(a, page, head, events, func(e Event) string { return strconv.FormatUint(e.Revision, 10) }), nil
}

// log reads the log.
func (a *Authority) log(ctx context.Context, q store.LogQuery) ([]store.Commit, error) {
	entries, err := patiently(ctx, a.engine, a.tenant, func() ([]store.Commit, error) { return a.store.Log(ctx, a.tenant, q) })
	if err != nil {
		return nil, unavailable(err)
	}
	return entries, nil
}
