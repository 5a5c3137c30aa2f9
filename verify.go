package rbac

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"

	"github.com/seed80bc5f17/rbac/store"
)

// Verification is the outcome of [Authority.Verify].
type Verification struct {
	Entries  int      `json:"entries"`            // log entries read
	Judged   int      `json:"judged"`             // of them, judged again; the others were written under other rules
	Problems []string `json:"problems,omitempty"` // empty: every change that was judged is justified, and the tables are what the log says
	Token    Token    `json:"token"`
}

// maxProblems ends a verification that has found enough.
const maxProblems = 100

// Verify replays the tenant's log from its beginning: it judges every change
// again on the state just before it, by the same function and at the same
// time, and compares what that function says with what was written, and the
// outcome of the whole log with the stored records. Entries written under
// another catalogue or other prebuilt roles are applied unjudged.
//
// It is for audits and tests: it holds the whole tenant in memory, and the
// tenant should be at rest. It matches [ErrUnavailable] if the log no longer
// reaches back to the beginning. The actor needs rbac.audit.view.
func (a *Authority) Verify(ctx context.Context, actor Actor) (Verification, error) {
	var v Verification
	err := a.readAs(ctx, "verify", actor, func(_ *reading, j *judge) error { return j.may(AuditView) })
	if err != nil {
		return v, err
	}
	first, found, err := a.oldest(ctx)
	if err != nil {
		return v, err
	}
	r := &replay{rules: a.rules, out: &v, state: emptyTenant()}
	if found {
		r.entry(&first)
		for after := headOf(&first); ; {
			entries, err := a.log(ctx, store.LogQuery{After: after, Limit: store.MaxPage})
			if err != nil {
				return v, err
			}
			for i := range entries {
				r.entry(&entries[i])
				after = headOf(&entries[i])
			}
			if len(entries) == 0 || len(v.Problems) >= maxProblems {
				r.head = after
				break
			}
		}
	}
	s, err := a.store.Load(ctx, a.tenant, store.Selection{Model: true, AllUpTo: int(^uint(0) >> 1)})
	if err != nil {
		return v, unavailable(err)
	}
	v.Token = newToken(a.tenant, s.Head)
	r.compare(s)
	return v, nil
}

func headOf(c *store.Commit) store.Head { return store.Head{Revision: c.Revision, Commit: c.ID} }

// oldest returns the log's oldest entry, which must be the tenant's first or
// an erasure. That an entry older than a revision is kept is the more likely
// the later the revision, so the oldest can be searched for by halving.
func (a *Authority) oldest(ctx context.Context) (store.Commit, bool, error) {
	newest, err := a.log(ctx, store.LogQuery{Backward: true, Limit: 1})
	if err != nil || len(newest) == 0 {
		return store.Commit{}, false, err
	}
	oldest := newest[0]
	sort.Search(int(newest[0].Revision), func(i int) bool {
		entries, e := a.log(ctx, store.LogQuery{Backward: true, Before: uint64(i) + 2, Limit: 1})
		if e != nil {
			err = e
		}
		if len(entries) > 0 && entries[0].Revision < oldest.Revision {
			oldest = entries[0]
		}
		return len(entries) > 0
	})
	if err == nil && oldest.Revision != 1 && !oldest.Erase {
		err = fmt.Errorf("%w: the log begins at revision %d", ErrUnavailable, oldest.Revision)
	}
	return oldest, true, err
}

// emptyTenant returns a state that knows everything of a tenant with nothing.
func emptyTenant() *state {
	s := (&state{}).over()
	s.facts = &facts{all: true}
	return s
}

type replay struct {
	rules *ruleset
	state *state
	time  int64
	head  store.Head
	out   *Verification
}

func (r *replay) problem(format string, args ...any) {
	if len(r.out.Problems) < maxProblems {
		r.out.Problems = append(r.out.Problems, fmt.Sprintf(format, args...))
	}
}

// entry judges one entry on the state before it, and applies it.
func (r *replay) entry(c *store.Commit) {
	r.out.Entries++
	if c.Time < r.time {
		r.problem("revision %d is older than the one before it", c.Revision)
	}
	r.time = c.Time
	actor, ops, rules, err := decodeEntry(c.Entry)
	switch {
	case r.out.Entries == 1 && c.Revision > 1 && len(ops) > 1 && err == nil:
		// An erasure among others: what they were judged on is gone with it.
	case err != nil || rules == "":
		r.problem("revision %d: its entry cannot be read", c.Revision)
	case rules == r.rules.fingerprint:
		r.out.Judged++
		final, err := decideAll(r.rules, r.state, actor, ops, c.Time)
		if err != nil {
			r.problem("revision %d is not justified: %v", c.Revision, err)
			break
		}
		again := &store.Commit{Erase: final.erased}
		changes(r.state, final, again)
		if actor.user != c.Actor || !sameJSON(effect(again), effect(c)) {
			r.problem("revision %d wrote something else than was decided", c.Revision)
		}
	}
	if c.Erase {
		r.state = emptyTenant()
	}
	for _, ch := range c.Roles {
		if ch.After == nil {
			delete(r.state.roles, RoleID(ch.Before.ID))
		} else {
			r.state.putRole(RoleID(ch.After.ID), newRoleRecord(ch.After))
		}
	}
	for _, ch := range c.Assignments {
		row := cmpOr(ch.After, ch.Before)
		r.state.putRow(row.Subject, RoleID(row.Role), ch.After)
	}
	for _, ch := range c.Memberships {
		row := cmpOr(ch.After, ch.Before)
		r.state.putMember(row.Group, row.Member, ch.After)
	}
}

// effect is the part of a commit that a replay must find again.
func effect(c *store.Commit) any {
	return []any{c.Erase, slices.Concat(c.Roles), slices.Concat(c.Assignments), slices.Concat(c.Memberships)}
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// compare holds the stored records against what the log came to.
func (r *replay) compare(s store.State) {
	if s.Head != r.head && r.out.Entries > 0 {
		r.problem("the log ends at revision %d, the tenant is at %d", r.head.Revision, s.Head.Revision)
		return
	}
	roles := map[string]store.Role{}
	for _, role := range s.Roles {
		roles[role.ID] = role
	}
	for _, role := range r.state.customRoles() {
		if !sameJSON(roles[string(role.ID)], role.stored) {
			r.problem("role %s is not as the log left it", role.ID)
		}
		delete(roles, string(role.ID))
	}
	rows := map[string]string{}
	for sub, held := range r.state.rows {
		for id, row := range held {
			if row != nil {
				rows[assignmentKey(sub, string(id))] = text(row)
			}
		}
	}
	for sub, groups := range r.state.groups {
		for group, m := range groups {
			if m != nil {
				rows[membershipKey(sub, group)] = text(m)
			}
		}
	}
	for i := range s.Assignments {
		row := &s.Assignments[i]
		r.match(rows, assignmentKey(row.Subject, row.Role), text(row))
	}
	for i := range s.Memberships {
		m := &s.Memberships[i]
		r.match(rows, membershipKey(m.Member, m.Group), text(m))
	}
	for id := range roles {
		rows["role "+id] = ""
	}
	left := make([]string, 0, len(rows))
	for key := range rows {
		left = append(left, key)
	}
	slices.Sort(left)
	for _, key := range left {
		r.problem("%s is in only one of log and tables", key)
	}
}

func (r *replay) match(rows map[string]string, key, stored string) {
	if logged, ok := rows[key]; !ok || logged != stored {
		r.problem("%s is not as the log left it", key)
	}
	delete(rows, key)
}

func assignmentKey(s store.Subject, role string) string {
	return fmt.Sprintf("assignment of %s to %s %q", role, s.Kind, s.ID)
}

func membershipKey(s store.Subject, group string) string {
	return fmt.Sprintf("membership of %s %q in %q", s.Kind, s.ID, group)
}

func text(v any) string {
	data, _ := json.Marshal(v) // plain records: cannot fail
	return string(data)
}
