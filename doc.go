// Package rbac decides who may do what in an application, and who may change
// that.
//
// # The model
//
// A host declares its permissions in a [Catalog]. A [Role] is a set of them:
// Owner, Admin and User are given by code, and people make more at run time.
// Roles are assigned to users and to groups, for good or for a period. What a
// user may do is the union of the active roles that reach them; nothing ever
// takes away from it. Administrative abilities, such as [RolesEdit], are
// permissions like the others, so that a role can say who changes roles.
//
// An [Authority] is made by [New] over a store and a catalogue. It answers
// [Authority.Check], draws pages ([Authority.RoleView]) and makes changes; each
// change is an [Op], and [Authority.Apply] is the one door for all of them.
//
// # The rules
//
// Three rules keep people who may change roles from changing their own worth:
// nobody changes a role they hold; nobody changes a role that is not strictly
// below them; nobody passes on what they do not have. Owners are exempt, save
// where it says so. In full, as errors and comments cite them:
//
//	S1   Authority is the union of the active roles held, narrowed by Only.
//	S2   Changing, and reading about others, take permissions of this package;
//	     each change needs rbac.roles.view as well.
//	S3   Create: the set is within the maker's own, equal included. OwnerOnly
//	     permissions are in no role but Owner.
//	S4   Edit: the role is strictly below the actor before, and within the
//	     actor's own set after; nobody level or above is harmed.
//	S5   Equal is not above: equals do not change one another's roles.
//	S6   Nobody but an Owner changes or deletes a role they hold, directly or
//	     through a group, whatever its status.
//	S7   Assign: the role is active and within the actor's own set; the user is
//	     not level with the actor or above. Owner passes from Owner to user, and
//	     for good.
//	S8   Unassign: the role is within the actor's own set, and nobody level or
//	     above is harmed. One's own assignments one may always resign.
//	S9   Nobody but an Owner performs a grant that benefits themselves.
//	S10  Joining a group is being assigned all its roles, and leaving it is
//	     losing them: S7 and S8. Groups nest up to 8 deep, without a cycle.
//	S11  A Suspended role confers nothing and takes no new holder. A Blocked
//	     one is frozen as well, and only an Owner moves a role in or out.
//	S12  Delete: S4 to S6, the version that was seen, and no assignment left.
//	S13  Or each holder gets another role instead: S8 and S7 for each, or none.
//	S14  Prebuilt roles are changed by nobody, through nothing.
//	S15  A tenant that has an Owner keeps one.
//	S16  A change is judged on the very state that it is written on.
//	S17  The rules are judged when something is written; nothing is taken away
//	     later by itself. Review lists what its giver could not give today.
//	S18  A batch is all or nothing, and no line of it authorises another.
//	S19  Names are labels, unique regardless of case and Unicode form; never keys.
//	S20  Tenants do not see one another.
//	S21  Pages and changes are judged by the same function.
//	S22  A refusal names the first rule that applies, in the order of Reason.
//	S23  What is unknown, damaged or out of reach is refused.
//	S24  Arguments and results are copies.
//	S25  There is no rule that denies: removing anything only shrinks.
//	S26  A check is never further behind a change than Options.MaxStaleness,
//	     or it is refused; in the process that made the change it is not behind.
//	S27  Each change leaves its history in the same transaction.
//
// [System] is the host's own code. It needs no permission, and what is said of
// the actor's own set, of roles held, of benefit and harm and of "only an
// Owner" does not concern it. All the rest binds it, too.
//
// It follows that no group of people, through this package and in any order,
// can give anyone a permission that none of them had, nor take one from
// somebody who has all that they have together.
//
// # Errors
//
// "No" is an error that matches [ErrDenied]: a [*DeniedError], whose Reason is
// for programs. A malformed request matches [ErrInvalid], whoever makes it.
// "Could not find out" matches [ErrUnavailable], [ErrStale], [ErrClock] or
// [ErrOutcomeUnknown] and never ErrDenied; none of them is a yes.
//
// # Concurrency
//
// An Authority is safe for concurrent use, in any number of processes over one
// store. A change that met another one is judged again, by itself. Forms that
// people fill in carry a version instead (see [RoleEdit]). Clocks of processes
// should agree within a minute.
//
// A check answers from memory, as of one state of the tenant that the store
// had at most Options.MaxStaleness ago; everything else reads the store.
// [Authority.AtLeast] sees one's own write of another process,
// [Authority.Fresh] whatever was written before the call. Nothing runs in the
// background but what a call has begun, for half a minute at most, unless the
// host calls [Authority.Start], which spares checks the wait.
//
// # Stores
//
// Package store is the contract; store/memory keeps data in memory, store/sql
// in SQLite, PostgreSQL, MySQL and MariaDB; store/storetest proves another.
//
// # What is not promised
//
//   - Two accomplices can keep a temporary permission between them, each
//     renewing the other's: both of them had it.
//   - Groups that a host asserts ([Actor.InGroups]) count in checks of that
//     very call. WhoCan, Review and Explain go by stored membership alone.
//   - A permission that confers others outside this package, such as to reset
//     a password or to add somebody to a group of an identity provider, is the
//     host's to guard: it asks [Authority.CheckOver] or [Authority.CheckJoin]
//     first.
//   - Who can write to the store, or run code in the host, is above the rules.
package rbac
