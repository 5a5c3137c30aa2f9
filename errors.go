package rbac

import (
	"errors"
	"fmt"
	"strings"
)

// Sentinels for errors.Is. The first group says "no": the question was
// answered. The second says "could not find out", which is never a yes.
var (
	// ErrDenied matches every DeniedError: the rules refuse.
	ErrDenied = errors.New("rbac: denied")
	// ErrNotFound also matches a DeniedError for a role that does not exist
	// or that the actor may not see; the two cannot be told apart (S20).
	ErrNotFound = errors.New("rbac: not found")
	// ErrConflict also matches a DeniedError for what collides with the
	// present state: a stale version, a taken name, another window, a cycle.
	ErrConflict = errors.New("rbac: conflict")
	// ErrInUse also matches a DeniedError for deleting a role that is held.
	ErrInUse = errors.New("rbac: role in use")
	// ErrInvalid matches every InvalidError: the request is malformed.
	ErrInvalid = errors.New("rbac: invalid")

	// ErrUnavailable matches when the store failed or could not be reached.
	// Nothing was written.
	ErrUnavailable = errors.New("rbac: store unavailable")
	// ErrStale matches when the store is behind what AtLeast asked for.
	ErrStale = errors.New("rbac: state is not recent enough")
	// ErrOutcomeUnknown matches an OutcomeUnknownError: the change may or may
	// not have been written.
	ErrOutcomeUnknown = errors.New("rbac: outcome unknown")
	// ErrClock is returned by changes when this process's clock is more than
	// one minute behind the last change of the tenant. Nothing was written.
	ErrClock = errors.New("rbac: clock is behind the tenant's last change")
)

// Reason says which rule refused. The steps of S22 are judged in the order of
// the constants, and a refusal names the first that applies.
type Reason string

// The reasons.
const (
	ReasonActor        Reason = "actor"         // the zero Actor may do nothing
	ReasonNotFound     Reason = "not_found"     // no such role, or not visible to the actor
	ReasonPermission   Reason = "permission"    // the actor lacks DeniedError.Permission
	ReasonPrebuilt     Reason = "prebuilt"      // prebuilt roles are code (S14)
	ReasonOwnRole      Reason = "own_role"      // nobody changes a role they hold (S6)
	ReasonFrozen       Reason = "frozen"        // the role is Blocked, or only an Owner may block it (S11)
	ReasonVersion      Reason = "version"       // the role has changed since the actor saw it
	ReasonDominance    Reason = "dominance"     // the actor does not stand strictly above the role (S4, S5)
	ReasonOwner        Reason = "owner"         // only an Owner hands out or takes the Owner role, and only to users
	ReasonOwnerOnly    Reason = "owner_only"    // a permission that no role but Owner can contain (S3)
	ReasonCoverage     Reason = "coverage"      // the actor does not hold everything concerned (S3, S4, S7, S8, S10)
	ReasonInactive     Reason = "inactive"      // a suspended role accepts no new assignment (S11)
	ReasonSelfDealing  Reason = "self_dealing"  // nobody grants to themselves (S9)
	ReasonOutranked    Reason = "outranked"     // the user named stands level with the actor or above (S7)
	ReasonHarms        Reason = "harms"         // somebody level with the actor or above would lose something (S4, S8)
	ReasonNameTaken    Reason = "name_taken"    // another role has that name, or it is reserved (S19)
	ReasonWindow       Reason = "window"        // the subject holds the role for another period (S7, S13)
	ReasonCycle        Reason = "cycle"         // the group would contain itself (S10)
	ReasonDepth        Reason = "depth"         // groups would be nested more than 8 deep
	ReasonInUse        Reason = "in_use"        // DeniedError.Count assignments of the role remain (S12)
	ReasonLastOwner    Reason = "last_owner"    // the tenant would be left without an Owner (S15)
	ReasonHasOwner     Reason = "has_owner"     // Bootstrap of a tenant that has an Owner
	ReasonNotHeld      Reason = "not_held"      // Check: the user does not have the permission
	ReasonNotSupported Reason = "not_supported" // a System actor where only a user makes sense
)

// explanations completes the sentence "rbac: cannot <operation>: …".
var explanations = map[Reason]string{
	ReasonActor:        "no actor given",
	ReasonNotFound:     "no such role",
	ReasonPermission:   "the actor lacks the permission for it",
	ReasonPrebuilt:     "prebuilt roles are fixed",
	ReasonOwnRole:      "the actor holds this role",
	ReasonFrozen:       "a blocked role is frozen, and only an Owner blocks or unblocks, changing nothing else",
	ReasonVersion:      "the role has changed since it was read",
	ReasonDominance:    "the role is not strictly below the actor",
	ReasonOwner:        "the Owner role passes only from Owner to user",
	ReasonOwnerOnly:    "a permission is for Owners only",
	ReasonCoverage:     "it takes permissions that the actor does not hold",
	ReasonInactive:     "the role is suspended",
	ReasonSelfDealing:  "the actor would benefit",
	ReasonOutranked:    "the user is not below the actor",
	ReasonHarms:        "somebody who is not below the actor would lose permissions",
	ReasonNameTaken:    "the name is taken or reserved",
	ReasonWindow:       "the role is held for another period",
	ReasonCycle:        "a group would contain itself",
	ReasonDepth:        "groups would be nested too deep",
	ReasonInUse:        "the role is in use",
	ReasonLastOwner:    "the tenant would have no Owner",
	ReasonHasOwner:     "the tenant already has an Owner",
	ReasonNotHeld:      "the permission is not held",
	ReasonNotSupported: "only a user can be asked about",
}

// Text returns a sentence fragment for people, in English: "the actor holds
// this role". The constant's own value is for programs.
func (r Reason) Text() string {
	if text, ok := explanations[r]; ok {
		return text
	}
	return string(r)
}

// sentinel returns the second sentinel that a refusal for r matches, or nil.
func (r Reason) sentinel() error {
	switch r {
	case ReasonNotFound:
		return ErrNotFound
	case ReasonVersion, ReasonNameTaken, ReasonWindow, ReasonCycle, ReasonDepth, ReasonHasOwner:
		return ErrConflict
	case ReasonInUse:
		return ErrInUse
	}
	return nil
}

// DeniedError says no, and by which rule. It matches ErrDenied, and for some
// reasons a second sentinel. It names nothing that the actor did not supply,
// except Permission (an administrative one), Count, and Subject for an actor
// who may see holders anyway.
type DeniedError struct {
	Op         string     // "create_role", …, or "check"
	Index      int        // which operation of the batch, from 0
	Actor      string     // the user, or "system"
	Role       RoleID     // the role concerned, if any
	Subject    Subject    // Outranked and Harms: the first user concerned
	Permission Permission // Permission: the first one lacking; NotHeld: the one asked for
	Reason     Reason
	Missing    []Permission // Coverage and OwnerOnly: which of the permissions supplied, sorted
	Count      int          // InUse: how many assignments
}

// Error returns one line for logs.
func (e *DeniedError) Error() string {
	if e.Reason == ReasonNotHeld {
		return fmt.Sprintf("rbac: denied: %s (%s)", e.Reason.Text(), e.Permission)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "rbac: cannot %s: %s", strings.ReplaceAll(e.Op, "_", " "), e.Reason.Text())
	switch {
	case e.Permission != "":
		fmt.Fprintf(&b, " (%s)", e.Permission)
	case e.Reason == ReasonInUse:
		fmt.Fprintf(&b, " (%d assignments)", e.Count)
	case len(e.Missing) > 0:
		fmt.Fprintf(&b, " %s", Set(e.Missing...))
	}
	return b.String()
}

// Is reports whether target is one of the sentinels that e matches: what Unwrap
// says, without making a list of it for each of the many checks that are denied.
func (e *DeniedError) Is(target error) bool {
	return target == ErrDenied || target != nil && target == e.Reason.sentinel()
}

// Unwrap returns ErrDenied and, for some reasons, a second sentinel.
func (e *DeniedError) Unwrap() []error {
	if also := e.Reason.sentinel(); also != nil {
		return []error{ErrDenied, also}
	}
	return []error{ErrDenied}
}

// InvalidError says that a request is malformed, whoever makes it. It matches
// ErrInvalid. Nothing was written.
type InvalidError struct {
	Field   string // as in the input type or its JSON: "name", "ops[2].subject"
	Problem string
}

// Error returns one line; of the value refused it repeats no more than the name
// of a permission.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("rbac: invalid %s: %s", e.Field, e.Problem)
}

// Unwrap returns ErrInvalid.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

// OutcomeUnknownError says that the answer to a change was lost, and asking
// again found no answer before the context ended. It matches
// ErrOutcomeUnknown and the context's error. [Authority.Outcome] can ask later.
type OutcomeUnknownError struct {
	Token Token // of the revision that the change is, if it was written
	Err   error // why the asking ended
}

// Error returns one line.
func (e *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("%v: %v", ErrOutcomeUnknown, e.Err)
}

// Unwrap returns ErrOutcomeUnknown and the cause.
func (e *OutcomeUnknownError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.Err} }
