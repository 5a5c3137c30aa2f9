package rbac

import (
	"slices"

	"github.com/seed80bc5f17/rbac/internal/naming"
)

// Actor is on whose behalf a call is made. It is an immutable value, safe for
// concurrent use; its methods return changed copies. The zero Actor may do
// nothing.
type Actor struct {
	_     [0]func() // not comparable: terms are compared by nobody
	user  string
	terms *terms // nil: none; small this way, for it travels through every check
}

// terms is what makes an actor other than a plain user. It is immutable.
type terms struct {
	system   bool
	reason   string   // System's
	groups   []string // asserted; sorted
	narrowed bool
	only     []RoleID // sorted; meaningful when narrowed
	misused  bool     // InGroups or Only on something that is not a user
}

var noTerms terms

// more returns the actor's terms, never nil.
func (a *Actor) more() *terms {
	if a.terms == nil {
		return &noTerms
	}
	return a.terms
}

// As returns the actor for a user whom the host has authenticated. For the id
// see [User].
func As(user string) Actor { return Actor{user: user} }

// System returns the actor for the host's own code: sign-up, migrations,
// scheduled work. It needs no permission and no coverage; what keeps the data
// sound binds it as everybody else. The reason, 1–512 runes, goes to the
// history. Never use it on behalf of a user.
func System(reason string) Actor { return Actor{terms: &terms{system: true, reason: reason}} }

// InGroups returns a copy of a for which the host asserts memberships, for
// instance from an identity provider's claim. Asserted groups lend permissions
// to checks, never to a change; they do count where the rules ask which roles
// the actor holds and which groups they are in (S6, S9). At most 1,000.
func (a Actor) InGroups(groups ...string) Actor {
	t := *a.more()
	t.misused = t.misused || !a.isUser()
	all := append(slices.Clone(t.groups), groups...)
	slices.Sort(all)
	t.groups = slices.Compact(all)
	a.terms = &t
	return a
}

// Only returns a copy of a that acts with at most these of its roles. It can
// only shrink: Only() leaves nothing, a role that is not held is ignored, and
// narrowing twice leaves what both name. At most 1,000.
func (a Actor) Only(roles ...RoleID) Actor {
	t := *a.more()
	t.misused = t.misused || !a.isUser()
	only := slices.Clone(roles)
	slices.Sort(only)
	only = slices.Compact(only)
	if t.narrowed {
		only = slices.DeleteFunc(only, func(r RoleID) bool { return !slices.Contains(t.only, r) })
	}
	t.narrowed, t.only = true, only
	a.terms = &t
	return a
}

// UserID returns the user, and "" for the zero Actor and for System.
func (a Actor) UserID() string { return a.user }

// IsSystem reports whether a is the host's own code.
func (a Actor) IsSystem() bool { return a.more().system }

// String returns the user's id, "system" or "nobody".
func (a Actor) String() string {
	switch {
	case a.more().system:
		return "system"
	case a.user != "":
		return a.user
	}
	return "nobody"
}

func (a Actor) isUser() bool { return a.user != "" && !a.more().system }

func (a Actor) isZero() bool { return a.user == "" && !a.more().system && !a.more().misused }

// check is the first step of S22.
func (a Actor) check(op string) error {
	switch {
	case a.isZero():
		return &DeniedError{Op: op, Actor: a.String(), Reason: ReasonActor}
	case a.more().misused:
		return &InvalidError{Field: "actor", Problem: "only a user has groups or can be narrowed"}
	case a.more().system:
		if a.more().reason == "" {
			return &InvalidError{Field: "actor.reason", Problem: "System needs a reason"}
		}
		if problem := naming.Reason(a.more().reason); problem != "" {
			return &InvalidError{Field: "actor.reason", Problem: problem}
		}
		return nil
	}
	if problem := naming.Identifier(a.user, naming.MaxSubject); problem != "" {
		return &InvalidError{Field: "actor", Problem: problem}
	}
	if len(a.more().groups) > maxActorList || len(a.more().only) > maxActorList {
		return &InvalidError{Field: "actor", Problem: "more than 1,000 groups or roles"}
	}
	for _, g := range a.more().groups {
		if problem := naming.Identifier(g, naming.MaxSubject); problem != "" {
			return &InvalidError{Field: "actor.groups", Problem: problem}
		}
	}
	for _, r := range a.more().only {
		if problem := naming.Identifier(string(r), naming.MaxSubject); problem != "" {
			return &InvalidError{Field: "actor.only", Problem: problem}
		}
	}
	return nil
}

// maxActorList bounds the asserted groups and the roles of a narrowing.
const maxActorList = 1_000
