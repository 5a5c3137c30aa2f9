package naive

// maxDepth is how many groups a chain of nested groups may contain.
const maxDepth = 8

// invariants is step 14, in order: name taken, window, cycle, depth, in use, last owner, has owner.
func (j judgement) invariants() Verdict {
	op := j.op
	switch op.Kind {
	case "create":
		if nameTaken(j.cfg, j.state, op.Role, op.Name) {
			return refuse("name_taken")
		}
	case "edit":
		if op.SetName && j.state.Roles[op.Role].Name != op.Name && nameTaken(j.cfg, j.state, op.Role, op.Name) {
			return refuse("name_taken")
		}
	case "assign": // over a live row with another window (S7)
		row, there := j.liveRow(op.Subject, op.Role)
		if there && (row.From != op.From || row.Until != op.Until) {
			return refuse("window")
		}
	case "delete":
		if v := j.deletable(); v.Reason != "" {
			return v
		}
	case "add_member":
		if op.Member.Kind == "group" {
			if v := j.nestable(); v.Reason != "" {
				return v
			}
		}
	}
	before, after := len(Owners(j.state)), len(Owners(j.effect()))
	if before > 0 && after == 0 && op.Kind != "erase" { // S15
		return refuse("last_owner")
	}
	if op.Kind == "bootstrap" && before > 0 {
		if _, same := j.state.Rows[RowKey{op.Subject, OwnerID}]; !same {
			return refuse("has_owner")
		}
	}
	return Verdict{}
}

// deletable: no unexpired assignment at all (S12), or each of them can be moved (S13).
func (j judgement) deletable() Verdict {
	if !j.reassigning() {
		if count := len(j.holders()); count > 0 {
			return Verdict{Reason: "in_use", Count: count}
		}
		return Verdict{}
	}
	for _, row := range j.holders() {
		moved, ok := j.moved(row)
		if !ok || j.op.Reassign == OwnerID && (moved.From != 0 || moved.Until != 0) {
			return refuse("window")
		}
	}
	return Verdict{}
}

// nestable: no cycle, and no chain through the new edge longer than maxDepth (S10, §1 Group).
func (j judgement) nestable() Verdict {
	if downward(j.state, j.op.Member.ID)[j.op.Group] {
		return refuse("cycle")
	}
	if chainAbove(j.state, j.op.Group)+chainBelow(j.state, j.op.Member.ID) > maxDepth {
		return refuse("depth")
	}
	return Verdict{}
}

// chainAbove counts the groups of the longest chain that ends in the group, itself included. The
// groups must be acyclic.
func chainAbove(s *State, group string) int {
	longest := 0
	for m := range s.Members {
		if m.Member == Group(group) {
			longest = max(longest, chainAbove(s, m.Group))
		}
	}
	return longest + 1
}

// chainBelow counts the groups of the longest chain that begins with the group, itself included.
func chainBelow(s *State, group string) int {
	longest := 0
	for m := range s.Members {
		if m.Group == group && m.Member.Kind == "group" {
			longest = max(longest, chainBelow(s, m.Member.ID))
		}
	}
	return longest + 1
}
