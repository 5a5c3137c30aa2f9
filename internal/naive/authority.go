package naive

import "slices"

// grants is what a role, or several together, hold.
type grants struct {
	// top: Owner is among them.
	top bool
	// damaged: an undecodable role is among them.
	damaged bool
	// retired: a role that is neither stored nor declared is among them.
	retired bool
	names   map[string]bool
}

func (g grants) with(o grants) grants {
	return grants{
		top: g.top || o.top, damaged: g.damaged || o.damaged, retired: g.retired || o.retired,
		names: union(g.names, o.names),
	}
}

// roleGrants is perms(R). A damaged and a retired role confer nothing (§1).
func roleGrants(cfg Config, s *State, role string) grants {
	if role == OwnerID {
		return grants{top: true, names: map[string]bool{}}
	}
	if names, ok := cfg.Prebuilt[role]; ok {
		return grants{names: names}
	}
	r, ok := s.Roles[role]
	if !ok {
		return grants{retired: true, names: map[string]bool{}}
	}
	if r.Damaged {
		return grants{damaged: true, names: map[string]bool{}}
	}
	return grants{names: r.Perms}
}

// roleStatus is the status of a role; prebuilt roles are always active, a retired one confers
// nothing whatever is said here.
func roleStatus(cfg Config, s *State, role string) string {
	if cfg.prebuilt(role) {
		return "active"
	}
	if r, ok := s.Roles[role]; ok {
		return r.status()
	}
	return "blocked"
}

// exists tells whether the role is stored or declared.
func exists(cfg Config, s *State, role string) bool {
	return cfg.prebuilt(role) || s.Roles[role] != nil
}

// live: not expired at t, begun or not. begun: the window has opened at t.
func (row Row) live(t int64) bool  { return row.Until == 0 || t < row.Until }
func (row Row) begun(t int64) bool { return row.From == 0 || row.From <= t }

// upward are the given groups and all groups they are in, transitively.
func upward(s *State, groups map[string]bool) map[string]bool {
	found := union(groups, nil)
	for grown := true; grown; {
		grown = false
		for m := range s.Members {
			if m.Member.Kind == "group" && found[m.Member.ID] && !found[m.Group] {
				found[m.Group] = true
				grown = true
			}
		}
	}
	return found
}

// downward are the group and all groups nested in it, transitively.
func downward(s *State, group string) map[string]bool {
	found := map[string]bool{group: true}
	for grown := true; grown; {
		grown = false
		for m := range s.Members {
			if m.Member.Kind == "group" && found[m.Group] && !found[m.Member.ID] {
				found[m.Member.ID] = true
				grown = true
			}
		}
	}
	return found
}

// groupsOf are the groups the user is in: stored, asserted, and their ancestors.
func groupsOf(s *State, user string, asserted []string) map[string]bool {
	groups := setOf(asserted)
	for m := range s.Members {
		if m.Member == User(user) {
			groups[m.Group] = true
		}
	}
	return upward(s, groups)
}

// reaching are the assignments, expired ones too, that reach the user directly or through groups.
func reaching(s *State, user string, asserted []string) []Row {
	groups := groupsOf(s, user, asserted)
	var rows []Row
	for _, row := range s.Rows {
		if row.Subject == User(user) || row.Subject.Kind == "group" && groups[row.Subject.ID] {
			rows = append(rows, row)
		}
	}
	return rows
}

// held(u): every role that reaches u, whatever its status, now or in future; not expired ones.
func held(s *State, user string, asserted []string, now int64) map[string]bool {
	roles := map[string]bool{}
	for _, row := range reaching(s, user, asserted) {
		if row.live(now) {
			roles[row.Role] = true
		}
	}
	return roles
}

// reach(u): the union of the permissions of held(u), statuses and From ignored.
func reach(cfg Config, s *State, user string, now int64) grants {
	all := grants{}
	for role := range held(s, user, nil, now) {
		all = all.with(roleGrants(cfg, s, role))
	}
	return all
}

// active is the union of the permissions, all stored names, of the roles held now with status
// Active. narrowed keeps only the roles in only.
func active(cfg Config, s *State, user string, asserted []string, narrowed bool, only []string, now int64) grants {
	all := grants{}
	for _, row := range reaching(s, user, asserted) {
		if !row.live(now) || !row.begun(now) || roleStatus(cfg, s, row.Role) != "active" {
			continue
		}
		if narrowed && !slices.Contains(only, row.Role) {
			continue
		}
		all = all.with(roleGrants(cfg, s, row.Role))
	}
	return all
}

// authority is auth(u): ⊤ or a set of names that are in the catalogue and not OwnerOnly.
type authority struct {
	top   bool
	names map[string]bool
}

// usable takes the unknown and the OwnerOnly names out of the grants (auth(u), §1).
func usable(cfg Config, g grants) authority {
	x := authority{top: g.top, names: map[string]bool{}}
	for name := range g.names {
		if cfg.Known[name] && !cfg.OwnerOnly[name] {
			x.names[name] = true
		}
	}
	return x
}

// auth is auth(u) of a user by stored membership.
func auth(cfg Config, s *State, user string, now int64) authority {
	return usable(cfg, active(cfg, s, user, nil, false, nil, now))
}

// actorAuth is auth(a) after narrowing. Nobody's authority is System's or the zero actor's: the
// rules ask for System before they ask for authority.
func actorAuth(cfg Config, s *State, a Actor, now int64, withAsserted bool) authority {
	if a.Kind != "user" {
		return authority{names: map[string]bool{}}
	}
	var asserted []string
	if withAsserted {
		asserted = a.Asserted
	}
	return usable(cfg, active(cfg, s, a.User, asserted, a.Narrowed, a.Only, now))
}

// has tells whether the authority contains the permission.
func (x authority) has(name string) bool { return x.top || x.names[name] }

// meet is the intersection of two authorities (S18).
func (x authority) meet(o authority) authority {
	if x.top {
		return o
	}
	if o.top {
		return x
	}
	both := authority{names: map[string]bool{}}
	for name := range x.names {
		if o.names[name] {
			both.names[name] = true
		}
	}
	return both
}

// asGrants lets an authority stand on the right side of covers.
func (x authority) asGrants() grants { return grants{top: x.top, names: x.names} }

// covers(X, Y): X = ⊤, or Y ≠ ⊤ and Y ⊆ X. Unknown and OwnerOnly names count in Y and never in
// X. An undecodable role is covered by nobody, a retired one by an Owner only.
func covers(x authority, y grants) bool {
	if y.damaged {
		return false
	}
	if x.top {
		return true
	}
	return !y.top && !y.retired && subset(y.names, x.names)
}

// dominates(a, R): auth(a) = ⊤ and R is not Owner; or perms(R) ⊊ auth(a).
func dominates(x authority, r grants) bool {
	if x.top {
		return !r.top
	}
	return covers(x, r) && len(r.names) < len(x.names)
}

// outranks(v, a) in one state: v ≠ a, a is not an Owner, auth(v) covers auth(a).
func outranks(cfg Config, s *State, v string, a Actor, now int64) bool {
	if a.Kind != "user" || v == a.User {
		return false
	}
	own := actorAuth(cfg, s, a, now, false)
	return !own.top && covers(auth(cfg, s, v, now), own.asGrants())
}

// subset tells whether every element of y is in x.
func subset(y, x map[string]bool) bool {
	for name := range y {
		if !x[name] {
			return false
		}
	}
	return true
}

// union is a new set.
func union(a, b map[string]bool) map[string]bool {
	all := map[string]bool{}
	for name := range a {
		all[name] = true
	}
	for name := range b {
		all[name] = true
	}
	return all
}
