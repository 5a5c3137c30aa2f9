package naive

import "slices"

// lacks tells whether before holds something that after does not; Owner is everything.
func lacks(before, after grants) bool {
	if after.top {
		return false
	}
	return before.top || !subset(before.names, after.names)
}

// instants are from and every later From and Until in the states: between two neighbours nothing
// changes by itself.
func instants(from int64, states ...*State) []int64 {
	all := map[int64]bool{from: true}
	for _, s := range states {
		for _, row := range s.Rows {
			for _, t := range []int64{row.From, row.Until} {
				if t > from {
					all[t] = true
				}
			}
		}
	}
	var list []int64
	for t := range all {
		list = append(list, t)
	}
	slices.Sort(list)
	return list
}

// loses is harms(op, v): at some instant from now on, were nothing else to happen, auth(v) or
// reach(v) in after lacks a name, known or not, that it has in before. Stored membership.
func loses(cfg Config, before, after *State, v string, now int64) bool {
	for _, t := range instants(now, before, after) {
		authBefore := active(cfg, before, v, nil, false, nil, t)
		authAfter := active(cfg, after, v, nil, false, nil, t)
		if lacks(authBefore, authAfter) {
			return true
		}
		if lacks(reach(cfg, before, v, t), reach(cfg, after, v, t)) {
			return true
		}
	}
	return false
}
