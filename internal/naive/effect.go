package naive

import "maps"

// effect is the state after the operation, were it allowed. Versions are left to Apply.
func (j judgement) effect() *State {
	op, next := j.op, j.state.Clone()
	switch op.Kind {
	case "create":
		status := op.Status
		if status == "" {
			status = "active" // S3
		}
		next.Roles[op.Role] = &Role{
			ID: op.Role, Name: op.Name, Description: op.Description, Status: status,
			Perms: setOf(op.Perms), Metadata: maps.Clone(op.Metadata), Version: 1,
		}
	case "edit", "grant", "revoke":
		if r := next.Roles[op.Role]; r != nil {
			j.editRole(r)
		}
	case "delete":
		delete(next.Roles, op.Role)
		for key := range j.state.Rows { // the expired ones go with the role (S12)
			if key.Role == op.Role {
				delete(next.Rows, key)
			}
		}
		if j.reassigning() {
			for _, row := range j.holders() {
				moved, _ := j.moved(row)
				next.Rows[RowKey{row.Subject, op.Reassign}] = moved
			}
		}
	case "assign":
		if _, there := j.liveRow(op.Subject, op.Role); !there {
			row := Row{Subject: op.Subject, Role: op.Role, From: op.From, Until: op.Until, GrantedBy: j.granter()}
			next.Rows[RowKey{op.Subject, op.Role}] = row
		}
	case "unassign":
		if _, there := j.liveRow(op.Subject, op.Role); there {
			delete(next.Rows, RowKey{op.Subject, op.Role})
		}
	case "add_member":
		next.Members[MemberKey{op.Group, op.Member}] = true
	case "remove_member":
		delete(next.Members, MemberKey{op.Group, op.Member})
	case "offboard": // its own assignments and its memberships in groups, not its members
		maps.DeleteFunc(next.Rows, func(key RowKey, _ Row) bool { return key.Subject == op.Subject })
		maps.DeleteFunc(next.Members, func(m MemberKey, _ bool) bool { return m.Member == op.Subject })
	case "bootstrap":
		key := RowKey{op.Subject, OwnerID}
		if _, there := next.Rows[key]; !there {
			next.Rows[key] = Row{Subject: op.Subject, Role: OwnerID, GrantedBy: j.granter()}
		}
	case "sweep":
		maps.DeleteFunc(next.Rows, func(_ RowKey, row Row) bool { return !row.live(j.now) })
	case "erase":
		next = NewState()
	}
	return next
}

// granter is who is recorded as having granted an assignment: the user, "" for System.
func (j judgement) granter() string {
	if j.system() {
		return ""
	}
	return j.actor.User
}

// editRole writes the fields of an edit, grant or revoke. Only a whole new set repairs a damaged
// role; adding to or taking from a set that cannot be read leaves it unreadable.
func (j judgement) editRole(r *Role) {
	op := j.op
	switch op.Kind {
	case "grant":
		if !r.Damaged {
			r.Perms = union(r.Perms, setOf(op.Perms))
		}
		return
	case "revoke":
		for _, name := range op.Perms {
			if !r.Damaged {
				delete(r.Perms, name)
			}
		}
		return
	}
	if op.SetName {
		r.Name = op.Name
	}
	if op.SetDescription {
		r.Description = op.Description
	}
	if op.SetStatus && op.Status != r.status() { // an unknown stored status is Blocked already
		r.Status = op.Status
	}
	if op.SetMetadata {
		r.Metadata = maps.Clone(op.Metadata)
	}
	if op.SetPerms {
		r.Perms = setOf(op.Perms)
		r.Damaged = false
	}
}

// moved is the assignment of R′ that a holder of R gets (S13): the window of R, or its union with
// that of a live assignment of R′. It is false if the two windows neither overlap nor touch: the
// row is then the smallest window that contains both, so that harms can be judged before.
func (j judgement) moved(row Row) (Row, bool) {
	target := Row{
		Subject: row.Subject, Role: j.op.Reassign, From: row.From, Until: row.Until, GrantedBy: j.granter(),
	}
	other, there := j.liveRow(row.Subject, j.op.Reassign)
	if !there {
		return target, true
	}
	beforeEnd := func(from, until int64) bool { return from == 0 || until == 0 || from <= until }
	meet := beforeEnd(row.From, other.Until) && beforeEnd(other.From, row.Until)
	target.From = min(row.From, other.From) // 0, the open end, is the smallest
	if row.Until == 0 || other.Until == 0 {
		target.Until = 0
	} else {
		target.Until = max(row.Until, other.Until)
	}
	if target.From == other.From && target.Until == other.Until {
		return other, meet // nothing is added to what was granted before
	}
	return target, meet
}
