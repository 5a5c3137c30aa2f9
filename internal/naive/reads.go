package naive

// Auth is auth(a) at now, after narrowing; with asserted groups it is what Check sees, without
// them what changes and administrative reads go by. If top is true perms is empty: ⊤ is not a
// list. System and the zero actor have none.
func Auth(cfg Config, s *State, a Actor, now int64, withAsserted bool) (top bool, perms map[string]bool) {
	x := actorAuth(cfg, s, a, now, withAsserted)
	if x.top {
		return true, map[string]bool{}
	}
	return false, x.names
}

// Can is Check: asserted groups count. A name that is not in the catalogue is false here (an
// error in the library), for an Owner too; System and the zero actor may nothing.
func Can(cfg Config, s *State, a Actor, now int64, perm string) bool {
	return cfg.Known[perm] && actorAuth(cfg, s, a, now, true).has(perm)
}

// Permissions is auth(user) by stored membership. If top is true perms is empty.
func Permissions(cfg Config, s *State, user string, now int64) (top bool, perms map[string]bool) {
	return Auth(cfg, s, As(user), now, false)
}

// WhoCan lists the users, among those that occur in s, that have the permission by stored
// membership.
func WhoCan(cfg Config, s *State, perm string, now int64) []string {
	able := map[string]bool{}
	for _, u := range users(s) {
		if cfg.Known[perm] && auth(cfg, s, u, now).has(perm) {
			able[u] = true
		}
	}
	return sorted(able)
}

// CheckOver is "" or the reason why a may not act over the user outside the library (§5): nil if
// a is the user, an Owner or System, else reach(user) must be a strict subset of auth(a). A user
// who holds an undecodable role is covered by nobody; what a retired role was may be declared again,
// so its holder is covered by Owners only.
func CheckOver(cfg Config, s *State, a Actor, user string, now int64) string {
	if v := judgeActor(a); v.Reason != "" {
		return v.Reason
	}
	if user == "" {
		return "invalid"
	}
	if a.Kind == "system" || a.User == user {
		return ""
	}
	own := actorAuth(cfg, s, a, now, false)
	if own.top {
		return ""
	}
	theirs := reach(cfg, s, user, now)
	if covers(own, theirs) && len(theirs.names) < len(own.names) {
		return ""
	}
	return "outranked"
}

// CheckJoin is "" or the reason AddMember(group, user) would be refused for (S10).
func CheckJoin(cfg Config, s *State, a Actor, user, group string, now int64) string {
	_, v := Apply(cfg, s, a, now, Op{Kind: "add_member", Group: group, Member: User(user)})
	return v.Reason
}

// Visible tells whether the actor sees the role: prebuilt ones everybody, own ones (asserted
// groups count, any status) oneself, all with rbac.roles.view. The zero actor sees nothing.
func Visible(cfg Config, s *State, a Actor, role string, now int64) bool {
	if judgeActor(a).Reason != "" {
		return false
	}
	return judgement{cfg: cfg, first: s, state: s, actor: a, now: now}.sees(role)
}

// VisibleRoles lists the ids of the roles the actor sees, prebuilt ones included.
func VisibleRoles(cfg Config, s *State, a Actor, now int64) []string {
	all := map[string]bool{OwnerID: true}
	for id := range cfg.Prebuilt {
		all[id] = true
	}
	for id := range s.Roles {
		all[id] = true
	}
	seen := map[string]bool{}
	for id := range all {
		if Visible(cfg, s, a, id, now) {
			seen[id] = true
		}
	}
	return sorted(seen)
}

// Owners lists the users with a direct Owner assignment (S15).
func Owners(s *State) []string {
	owners := map[string]bool{}
	for key := range s.Rows {
		if key.Role == OwnerID && key.Subject.Kind == "user" {
			owners[key.Subject.ID] = true
		}
	}
	return sorted(owners)
}
