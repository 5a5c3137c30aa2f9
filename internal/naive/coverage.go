package naive

// ownerGuard is step 10, "owner" (S7, S8, S13): the Owner role is assigned and unassigned by an
// Owner only, and reassigned to users only.
func (j judgement) ownerGuard() Verdict {
	touchesOwner := false
	switch j.op.Kind {
	case "assign", "unassign":
		touchesOwner = j.op.Role == OwnerID && !j.resigning()
	case "offboard":
		_, touchesOwner = j.liveRow(j.op.Subject, OwnerID)
	case "delete":
		touchesOwner = j.op.Reassign == OwnerID
		if touchesOwner {
			for _, row := range j.holders() {
				if row.Subject.Kind == "group" {
					return refuse("owner") // for anybody
				}
			}
		}
	}
	if touchesOwner && !j.mayAsOwner() {
		return refuse("owner")
	}
	return Verdict{}
}

// ownerOnly is step 10, "owner_only" (S3, S4): an OwnerOnly name that is new in the role, refused
// to everyone. Missing are those names.
func (j judgement) ownerOnly() Verdict {
	stored := map[string]bool{}
	switch j.op.Kind {
	case "create":
	case "edit", "grant":
		stored = roleGrants(j.cfg, j.state, j.op.Role).names
	default:
		return Verdict{}
	}
	offending := map[string]bool{}
	for name := range j.suppliedNames() {
		if j.cfg.OwnerOnly[name] && !stored[name] {
			offending[name] = true
		}
	}
	if len(offending) > 0 {
		return Verdict{Reason: "owner_only", Missing: sorted(offending)}
	}
	return Verdict{}
}

// coverage is step 10, "coverage": auth(a) covers everything the operation demands. Missing names
// only what the caller supplied (S22).
func (j judgement) coverage() Verdict {
	// A record that stays unreadable cannot be written again, by System neither.
	if j.editing() && j.system() && j.effect().Roles[j.op.Role].Damaged {
		return refuse("coverage")
	}
	if j.system() || j.resigning() || covers(j.authority(), j.demand()) {
		return Verdict{}
	}
	missing := map[string]bool{}
	for name := range j.suppliedNames() {
		if !j.authority().has(name) {
			missing[name] = true
		}
	}
	return Verdict{Reason: "coverage", Missing: sorted(missing)}
}

// demand is what has to be covered.
func (j judgement) demand() grants {
	op := j.op
	demand := grants{}
	switch op.Kind {
	case "create": // S3
		demand = grants{names: setOf(op.Perms)}
	case "edit", "grant", "revoke": // S4, S11: the whole resulting set
		demand = roleGrants(j.cfg, j.effect(), op.Role)
	case "assign": // S7
		demand = roleGrants(j.cfg, j.state, op.Role)
	case "unassign": // S8
		demand = j.removal(roleGrants(j.cfg, j.state, op.Role))
	case "add_member": // S10
		demand = j.closure(op.Group)
	case "remove_member": // S10
		demand = j.removal(j.closure(op.Group))
	case "offboard": // S8 for each
		for _, row := range j.liveRows(func(row Row) bool { return row.Subject == op.Subject }) {
			demand = demand.with(j.removal(roleGrants(j.cfg, j.state, row.Role)))
		}
		for m := range j.state.Members {
			if m.Member == op.Subject {
				demand = demand.with(j.removal(j.closure(m.Group)))
			}
		}
	case "delete": // S13: S8 for R, S7 for R′
		if j.reassigning() {
			demand = j.removal(roleGrants(j.cfg, j.state, op.Role))
			demand = demand.with(roleGrants(j.cfg, j.state, op.Reassign))
		}
	}
	return demand
}

// closure is every role, all statuses, expired rows aside, of the group and its ancestors (S10).
func (j judgement) closure(group string) grants {
	groups := upward(j.state, map[string]bool{group: true})
	rows := j.liveRows(func(row Row) bool { return row.Subject.Kind == "group" && groups[row.Subject.ID] })
	all := grants{}
	for _, row := range rows {
		all = all.with(roleGrants(j.cfg, j.state, row.Role))
	}
	return all
}

// removal leaves out the unknown names: removing can only shrink (§3).
func (j judgement) removal(g grants) grants {
	known := map[string]bool{}
	for name := range g.names {
		if j.cfg.Known[name] {
			known[name] = true
		}
	}
	g.names = known
	return g
}

// inactive is step 11: assign, also as a reassign, of a Suspended role (S7, S11). A Blocked one
// was refused as frozen.
func (j judgement) inactive() Verdict {
	if j.op.Kind == "assign" && roleStatus(j.cfg, j.state, j.op.Role) != "active" ||
		j.reassigning() && roleStatus(j.cfg, j.state, j.op.Reassign) != "active" {
		return refuse("inactive")
	}
	return Verdict{}
}

// selfDealing is step 12 (S9): assign to self or to a group they are in, join a group, nest a
// group they are in.
func (j judgement) selfDealing() Verdict {
	if j.mayAsOwner() {
		return Verdict{}
	}
	var receiver Subject
	switch j.op.Kind {
	case "assign":
		receiver = j.op.Subject
	case "add_member":
		receiver = j.op.Member
	default:
		return Verdict{}
	}
	if receiver == User(j.actor.User) || receiver.Kind == "group" && j.ownGroups()[receiver.ID] {
		return refuse("self_dealing")
	}
	return Verdict{}
}

// outranked is step 13, "outranked": a directly named user outranks a (S7, S10); for a reassign,
// a user who holds R (S13).
func (j judgement) outranked() Verdict {
	named := map[Subject]bool{}
	switch {
	case j.op.Kind == "assign":
		named[j.op.Subject] = true
	case j.op.Kind == "add_member":
		named[j.op.Member] = true
	case j.reassigning():
		for _, row := range j.holders() {
			named[row.Subject] = true
		}
	}
	var above []string
	for subject := range named {
		if subject.Kind == "user" && j.outranksActor(subject.ID) {
			above = append(above, subject.ID)
		}
	}
	return smallestUser("outranked", above)
}

// harmed is step 13, "harms": nobody who outranks a is harmed (S4, S8, S10, S11, S13, Offboard),
// judged once, on the whole. A plain delete needs no such test: it has no holders (S12).
func (j judgement) harmed() Verdict {
	judged := j.editing() || j.reassigning() ||
		j.op.Kind == "unassign" || j.op.Kind == "remove_member" || j.op.Kind == "offboard"
	if !judged || j.system() {
		return Verdict{}
	}
	var above []string
	for _, v := range users(j.first, j.state) {
		if j.outranksActor(v) && loses(j.cfg, j.state, j.effect(), v, j.now) {
			above = append(above, v)
		}
	}
	return smallestUser("harms", above)
}

// smallestUser refuses for the smallest of the users, if there is one.
func smallestUser(reason string, ids []string) Verdict {
	if len(ids) == 0 {
		return Verdict{}
	}
	smallest := ids[0]
	for _, id := range ids {
		smallest = min(smallest, id)
	}
	return Verdict{Reason: reason, Subject: User(smallest)}
}
