package naive

import "slices"

// input is step 2: what can be judged without the state.
func (j judgement) input() Verdict {
	op := j.op
	bad := false
	switch op.Kind {
	case "create":
		bad = op.Role == "" || op.Name == "" || j.cfg.prebuilt(op.Role) ||
			j.state.Roles[op.Role] != nil || j.first.Roles[op.Role] != nil || // an id is drawn once (S12)
			op.Status != "" && !knownStatus(op.Status) ||
			!subset(setOf(op.Perms), j.cfg.Known)
	case "edit":
		bad = op.Role == "" || op.Version == 0 ||
			op.SetName && op.Name == "" ||
			op.SetStatus && !knownStatus(op.Status)
	case "grant", "revoke":
		bad = op.Role == ""
	case "delete":
		bad = op.Role == "" || op.Version == 0 || op.Reassign == op.Role
	case "assign":
		bad = op.Role == "" || !wellFormed(op.Subject) ||
			op.Role == OwnerID && op.Subject.Kind == "group" ||
			op.Role == OwnerID && (op.From != 0 || op.Until != 0) ||
			op.From != 0 && op.Until != 0 && op.From >= op.Until ||
			op.Until != 0 && op.Until <= j.now
	case "unassign":
		bad = op.Role == "" || !wellFormed(op.Subject)
	case "add_member", "remove_member":
		bad = op.Group == "" || !wellFormed(op.Member)
	case "offboard":
		bad = !wellFormed(op.Subject)
	case "bootstrap":
		bad = !wellFormed(op.Subject) || op.Subject.Kind == "group"
	case "sweep", "erase":
	default:
		bad = true // S23: unknown enum
	}
	if bad {
		return refuse("invalid")
	}
	return Verdict{}
}

func knownStatus(status string) bool {
	return slices.Contains([]string{"active", "suspended", "blocked"}, status)
}

func wellFormed(s Subject) bool {
	return (s.Kind == "user" || s.Kind == "group") && s.ID != ""
}

// visibility is step 3: the role, and R′ of a reassign, exist and are seen; then the names given
// to an edit are known or stored in that role now.
func (j judgement) visibility() Verdict {
	var named []string
	switch {
	case j.reassigning():
		named = []string{j.op.Role, j.op.Reassign}
	case j.editing(), j.op.Kind == "delete", j.op.Kind == "assign", j.op.Kind == "unassign":
		named = []string{j.op.Role}
	}
	for _, role := range named {
		if !j.sees(role) && !j.mayDropRetired(role) {
			return refuse("not_found")
		}
	}
	if j.editing() {
		stored := roleGrants(j.cfg, j.state, j.op.Role).names
		if !subset(j.suppliedNames(), union(j.cfg.Known, stored)) {
			return refuse("invalid")
		}
	}
	return Verdict{}
}

// sees: the role exists, and it is prebuilt, or the actor has rbac.roles.view, or holds it.
func (j judgement) sees(role string) bool {
	if !exists(j.cfg, j.state, role) {
		return false
	}
	return j.system() || j.cfg.prebuilt(role) || j.authority().has(permView) || j.heldRoles()[role]
}

// mayDropRetired: a row of a role that is neither stored nor declared can be unassigned by an
// Owner, by System and by the user whose direct row it is.
func (j judgement) mayDropRetired(role string) bool {
	if j.op.Kind != "unassign" || exists(j.cfg, j.state, role) {
		return false
	}
	_, there := j.liveRow(j.op.Subject, role)
	return there && (j.mayAsOwner() || j.resigning())
}

// suppliedNames are the permission names in the operation.
func (j judgement) suppliedNames() map[string]bool {
	switch {
	case j.op.Kind == "create", j.op.Kind == "grant", j.op.Kind == "revoke", j.op.Kind == "edit" && j.op.SetPerms:
		return setOf(j.op.Perms)
	}
	return map[string]bool{}
}

// permission is step 4: the operation's administrative permissions and rbac.roles.view (S2, §3).
func (j judgement) permission() Verdict {
	if j.system() || j.resigning() {
		return Verdict{}
	}
	var needed []string
	switch j.op.Kind {
	case "create":
		needed = []string{permCreate}
	case "edit", "grant", "revoke":
		needed = []string{permEdit}
	case "delete":
		needed = []string{permDelete}
		if j.reassigning() {
			needed = append(needed, permAssign, permUnassign)
		}
	case "assign":
		needed = []string{permAssign}
	case "unassign":
		needed = []string{permUnassign}
	case "add_member", "remove_member":
		needed = []string{permGroups}
	case "offboard":
		needed = []string{permUnassign, permGroups}
	default: // bootstrap, sweep, erase: System only
		return refuse("permission")
	}
	for _, name := range append(needed, permView) {
		if !j.authority().has(name) {
			return refuse("permission")
		}
	}
	return Verdict{}
}

// prebuilt is step 5 (S14): by anyone, through anything.
func (j judgement) prebuilt() Verdict {
	if (j.editing() || j.op.Kind == "delete") && j.cfg.prebuilt(j.op.Role) {
		return refuse("prebuilt")
	}
	return Verdict{}
}

// ownRole is step 6 (S6).
func (j judgement) ownRole() Verdict {
	if (j.editing() || j.op.Kind == "delete") && j.heldRoles()[j.op.Role] && !j.mayAsOwner() {
		return refuse("own_role")
	}
	return Verdict{}
}

// frozen is step 7 (S11, and S3 for create).
func (j judgement) frozen() Verdict {
	frozen := false
	switch {
	case j.op.Kind == "create":
		frozen = j.op.Status == "blocked" && !j.mayAsOwner()
	case j.editing():
		old := j.state.Roles[j.op.Role]
		edited := j.effect().Roles[j.op.Role]
		statusOnly := j.op.Kind == "edit" && edited.sameButStatus(old)
		isBlocked, becomesBlocked := old.status() == "blocked", edited.status() == "blocked"
		switch {
		case isBlocked && becomesBlocked:
			frozen = true
		case isBlocked || becomesBlocked:
			frozen = !j.mayAsOwner() || !statusOnly
		}
	case j.op.Kind == "delete":
		frozen = roleStatus(j.cfg, j.state, j.op.Role) == "blocked" && !j.mayAsOwner() ||
			j.reassigning() && roleStatus(j.cfg, j.state, j.op.Reassign) == "blocked"
	case j.op.Kind == "assign":
		frozen = roleStatus(j.cfg, j.state, j.op.Role) == "blocked"
	}
	if frozen {
		return refuse("frozen")
	}
	return Verdict{}
}

// version is step 8: the version refers to the state before the batch (S18); a role made in this
// batch has none there.
func (j judgement) version() Verdict {
	if j.op.Kind == "edit" || j.op.Kind == "delete" {
		before := j.first.Roles[j.op.Role]
		if before == nil || before.Version != j.op.Version {
			return refuse("version")
		}
	}
	return Verdict{}
}

// dominance is step 9 (S4, S12), on the old set.
func (j judgement) dominance() Verdict {
	if (j.editing() || j.op.Kind == "delete") && !j.system() &&
		!dominates(j.authority(), roleGrants(j.cfg, j.state, j.op.Role)) {
		return refuse("dominance")
	}
	return Verdict{}
}
