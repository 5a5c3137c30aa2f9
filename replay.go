package rbac

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"

	"github.com/seed80bc5f17/rbac/store"
)

// emptyTenant returns a state that knows everything of a tenant with nothing.
func emptyTenant() *state {
	s := (&state{}).over()
	s.facts = &facts{all: true}
	return s
}

// replay is a tenant made anew from its log, entry by entry.
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

// once takes an entry of the log unless the archive has it, too.
func (r *replay) once(c *store.Commit, archive []store.Commit) {
	i := sort.Search(len(archive), func(i int) bool { return archive[i].Revision >= c.Revision })
	switch {
	case i == len(archive):
		r.entry(c)
	case !sameCommit(&archive[i], c):
		r.problem("revision %d is another one in the archive", c.Revision)
	}
}

func sameCommit(a, b *store.Commit) bool {
	return headOf(a) == headOf(b) && a.Time == b.Time && a.Actor == b.Actor && string(a.Entry) == string(b.Entry) && sameJSON(effect(a), effect(b))
}

// entry judges one entry on the state before it, and applies it.
func (r *replay) entry(c *store.Commit) {
	gap := c.Revision != r.head.Revision+1
	if r.out.Entries++; gap && r.out.Entries > 1 && !c.Erase {
		r.problem("revision %d is followed by %d", r.head.Revision, c.Revision)
	}
	r.head = headOf(c)
	if c.Time < r.time {
		r.problem("revision %d is older than the one before it", c.Revision)
	}
	r.time = c.Time
	actor, ops, rules, err := decodeEntry(c.Entry)
	switch {
	case gap && c.Erase && len(ops) > 1 && err == nil:
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
	put(r.state, c)
}

// reversed returns what takes the records back to what they were before c.
func reversed(c *store.Commit) *store.Commit {
	r := &store.Commit{}
	for _, ch := range c.Roles {
		r.Roles = append(r.Roles, store.Change[store.Role]{Before: ch.After, After: ch.Before})
	}
	for _, ch := range c.Assignments {
		r.Assignments = append(r.Assignments, store.Change[store.Assignment]{Before: ch.After, After: ch.Before})
	}
	for _, ch := range c.Memberships {
		r.Memberships = append(r.Memberships, store.Change[store.Membership]{Before: ch.After, After: ch.Before})
	}
	return r
}

// put writes the records of c into s.
func put(s *state, c *store.Commit) {
	for _, ch := range c.Roles {
		if ch.After == nil {
			delete(s.roles, RoleID(ch.Before.ID))
		} else {
			s.putRole(RoleID(ch.After.ID), newRoleRecord(ch.After))
		}
	}
	for _, ch := range c.Assignments {
		row := cmpOr(ch.After, ch.Before)
		s.putRow(row.Subject, RoleID(row.Role), ch.After)
	}
	for _, ch := range c.Memberships {
		row := cmpOr(ch.After, ch.Before)
		s.putMember(row.Group, row.Member, ch.After)
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
	if s.Head != r.head {
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
