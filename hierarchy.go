package rbac

import (
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac/internal/naming"
	"github.com/seed80bc5f17/rbac/store"
)

// This file is the rules, all of them: five ideas (auth, covers, dominates,
// outranks, harms) and decide, which judges one operation on one state. It is
// pure: no context, no store, no clock, no logging. The numbers S1–S27 are the
// clauses that the package documentation lists.

// authority is what somebody may do: everything (an Owner, ⊤), or a set.
type authority struct {
	top bool
	set PermissionSet
}

func (x authority) has(p Permission) bool { return x.top || x.set.Has(p) }

// meet is what both may do.
func (x authority) meet(y authority) authority {
	switch {
	case x.top:
		return y
	case y.top:
		return x
	}
	return authority{set: x.set.Intersect(y.set)}
}

// weight is what a role carries, held against an authority. Unlike an
// authority it counts unknown and OwnerOnly names.
type weight struct {
	top     bool
	damaged bool // unreadable: covered by nobody
	retired bool // a prebuilt role that the code no longer declares: covered by Owners
	set     PermissionSet
}

func weightOf(r *roleRecord) weight {
	if r == nil {
		return weight{retired: true}
	}
	return weight{top: r.isOwner(), damaged: r.Damaged, set: r.Permissions}
}

// covers reports whether x has everything in y. ⊤ is an idea of its own: a set
// that lists the whole catalogue does not cover it.
func (r *ruleset) covers(x authority, y weight) bool {
	switch {
	case y.damaged:
		return false
	case x.top:
		return true
	case y.retired, y.top && r.on(guardTopCover):
		return false
	}
	return y.set.SubsetOf(x.set)
}

// lighten drops the names that are not in the catalogue: they do not count
// when something is taken away, which can only shrink (S8, S25).
func (r *ruleset) lighten(y weight) weight {
	y.set = y.set.Intersect(r.catalog.all)
	return y
}

// dominates reports whether x stands strictly above the role (S4, S5).
func (r *ruleset) dominates(x authority, role *roleRecord) bool {
	if x.top {
		return !role.isOwner()
	}
	if role.isOwner() || role.Damaged || !role.Permissions.SubsetOf(x.set) {
		return false
	}
	return role.Permissions.Len() < x.set.Len() || !r.on(guardStrict)
}

// role returns a prebuilt or custom role, or nil.
func (r *ruleset) role(s *state, id RoleID) *roleRecord {
	if p := r.prebuilt[id]; p != nil {
		return p
	}
	return s.role(id)
}

// closure returns the groups and everything they are nested in (S10).
func (r *ruleset) closure(s *state, groups ...string) map[string]bool {
	out := map[string]bool{}
	for todo := groups; len(todo) > 0; {
		group := todo[0]
		if todo = todo[1:]; out[group] {
			continue
		}
		out[group] = true
		for above := range s.groupsOf(store.Subject{Kind: store.Group, ID: group}) {
			todo = append(todo, above)
		}
	}
	return out
}

// groupsAround returns the groups that a subject is in, directly or not.
func (r *ruleset) groupsAround(s *state, sub store.Subject, asserted []string) map[string]bool {
	direct := slices.Collect(maps.Keys(s.groupsOf(sub)))
	return r.closure(s, append(direct, asserted...)...)
}

// reaching returns every assignment that reaches a subject, its own and those
// of the groups it is in, expired ones too.
func (r *ruleset) reaching(s *state, sub store.Subject, asserted []string) []*store.Assignment {
	out := slices.Collect(maps.Values(s.rowsOf(sub)))
	for group := range r.groupsAround(s, sub, asserted) {
		out = slices.AppendSeq(out, maps.Values(s.rowsOf(store.Subject{Kind: store.Group, ID: group})))
	}
	return out
}

// held is every role that the rows bring, whatever its status, now or later.
func held(rows []*store.Assignment, now int64) map[RoleID]bool {
	out := map[RoleID]bool{}
	for _, row := range rows {
		if !expired(row, now) {
			out[RoleID(row.Role)] = true
		}
	}
	return out
}

// sum adds up the roles that pick accepts, every stored name of them.
func (r *ruleset) sum(s *state, rows []*store.Assignment, pick func(*roleRecord, *store.Assignment) bool) weight {
	var total weight
	var names []Permission
	for _, row := range rows {
		if role := r.role(s, RoleID(row.Role)); role != nil && pick(role, row) {
			total.top = total.top || role.isOwner()
			total.damaged = total.damaged || role.Damaged
			names = append(names, role.Permissions.names...)
		}
	}
	total.set = Set(names...)
	return total
}

// auth is what the rows confer at t: the union of the Active roles (S1), less
// what is unknown or OwnerOnly. With narrowed, only of the roles listed.
func (r *ruleset) auth(s *state, rows []*store.Assignment, t int64, narrowed bool, only []RoleID) authority {
	w := r.sum(s, rows, func(role *roleRecord, row *store.Assignment) bool {
		return role.Status == Active && current(row, t) && (!narrowed || slices.Contains(only, role.ID))
	})
	return authority{top: w.top, set: w.set.Intersect(r.delegable)}
}

// reach is what the rows confer now or may come to confer: statuses and From
// are ignored.
func (r *ruleset) reach(s *state, rows []*store.Assignment, t int64) weight {
	w := r.sum(s, rows, func(_ *roleRecord, row *store.Assignment) bool { return !expired(row, t) })
	w.retired = slices.ContainsFunc(rows, func(row *store.Assignment) bool {
		return !expired(row, t) && r.role(s, RoleID(row.Role)) == nil // what it was may be declared again
	})
	return w
}

// harms reports whether v, at some instant from now on, lacks a name after
// what it would have had before: in what its Active roles confer, or in its
// reach. A role that v also holds until Friday does not replace one that it
// held for ever, so every instant at which something changes is looked at.
func (r *ruleset) harms(before, after *state, v store.Subject, now int64) bool {
	rowsAfter := r.reaching(after, v, nil)
	stays := map[*store.Assignment]bool{}
	for _, row := range rowsAfter {
		stays[row] = true
	}
	// What a row brings that stays, of a role that stays, is not lacking.
	var gone []*store.Assignment
	for _, row := range r.reaching(before, v, nil) {
		if id := RoleID(row.Role); !stays[row] || r.role(before, id) != r.role(after, id) {
			gone = append(gone, row)
		}
	}
	if len(gone) == 0 {
		return false
	}
	instants := []int64{now}
	if r.on(guardHarmsFuture) {
		for _, row := range slices.Concat(gone, rowsAfter) {
			instants = append(instants, max(now, row.From), max(now, row.Until))
		}
		slices.Sort(instants)
		instants = slices.Compact(instants)
	}
	for _, t := range instants {
		confers := func(role *roleRecord, row *store.Assignment) bool {
			return role.Status == Active && current(row, t)
		}
		reaches := func(_ *roleRecord, row *store.Assignment) bool { return !expired(row, t) }
		if r.on(guardHarmsAuth) && r.lacks(after, rowsAfter, r.sum(before, gone, confers), confers) {
			return true
		}
		if r.on(guardHarmsReach) && r.lacks(after, rowsAfter, r.sum(before, gone, reaches), reaches) {
			return true
		}
	}
	return false
}

// lacks reports whether the rows that pick accepts do not bring all of w.
func (r *ruleset) lacks(s *state, rows []*store.Assignment, w weight, pick func(*roleRecord, *store.Assignment) bool) bool {
	brings := func(want func(*roleRecord) bool) bool {
		return slices.ContainsFunc(rows, func(row *store.Assignment) bool {
			role := r.role(s, RoleID(row.Role))
			return role != nil && (role.isOwner() || want(role)) && pick(role, row)
		})
	}
	if w.top && !brings((*roleRecord).isOwner) {
		return true
	}
	for p := range w.set.All() {
		if !brings(func(role *roleRecord) bool { return role.Permissions.Has(p) }) {
			return true
		}
	}
	return false
}

// judge is one decision: the rules, the state before the batch and the one it
// has grown to, the actor, the time, and what the actor is in both (S18).
type judge struct {
	*ruleset
	first, cur *state
	actor      Actor
	now        int64
	op         Op
	self       store.Subject // the actor, if a user

	authFirst, authCur authority
	auth               authority // the intersection of both
	held               map[RoleID]bool
	in                 map[string]bool
	memo               *standing // of first, shared by the operations of a batch
}

// standing is what the actor has, holds and is in, in one state, and what has
// been found out about others there: the decisions of a batch, or of a page,
// ask about the same people again and again.
type standing struct {
	auth authority
	held map[RoleID]bool
	in   map[string]bool

	above map[store.Subject]bool         // who stands level with the actor or above
	with  map[Permission][]store.Subject // who holds a permission
}

// decide judges op on the state cur, which earlier operations of the same
// batch have made out of first. It returns what the operation changes, as a
// layer over cur, or the refusal. The order of the tests is that of S22.
func decide(r *ruleset, first, cur *state, actor Actor, op Op, now int64) (*state, error) {
	return decideNext(r, first, cur, actor, op, now, nil)
}

// decideNext is decide for one operation of a batch, which remembers what the
// actor was before it.
func decideNext(r *ruleset, first, cur *state, actor Actor, op Op, now int64, memo *standing) (*state, error) {
	if err := actor.check(op.String()); err != nil {
		return nil, err
	}
	if invalid := op.check(r, now); invalid != nil {
		return nil, invalid
	}
	j := &judge{ruleset: r, first: first, cur: cur, actor: actor, now: now, op: op, memo: memo}
	j.weigh()
	switch op.kind {
	case opCreateRole:
		return j.createRole()
	case opEditRole, opGrant, opRevoke:
		return j.editRole()
	case opDeleteRole:
		return j.deleteRole()
	case opAssign:
		return j.assign()
	case opUnassign:
		return j.unassign()
	case opAddMember:
		return j.addMember()
	case opRemoveMember:
		return j.removeMember()
	case opOffboard:
		return j.offboard()
	}
	return j.maintain()
}

// weigh works out what the actor has and holds. In a batch the authority is
// what the actor had before it and still has, and what the actor holds is what
// was held before it or is now: line 1 never authorises line 2, and resigning
// first buys nothing (S18). Asserted groups count as held, and never confer.
func (j *judge) weigh() {
	if j.actor.more().system { // whom nobody outranks
		return
	}
	j.self = store.Subject{Kind: store.User, ID: j.actor.user}
	if j.memo == nil || j.memo.held == nil {
		m := standing{}
		m.auth, m.held, m.in = j.standing(j.first)
		if j.memo != nil {
			*j.memo = m
		} else {
			j.memo = &m
		}
	}
	j.authFirst, j.held, j.in = j.memo.auth, j.memo.held, j.memo.in
	j.authCur = j.authFirst
	if j.cur != j.first {
		var heldNow map[RoleID]bool
		var inNow map[string]bool
		j.authCur, heldNow, inNow = j.standing(j.cur)
		if j.on(guardBatchUnion) {
			maps.Copy(heldNow, j.held)
			maps.Copy(inNow, j.in)
		}
		j.held, j.in = heldNow, inNow
	}
	switch {
	case j.cur == j.first:
		j.auth = j.authFirst
	case !j.on(guardBatchFirst):
		j.auth = j.authCur
	case !j.on(guardBatchCurrent):
		j.auth = j.authFirst
	default:
		j.auth = j.authFirst.meet(j.authCur)
	}
}

func (j *judge) standing(s *state) (authority, map[RoleID]bool, map[string]bool) {
	conferred := j.reaching(s, j.self, nil)
	all := j.reaching(s, j.self, j.actor.more().groups)
	return j.ruleset.auth(s, conferred, j.now, j.actor.more().narrowed, j.actor.more().only),
		held(all, j.now), j.groupsAround(s, j.self, j.actor.more().groups)
}

// ownerLike reports whether the actor may do what "only an Owner may".
func (j *judge) ownerLike() bool { return j.actor.more().system || j.auth.top }

func (j *judge) covered(w weight) bool { return j.actor.more().system || j.covers(j.auth, w) }

// outranks reports whether v stands level with the actor or above it. It holds
// if it holds before the batch or now, each with its own authorities (S18).
func (j *judge) outranks(v store.Subject) bool {
	if v == j.self || j.actor.more().system {
		return false
	}
	first, known := j.memo.above[v]
	if !known {
		first = j.above(j.first, v, j.authFirst)
		if j.memo.above == nil {
			j.memo.above = map[store.Subject]bool{}
		}
		j.memo.above[v] = first
	}
	return first || j.cur != j.first && j.above(j.cur, v, j.authCur)
}

// above reports whether v has in s what somebody with own has.
func (j *judge) above(s *state, v store.Subject, own authority) bool {
	theirs := j.ruleset.auth(s, j.reaching(s, v, nil), j.now, false, nil)
	switch {
	case own.top:
		return false
	case theirs.top:
		return true
	}
	return own.set.SubsetOf(theirs.set) && (own.set.Len() < theirs.set.Len() || j.on(guardOutranksEqual))
}

// mayName is the last test on a user named by a grant (S7).
func (j *judge) mayName(sub store.Subject) error {
	if sub.Kind == store.User && j.on(guardNamed) && j.outranks(sub) {
		return j.about(sub, ReasonOutranked)
	}
	return nil
}

// harmless refuses if somebody who outranks the actor is harmed by the change
// to a subject: the user, or everybody in the group (S8). Who outranks the
// actor has the permission p that the actor just needed, so for a group, and
// for a role, only the users who hold p are looked at, not everybody.
func (j *judge) harmless(after *state, sub store.Subject, p Permission) error {
	if j.ownerLike() {
		return nil
	}
	candidates := []store.Subject{sub}
	if sub.Kind != store.User {
		candidates = j.holdersWith(p)
	}
	for _, v := range candidates {
		if j.outranks(v) && j.harms(j.cur, after, v, j.now) {
			return j.about(v, ReasonHarms)
		}
	}
	return nil
}

// holdersWith returns the users with permission p, before the batch or now.
func (j *judge) holdersWith(p Permission) []store.Subject {
	first, known := j.memo.with[p]
	if !known {
		first = j.holdersIn(j.first, p)
		if j.memo.with == nil {
			j.memo.with = map[Permission][]store.Subject{}
		}
		j.memo.with[p] = first
	}
	if j.cur == j.first {
		return first
	}
	both := append(slices.Clone(first), j.holdersIn(j.cur, p)...)
	slices.SortFunc(both, compareSubjects)
	return slices.Compact(both)
}

// holdersIn returns the users with permission p in s.
func (j *judge) holdersIn(s *state, p Permission) []store.Subject {
	out := map[store.Subject]bool{}
	for _, role := range j.roles(s) {
		if role.Status != Active || !role.isOwner() && !role.Permissions.Has(p) {
			continue
		}
		for sub, row := range s.holdersOf(role.ID) {
			if current(row, j.now) {
				j.usersIn(s, sub, out)
			}
		}
	}
	return slices.SortedFunc(maps.Keys(out), compareSubjects)
}

// usersIn adds the subject, or everybody in the group, to out.
func (r *ruleset) usersIn(s *state, sub store.Subject, out map[store.Subject]bool) {
	if sub.Kind == store.User {
		out[sub] = true
		return
	}
	seen := map[string]bool{}
	for todo := []string{sub.ID}; len(todo) > 0; {
		group := todo[0]
		if todo = todo[1:]; seen[group] {
			continue
		}
		seen[group] = true
		for member := range s.membersOf(group) {
			if member.Kind == store.User {
				out[member] = true
			} else {
				todo = append(todo, member.ID)
			}
		}
	}
}

// roles returns prebuilt and custom roles.
func (r *ruleset) roles(s *state) []*roleRecord {
	return append(slices.Clone(r.order), s.customRoles()...)
}

// target is the third step of S22: a role that the actor may not see is as
// good as none.
func (j *judge) target(id RoleID) (*roleRecord, error) {
	role := j.role(j.cur, id)
	if role == nil || !j.visible(role) {
		return nil, j.deny(ReasonNotFound)
	}
	return role, nil
}

func (j *judge) visible(role *roleRecord) bool {
	return role.Kind != KindCustom || j.actor.more().system || j.held[role.ID] || j.auth.has(RolesView)
}

// may is the fourth step of S22: the operation's own permissions and
// rbac.roles.view (S2).
func (j *judge) may(permissions ...Permission) error {
	if j.actor.more().system {
		return nil
	}
	for _, p := range slices.Sorted(slices.Values(append(permissions, RolesView))) {
		if !j.auth.has(p) {
			err := j.deny(ReasonPermission)
			err.Permission = p
			return err
		}
	}
	return nil
}

// changeable is the fifth, sixth and eighth to ninth step for a role that is
// to be edited or deleted; frozen comes in between.
func (j *judge) changeable(role *roleRecord, frozen bool) error {
	switch {
	case role.Kind != KindCustom && j.on(guardPrebuilt):
		return j.deny(ReasonPrebuilt) // S14
	case j.held[role.ID] && !j.ownerLike() && j.on(guardOwnRole):
		return j.deny(ReasonOwnRole) // S6
	case frozen && j.on(guardFrozen):
		return j.deny(ReasonFrozen) // S11
	case j.op.version != 0 && !j.isVersion(role.ID, j.op.version) && j.on(guardVersion):
		return j.deny(ReasonVersion)
	case !j.actor.more().system && !j.dominates(j.auth, role) && j.on(guardDominance):
		return j.deny(ReasonDominance) // S4, S5
	}
	return nil
}

// isVersion compares with the state before the batch (S18); a role that the
// batch made has no version yet.
func (j *judge) isVersion(id RoleID, version uint64) bool {
	before := j.first.role(id)
	return before != nil && (before.Version == version || before.Damaged && before.Version == 0)
}

// createRole is S3.
func (j *judge) createRole() (*state, error) {
	if err := j.may(RolesCreate); err != nil {
		return nil, err
	}
	set := *j.op.permissions
	if *j.op.status == Blocked && !j.ownerLike() && j.on(guardFrozen) {
		return nil, j.deny(ReasonFrozen)
	}
	if err := j.delegableOnly(set); err != nil {
		return nil, err
	}
	if !j.covered(weight{set: set}) && j.on(guardCreateCover) {
		return nil, j.lacking(set)
	}
	if err := j.nameFree(*j.op.name, ""); err != nil {
		return nil, err
	}
	delta := j.cur.over()
	delta.putRole(j.op.role, j.draft(nil, set))
	return delta, nil
}

// delegableOnly refuses OwnerOnly names, to everyone (S3).
func (j *judge) delegableOnly(added PermissionSet) error {
	forbidden := added.Intersect(j.catalog.ownerOnly)
	if forbidden.Len() == 0 || !j.on(guardOwnerOnly) {
		return nil
	}
	err := j.deny(ReasonOwnerOnly)
	err.Missing = slices.Clone(forbidden.names)
	return err
}

// nameFree is S19: unique among the tenant's roles under the name's key, and
// apart from the prebuilt names under a stricter one.
func (j *judge) nameFree(name string, but RoleID) error {
	taken := j.reserved(name)
	key := naming.Key(name)
	for _, role := range j.cur.customRoles() {
		taken = taken || role.key == key && role.ID != but || but == "" && role.ID == j.op.role
	}
	if taken {
		return j.deny(ReasonNameTaken)
	}
	return nil
}

// editRole is S4, for Grant and Revoke too, which are edits of the set.
func (j *judge) editRole() (*state, error) {
	role, err := j.target(j.op.role)
	if err != nil {
		return nil, err
	}
	given := role.Permissions
	if j.op.permissions != nil {
		given = *j.op.permissions
	}
	if invalid := unknownNames(given.Minus(j.catalog.all).Minus(role.Permissions)); invalid != nil {
		return nil, invalid
	}
	if err := j.may(RolesEdit); err != nil {
		return nil, err
	}
	set := given
	switch j.op.kind {
	case opGrant:
		set = role.Permissions.Union(given)
	case opRevoke:
		set = role.Permissions.Minus(given)
	}
	after := j.draft(role, set)
	moves := after.Status != role.Status && (after.Status == Blocked || role.Status == Blocked)
	frozen := role.Status == Blocked && !moves || moves && (!j.ownerLike() || !onlyStatusDiffers(role, after))
	if err := j.changeable(role, frozen); err != nil {
		return nil, err
	}
	if err := j.delegableOnly(set.Minus(role.Permissions)); err != nil {
		return nil, err
	}
	if err := j.editCovered(role, after); err != nil {
		return nil, err
	}
	delta := j.cur.over()
	if before := j.first.role(role.ID); before != nil && sameRole(before, after) {
		delta.putRole(role.ID, before) // back to what it was before the batch
	} else if !sameRole(role, after) {
		delta.putRole(role.ID, after)
	}
	guard := guardHarmsEdit
	if after.Status != role.Status {
		guard = guardHarmsSuspend
	}
	shrinks := !role.Permissions.SubsetOf(set) || role.Status == Active && after.Status != Active
	if shrinks && j.on(guard) {
		if err := j.harmless(delta, store.Subject{}, RolesEdit); err != nil {
			return nil, err
		}
	}
	if after.Name != role.Name {
		if err := j.nameFree(after.Name, role.ID); err != nil {
			return nil, err
		}
	}
	return delta, nil
}

// editCovered tests the whole new set, not only what is added, so that nobody
// works on a set partly beyond them (S4); and moving to Active is a grant of
// all of it (S11). Rule 1 and dominance do not make this redundant: they guard
// seniors, this guards everybody's permissions.
func (j *judge) editCovered(before, after *roleRecord) error {
	if after.Damaged && j.actor.more().system {
		return j.deny(ReasonCoverage) // covered by nobody, and to write it would lose what cannot be read
	}
	activates := after.Status == Active && before.Status != Active
	resets := !after.Permissions.Equal(before.Permissions)
	if activates && j.on(guardActivationCover) && !j.covered(weightOf(after)) ||
		(resets || !activates) && j.on(guardEditCover) && !j.covered(weightOf(after)) {
		return j.lacking(j.op.supplied())
	}
	return nil
}

// draft returns the record as the operation would leave it; role is nil for a
// new one.
func (j *judge) draft(role *roleRecord, set PermissionSet) *roleRecord {
	next := &store.Role{ID: string(j.op.role), Version: 1, CreatedBy: j.actor.user, CreatedAt: j.now, Status: Active.String()}
	if role != nil && role.stored != nil {
		*next = *role.stored
	}
	if before := j.first.role(j.op.role); before != nil {
		next.Version = before.Version + 1
	}
	if j.op.name != nil {
		next.Name = *j.op.name
	}
	if j.op.description != nil {
		next.Description = *j.op.description
	}
	if j.op.status != nil {
		next.Status = j.op.status.String()
	}
	if j.op.metadata != nil {
		next.Metadata = maps.Clone(j.op.metadata)
	}
	if role == nil || !set.Equal(role.Permissions) || role.Damaged {
		next.Permissions, next.SetBy, next.SetAt = set.strings(), j.actor.user, j.now
	}
	next.Damaged = role != nil && role.Damaged && (j.op.kind != opEditRole || j.op.permissions == nil)
	return newRoleRecord(next)
}

// deleteRole is S12, and S13 with a role to reassign to.
func (j *judge) deleteRole() (*state, error) {
	role, err := j.target(j.op.role)
	if err != nil {
		return nil, err
	}
	var heir *roleRecord
	needed := []Permission{RolesDelete}
	if j.op.reassign != "" {
		if heir, err = j.target(j.op.reassign); err != nil {
			return nil, err
		}
		needed = append(needed, RolesAssign, RolesUnassign)
	}
	if err := j.may(needed...); err != nil {
		return nil, err
	}
	frozen := role.Status == Blocked && !j.ownerLike() || heir != nil && heir.Status == Blocked
	if err := j.changeable(role, frozen); err != nil {
		return nil, err
	}
	delta := j.cur.over()
	delta.putRole(role.ID, nil)
	if heir != nil {
		if err := j.reassign(delta, role, heir); err != nil {
			return nil, err
		}
		return delta, nil
	}
	if n := j.cur.liveCount(role.ID, j.now); n > 0 && j.on(guardNoRows) {
		err := j.deny(ReasonInUse)
		err.Count = n
		return nil, err
	}
	for sub := range j.cur.holdersOf(role.ID) {
		delta.putRow(sub, role.ID, nil)
	}
	return delta, nil
}

// reassign moves every live row of a role to its heir: S8 for the one and S7
// for the other, harm judged once, on the whole (S13). Nobody deals with
// themselves here: who holds the role has been refused by S6.
func (j *judge) reassign(delta *state, role, heir *roleRecord) error {
	holders := j.cur.holdersOf(role.ID)
	subjects := slices.SortedFunc(maps.Keys(holders), compareSubjects)
	toGroup := slices.ContainsFunc(subjects, func(sub store.Subject) bool {
		return sub.Kind == store.Group && !expired(holders[sub], j.now)
	})
	if heir.isOwner() && (!j.ownerLike() || toGroup) && j.on(guardOwner) {
		return j.deny(ReasonOwner)
	}
	if !j.covered(j.lighten(weightOf(role))) || !j.covered(weightOf(heir)) && j.on(guardReassignCover) {
		return j.deny(ReasonCoverage)
	}
	if heir.Status == Suspended && j.on(guardActive) {
		return j.deny(ReasonInactive)
	}
	clash := false
	for _, sub := range subjects {
		delta.putRow(sub, role.ID, nil)
		if row := holders[sub]; !expired(row, j.now) {
			if err := j.mayName(sub); err != nil {
				return err
			}
			clash = !j.inherit(delta, row, heir) || clash
		}
	}
	if j.on(guardHarmsReassign) {
		if err := j.harmless(delta, store.Subject{}, RolesDelete); err != nil {
			return err
		}
	}
	if clash {
		return j.deny(ReasonWindow)
	}
	return nil
}

// inherit gives the holder of row the heir for the same period, or for the
// union with the period it has it already. It reports whether that is one
// period, and a possible one.
func (j *judge) inherit(delta *state, row *store.Assignment, heir *roleRecord) bool {
	next := j.newRow(row.Subject, heir.ID, row.From, row.Until)
	old := j.cur.rowsOf(row.Subject)[heir.ID]
	if old == nil || expired(old, j.now) {
		delta.putRow(row.Subject, heir.ID, next)
		return !heir.isOwner() || next.From == 0 && next.Until == 0
	}
	apart := next.Until != 0 && old.From > next.Until || old.Until != 0 && next.From > old.Until
	next.From = min(next.From, old.From) // 0 is open, and the smallest
	if next.Until != 0 {
		next.Until = max(next.Until, old.Until)
	}
	if old.Until == 0 {
		next.Until = 0
	}
	if next.From != old.From || next.Until != old.Until {
		delta.putRow(row.Subject, heir.ID, next)
	}
	return !apart
}

// assign is S7, S9 and S11.
func (j *judge) assign() (*state, error) {
	role, err := j.target(j.op.role)
	if err != nil {
		return nil, err
	}
	if err := j.may(RolesAssign); err != nil {
		return nil, err
	}
	sub := j.op.subject.record()
	switch {
	case role.Status == Blocked && j.on(guardFrozen):
		return nil, j.deny(ReasonFrozen)
	case role.isOwner() && !j.ownerLike() && j.on(guardOwner):
		return nil, j.deny(ReasonOwner)
	case !j.covered(weightOf(role)) && j.on(guardAssignCover):
		return nil, j.deny(ReasonCoverage)
	case role.Status != Active && j.on(guardActive):
		return nil, j.deny(ReasonInactive)
	case !j.ownerLike() && j.benefits(sub) && j.on(guardSelfDealing):
		return nil, j.deny(ReasonSelfDealing)
	}
	if err := j.mayName(sub); err != nil {
		return nil, err
	}
	delta := j.cur.over()
	old := j.cur.rowsOf(sub)[role.ID]
	if old != nil && !expired(old, j.now) {
		if old.From != j.op.from || old.Until != j.op.until {
			return nil, j.deny(ReasonWindow)
		}
		return delta, nil
	}
	delta.putRow(sub, role.ID, j.newRow(sub, role.ID, j.op.from, j.op.until))
	return delta, nil
}

// benefits reports whether a grant to the subject is one to the actor (S9).
func (j *judge) benefits(sub store.Subject) bool {
	return sub == j.self || sub.Kind == store.Group && j.in[sub.ID]
}

func (j *judge) newRow(sub store.Subject, role RoleID, from, until int64) *store.Assignment {
	return &store.Assignment{
		Subject: sub, Role: string(role), From: from, Until: until,
		GrantedBy: j.actor.user, GrantedAt: j.now, Reason: j.op.reason,
	}
}

// unassign is S8.
func (j *judge) unassign() (*state, error) {
	sub := j.op.subject.record()
	row := j.cur.rowsOf(sub)[j.op.role]
	if row != nil && expired(row, j.now) {
		row = nil
	}
	own := sub == j.self
	role := j.role(j.cur, j.op.role)
	retired := role == nil && row != nil && (own || j.ownerLike())
	if !retired && (role == nil || !j.visible(role)) {
		return nil, j.deny(ReasonNotFound)
	}
	if !own {
		if err := j.may(RolesUnassign); err != nil {
			return nil, err
		}
		if err := j.removable(role, guardUnassignCover); err != nil {
			return nil, err
		}
	}
	delta := j.cur.over()
	if row == nil {
		return delta, nil
	}
	delta.putRow(sub, j.op.role, nil)
	if !own && j.on(guardHarmsUnassign) {
		if err := j.harmless(delta, sub, RolesUnassign); err != nil {
			return nil, err
		}
	}
	return j.keepsOwner(delta)
}

// removable is the cover test of S8 for one role.
func (j *judge) removable(role *roleRecord, g guard) error {
	if role != nil && role.isOwner() && !j.ownerLike() && j.on(guardOwner) {
		return j.deny(ReasonOwner)
	}
	if !j.covered(j.lighten(weightOf(role))) && j.on(g) {
		return j.deny(ReasonCoverage)
	}
	return nil
}

// keepsOwner is S15. It binds System too.
func (j *judge) keepsOwner(delta *state) (*state, error) {
	if !j.on(guardLastOwner) {
		return delta, nil
	}
	for _, row := range delta.holders[OwnerRole] {
		if row == nil && len(j.owners(j.cur)) > 0 && len(j.owners(delta)) == 0 {
			return nil, j.deny(ReasonLastOwner)
		}
	}
	return delta, nil
}

// owners returns the users with a direct Owner assignment.
func (j *judge) owners(s *state) []store.Subject {
	var out []store.Subject
	for sub, row := range s.holdersOf(OwnerRole) {
		if sub.Kind == store.User && !expired(row, j.now) {
			out = append(out, sub)
		}
	}
	return out
}

// maxDepth is how many groups a chain of nested groups may have.
const maxDepth = 8

// addMember is S10: the member gets every role of the group and of all it is
// nested in, whatever their status, so all of them must be covered.
func (j *judge) addMember() (*state, error) {
	if err := j.may(GroupsEdit); err != nil {
		return nil, err
	}
	sub := j.op.subject.record()
	g := guardJoinCover
	if sub.Kind == store.Group {
		g = guardNestCover
	}
	for _, role := range j.closureRoles(j.op.group) {
		if !j.covered(weightOf(j.role(j.cur, role))) && j.on(g) {
			return nil, j.deny(ReasonCoverage)
		}
	}
	if !j.ownerLike() && j.benefits(sub) && j.on(guardSelfDealing) {
		return nil, j.deny(ReasonSelfDealing)
	}
	if err := j.mayName(sub); err != nil {
		return nil, err
	}
	if sub.Kind == store.Group {
		if j.closure(j.cur, j.op.group)[sub.ID] {
			return nil, j.deny(ReasonCycle)
		}
		if j.height(j.op.group, j.groupsAbove)+j.height(sub.ID, j.cur.childGroups) > maxDepth {
			return nil, j.deny(ReasonDepth)
		}
	}
	delta := j.cur.over()
	if j.cur.groupsOf(sub)[j.op.group] == nil {
		delta.putMember(j.op.group, sub, &store.Membership{
			Group: j.op.group, Member: sub, AddedBy: j.actor.user, AddedAt: j.now, Reason: j.op.reason,
		})
	}
	return delta, nil
}

// closureRoles returns the roles that membership in a group brings, by id.
func (j *judge) closureRoles(group string) []RoleID {
	groups := map[string]bool{group: true}
	if j.on(guardClosureAncestors) {
		groups = j.closure(j.cur, group)
	}
	roles := map[RoleID]bool{}
	for g := range groups {
		for id, row := range j.cur.rowsOf(store.Subject{Kind: store.Group, ID: g}) {
			role := j.role(j.cur, id)
			switch {
			case expired(row, j.now):
			case !j.on(guardClosureStatus) && role != nil && role.Status != Active:
			case !j.on(guardClosureFuture) && !current(row, j.now):
			default:
				roles[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(roles))
}

func (j *judge) groupsAbove(group string) []string {
	return slices.Collect(maps.Keys(j.cur.groupsOf(store.Subject{Kind: store.Group, ID: group})))
}

// height returns the number of groups in the longest chain from a group in the
// direction of next. The graph has no cycle.
func (j *judge) height(group string, next func(string) []string) int {
	known := map[string]int{}
	var visit func(string) int
	visit = func(group string) int {
		if h, ok := known[group]; ok {
			return h
		}
		known[group] = 1 // also stops at a cycle, should a store hold one
		h := 0
		for _, n := range next(group) {
			h = max(h, visit(n))
		}
		known[group] = h + 1
		return h + 1
	}
	return visit(group)
}

// removeMember is S8 for what the membership brings (S10).
func (j *judge) removeMember() (*state, error) {
	sub := j.op.subject.record()
	own := sub == j.self
	if !own {
		if err := j.may(GroupsEdit); err != nil {
			return nil, err
		}
		if err := j.leavable(j.op.group); err != nil {
			return nil, err
		}
	}
	delta := j.cur.over()
	if j.cur.groupsOf(sub)[j.op.group] == nil {
		return delta, nil
	}
	delta.putMember(j.op.group, sub, nil)
	if !own && j.on(guardHarmsLeave) {
		if err := j.harmless(delta, sub, GroupsEdit); err != nil {
			return nil, err
		}
	}
	return delta, nil
}

func (j *judge) leavable(group string) error {
	for _, role := range j.closureRoles(group) {
		if !j.covered(j.lighten(weightOf(j.role(j.cur, role)))) && j.on(guardLeaveCover) {
			return j.deny(ReasonCoverage)
		}
	}
	return nil
}

// offboard is S8 for everything a subject has, harm judged once. Done to
// oneself it is no resignation: it needs what it needs for others.
func (j *judge) offboard() (*state, error) {
	if err := j.may(RolesUnassign, GroupsEdit); err != nil {
		return nil, err
	}
	sub := j.op.subject.record()
	rows, groups := j.cur.rowsOf(sub), j.cur.groupsOf(sub)
	delta := j.cur.over()
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		delta.putRow(sub, id, nil)
	}
	for group := range groups {
		delta.putMember(group, sub, nil)
	}
	if err := j.strippable(rows, groups); err != nil {
		return nil, err
	}
	if j.on(guardHarmsOffboard) {
		if err := j.harmless(delta, sub, RolesUnassign); err != nil {
			return nil, err
		}
	}
	return j.keepsOwner(delta)
}

func (j *judge) strippable(rows map[RoleID]*store.Assignment, groups map[string]*store.Membership) error {
	if row := rows[OwnerRole]; row != nil && !expired(row, j.now) && !j.ownerLike() && j.on(guardOwner) {
		return j.deny(ReasonOwner)
	}
	for id, row := range rows {
		if expired(row, j.now) {
			continue
		}
		if err := j.removable(j.role(j.cur, id), guardOffboardCover); err != nil {
			return err
		}
	}
	for group := range groups {
		if err := j.leavable(group); err != nil {
			return err
		}
	}
	return nil
}

// maintain judges what only the host's own code does.
func (j *judge) maintain() (*state, error) {
	if !j.actor.more().system {
		return nil, j.deny(ReasonPermission)
	}
	delta := j.cur.over()
	switch j.op.kind {
	case opBootstrap:
		sub := j.op.subject.record()
		owners := j.owners(j.cur)
		if len(owners) == 0 {
			delta.putRow(sub, OwnerRole, j.newRow(sub, OwnerRole, 0, 0))
		} else if !slices.Contains(owners, sub) {
			return nil, j.deny(ReasonHasOwner)
		}
	case opSweep:
		for _, row := range j.cur.expiredRows(j.now) {
			delta.putRow(row.Subject, RoleID(row.Role), nil)
		}
	case opEraseTenant:
		delta.erased = true // S15 allows it
	}
	return delta, nil
}

func (j *judge) deny(reason Reason) *DeniedError {
	return &DeniedError{Op: j.op.String(), Actor: j.actor.String(), Role: j.op.role, Reason: reason}
}

func (j *judge) about(sub store.Subject, reason Reason) *DeniedError {
	err := j.deny(reason)
	err.Subject = subjectOf(sub)
	return err
}

// onlyStatusDiffers and sameRole compare what an edit can change.
func onlyStatusDiffers(a, b *roleRecord) bool {
	return a.Name == b.Name && a.Description == b.Description && maps.Equal(a.Metadata, b.Metadata) &&
		a.Permissions.Equal(b.Permissions) && a.Damaged == b.Damaged
}

func sameRole(a, b *roleRecord) bool { return a.Status == b.Status && onlyStatusDiffers(a, b) }

// lacking names, of the permissions that the caller supplied, those that the
// actor does not hold, and no others (S22).
func (j *judge) lacking(supplied PermissionSet) *DeniedError {
	err := j.deny(ReasonCoverage)
	if !j.auth.top {
		err.Missing = slices.Clone(supplied.Minus(j.auth.set).names)
	}
	return err
}
