package rbac

import (
	"context"
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// Explanation says why a subject has a permission, or why not.
type Explanation struct {
	Subject    Subject    `json:"subject"`
	Permission Permission `json:"permission"`
	Allowed    bool       `json:"allowed"`
	Because    []Path     `json:"because,omitempty"`    // what confers it
	Withheld   []Path     `json:"withheld,omitempty"`   // what has it and does not confer it, each saying why
	Assignable []RoleID   `json:"assignable,omitempty"` // if denied: roles that would give it and that the actor may assign
	Token      Token      `json:"token"`
}

// Path is one way from a subject to a role that has the permission.
type Path struct {
	Groups     []string   `json:"groups,omitempty"` // from the subject's own group to the one that holds the role; none = directly
	Assignment Assignment `json:"assignment"`
	RoleName   string     `json:"role_name"`
	Why        Withheld   `json:"why,omitempty"`
}

// Withheld says why a role that has a permission does not confer it.
type Withheld string

// The reasons.
const (
	BecauseSuspended Withheld = "suspended"  // the role is Suspended
	BecauseBlocked   Withheld = "blocked"    // the role is Blocked
	BecauseExpired   Withheld = "expired"    // the assignment has ended
	BecauseFuture    Withheld = "future"     // it has not begun
	BecauseOwnerOnly Withheld = "owner_only" // the permission has become one for Owners alone
)

// Explain says by which assignment, through which groups and in which role a
// subject has a permission, or what stands in the way. It goes by stored
// membership: groups that a host asserts for somebody it cannot know. One may
// ask about oneself; for others the actor needs rbac.roles.view.
func (a *Authority) Explain(ctx context.Context, actor Actor, s Subject, p Permission) (Explanation, error) {
	if err := actor.check("explain"); err != nil {
		return Explanation{}, err
	}
	if err := a.known(p); err != nil {
		return Explanation{}, err
	}
	var out Explanation
	err := a.readAs(ctx, "explain", actor, func(r *reading, j *judge) error {
		if err := j.mayView(s); err != nil {
			return err
		}
		out = Explanation{Subject: s, Permission: p, Token: newToken(a.tenant, r.snap.head)}
		for _, path := range j.paths(s.record(), p) {
			if path.Why == "" {
				out.Because = append(out.Because, path)
			} else {
				out.Withheld = append(out.Withheld, path)
			}
		}
		if out.Allowed = len(out.Because) > 0; out.Allowed {
			return nil
		}
		for _, role := range j.roles(j.cur) {
			if !role.isOwner() && !role.Permissions.Has(p) || !j.visible(role) {
				continue
			}
			op := Assign(NewAssignment{Subject: s, Role: role.ID})
			if op.check(a.rules, r.now) != nil {
				continue
			}
			if _, err := decide(a.rules, r.state, r.state, actor, op, r.now); err == nil && role.Status == Active {
				out.Assignable = append(out.Assignable, role.ID)
			}
		}
		return nil
	}, s)
	return out, err
}

// paths finds every assignment that reaches the subject and whose role has the
// permission, each by a shortest way through the groups.
func (j *judge) paths(s store.Subject, p Permission) []Path {
	var out []Path
	add := func(via []string, rows map[RoleID]*store.Assignment) {
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			role := j.role(j.cur, id)
			if role == nil || !role.isOwner() && !role.Permissions.Has(p) {
				continue
			}
			out = append(out, Path{
				Groups: slices.Clone(via), Assignment: assignmentOf(rows[id]), RoleName: role.Name,
				Why: j.withheld(role, rows[id], p),
			})
		}
	}
	add(nil, j.cur.rowsOf(s))
	seen := map[string]bool{}
	for level := [][]string{nil}; len(level) > 0; {
		var next [][]string
		for _, via := range level {
			from := s
			if len(via) > 0 {
				from = store.Subject{Kind: store.Group, ID: via[len(via)-1]}
			}
			for _, group := range slices.Sorted(maps.Keys(j.cur.groupsOf(from))) {
				if seen[group] {
					continue
				}
				seen[group] = true
				way := append(slices.Clone(via), group)
				add(way, j.cur.rowsOf(store.Subject{Kind: store.Group, ID: group}))
				next = append(next, way)
			}
		}
		level = next
	}
	return out
}

func (j *judge) withheld(role *roleRecord, row *store.Assignment, p Permission) Withheld {
	switch {
	case expired(row, j.now):
		return BecauseExpired
	case role.Status == Suspended:
		return BecauseSuspended
	case role.Status != Active:
		return BecauseBlocked
	case !current(row, j.now):
		return BecauseFuture
	case !role.isOwner() && !j.delegable.Has(p):
		return BecauseOwnerOnly
	}
	return ""
}
