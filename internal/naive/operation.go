package naive

// Actor is on whose behalf a call is made. Kind is "" (the zero actor), "user" or "system".
type Actor struct {
	Kind string
	User string
	// Asserted are the groups the host asserts for this call.
	Asserted []string
	// Narrowed tells that Only was called; Only are the roles it was called with.
	Narrowed bool
	Only     []string
}

// As is the plain actor for a user.
func As(user string) Actor { return Actor{Kind: "user", User: user} }

// System is the host's own code.
func System() Actor { return Actor{Kind: "system"} }

// Op is one operation. Kind is one of create edit delete grant revoke assign unassign add_member
// remove_member offboard bootstrap sweep erase.
//
// create: Role is the id the library is going to draw; Name, Description, Status ("" is active),
// Perms and Metadata are used whatever the Set flags say. edit: the fields whose flag is set.
// grant, revoke: Perms. bootstrap, offboard: Subject.
type Op struct {
	Kind                                                      string
	Role, Name, Description, Status                           string
	SetName, SetDescription, SetStatus, SetPerms, SetMetadata bool
	Perms                                                     []string
	Metadata                                                  map[string]string
	// Version is the version the human saw (edit, delete).
	Version uint64
	// Reassign is the role R′ of a delete and reassign, "" for none.
	Reassign string
	// Subject of assign, unassign, bootstrap and offboard.
	Subject Subject
	// Group and Member of add_member and remove_member.
	Group  string
	Member Subject
	// From and Until are the window of an assign.
	From, Until int64
}

// Verdict is the answer to a batch.
type Verdict struct {
	OK bool
	// Reason is "" if OK, "invalid" for an InvalidError, else the reason.
	Reason string
	// Missing is set for coverage and owner_only if the caller supplied permission names: those
	// of them that are refused, sorted.
	Missing []string
	// Subject is set for outranked and harms: the smallest one.
	Subject Subject
	// Count is set for in_use: the assignments in the way.
	Count int
	// Changed tells whether anything is written.
	Changed bool
}

// refuse is the verdict with only a reason; the zero Verdict stands for "no objection".
func refuse(reason string) Verdict { return Verdict{Reason: reason} }
