package rbac

import (
	"context"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// Impact tells what a change would do, were it applied now.
type Impact struct {
	Changed     bool                 `json:"changed"`
	Roles       []Change[Role]       `json:"roles,omitempty"`
	Assignments []Change[Assignment] `json:"assignments,omitempty"`
	Memberships []Change[Membership] `json:"memberships,omitempty"`
	Users       []UserImpact         `json:"users,omitempty"`      // who gains or loses at once, by id
	Examined    int                  `json:"examined"`             // users looked at
	More        bool                 `json:"more,omitempty"`       // more than 1,000 users are concerned; only the first were looked at
	Gaining     int                  `json:"gaining"`              // of the users examined
	Losing      int                  `json:"losing"`               // of the users examined
	Everything  bool                 `json:"everything,omitempty"` // the tenant would be erased; users are not examined
	Token       Token                `json:"token"`
}

// UserImpact is what one user would gain and lose at once.
type UserImpact struct {
	User   string        `json:"user"`
	Gained PermissionSet `json:"gained"`
	Lost   PermissionSet `json:"lost"`
}

// maxExamined bounds the users that a preview looks at.
const maxExamined = 1_000

// Preview judges operations as [Authority.Apply] would, refusals included,
// writes nothing, and tells what they would change and for whom. Of the users
// concerned it examines the first 1,000, by id, and says so if there are more.
func (a *Authority) Preview(ctx context.Context, actor Actor, ops ...Op) (Impact, error) {
	ops = slices.Clone(ops)
	if err := a.ready(ctx); err != nil {
		return Impact{}, err
	}
	if err := a.precheck(actor, ops); err != nil {
		return Impact{}, err
	}
	var out Impact
	err := a.read(ctx, concerned(actor, ops), func(r *reading) error {
		if r.now-r.clock > maxDrift {
			return ErrClock
		}
		final, err := decideAll(a.rules, r.state, actor, ops, r.now)
		if err != nil {
			return err
		}
		p := a.propose(r.state, final, actor, ops, r.now)
		out = Impact{Changed: p.commit != nil, Token: newToken(a.tenant, r.snap.head)}
		if p.commit == nil || !r.state.facts.missing.empty() {
			return nil
		}
		e := a.event(p.commit)
		out.Roles, out.Assignments, out.Memberships, out.Everything = e.Roles, e.Assignments, e.Memberships, e.Erased
		if e.Erased {
			return nil
		}
		users, err := r.affected(ctx, p)
		if err == nil {
			r.examine(p, users, &out)
		}
		return err
	})
	return out, err
}

// examine compares the authority of the users concerned before and after.
func (r *reading) examine(p *proposal, users []store.Subject, out *Impact) {
	if out.More = len(users) > maxExamined; out.More {
		users = users[:maxExamined]
	}
	out.Examined, out.Gaining, out.Losing, out.Users = len(users), 0, 0, nil
	for _, u := range users {
		before := p.rules.permissionsOf(r.state, u, r.now)
		after := p.rules.permissionsOf(p.final, u, r.now)
		change := UserImpact{User: u.ID, Gained: after.Minus(before), Lost: before.Minus(after)}
		if change.Gained.Len() > 0 {
			out.Gaining++
		}
		if change.Lost.Len() > 0 {
			out.Losing++
		}
		if change.Gained.Len()+change.Lost.Len() > 0 {
			out.Users = append(out.Users, change)
		}
	}
}

// permissionsOf is a user's authority by stored membership, as a set.
func (r *ruleset) permissionsOf(s *state, user store.Subject, now int64) PermissionSet {
	return r.listed(r.auth(s, r.reaching(s, user, nil), now, false, nil))
}

// affected returns the users whom the changed records reach, by id, up to one
// more than are examined. It asks the store for the first of them rather than
// reading a large role's holders.
func (r *reading) affected(ctx context.Context, p *proposal) ([]store.Subject, error) {
	named := map[string]bool{}
	groups := map[string]bool{}
	touch := func(sub store.Subject) {
		if sub.Kind == store.User {
			named[sub.ID] = true
			return
		}
		for _, s := range []*state{r.state, p.final} {
			nested(s, sub.ID, groups)
		}
	}
	for _, c := range p.commit.Assignments {
		touch(cmpOr(c.After, c.Before).Subject)
	}
	for _, c := range p.commit.Memberships {
		touch(cmpOr(c.After, c.Before).Member)
	}
	var lists []store.Query
	for _, c := range p.commit.Roles {
		id := cmpOr(c.After, c.Before).ID
		lists = append(lists, store.Query{List: store.Assignments, Role: id, Kind: store.User, Rows: store.LiveRows, At: r.now})
		for _, s := range []*state{r.state, p.final} {
			for sub := range find(s, RoleID(id), holdersIn) {
				touch(sub)
			}
		}
	}
	for group := range groups {
		lists = append(lists, store.Query{List: store.Memberships, Group: group, Kind: store.User})
	}
	found, err := r.holders(ctx, lists, cursor{limit: maxExamined})
	for _, u := range found {
		named[u] = true
	}
	users := userSubjects(named)
	return users[:min(len(users), maxExamined+1)], err
}

// nested adds a group and everything nested in it to groups.
func nested(s *state, group string, groups map[string]bool) {
	if !groups[group] {
		groups[group] = true
		for _, child := range s.childGroups(group) {
			nested(s, child, groups)
		}
	}
}
