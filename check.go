package rbac

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/internal/naming"
	"github.com/seed80bc5f17/rbac/store"
)

// Check reports whether the actor, a user, has a permission: nil, or a
// *[DeniedError] with [ReasonNotHeld]. Groups that the host asserts count, and
// so does a narrowing. It is an [InvalidError] to ask about a permission that
// is not in the catalogue, for an Owner too.
//
// The answer is as of a state that the store had within Options.MaxStaleness
// before it is given, and of no earlier one than a change that this process
// has made through the same store; see [Authority.Fresh], [Authority.AtLeast]
// and [Authority.ServeStale] for other terms. If that cannot be had it is
// [ErrStale] or [ErrUnavailable], never a yes. With the tenant loaded it takes
// no lock, and no memory, but for the error that says no where the caller keeps
// it or hands it on; [Authority.Can] makes none.
func (a *Authority) Check(ctx context.Context, actor Actor, p Permission) (err error) {
	if a.lacks(ctx, actor, p, &err) {
		err = &DeniedError{Op: "check", Actor: actor.user, Permission: p, Reason: ReasonNotHeld}
	}
	return
}

// Can is Check as a yes or no; to the zero Actor and to System it says no. When
// err is not nil, the answer is unknown: an [InvalidError], [ErrStale] or
// [ErrUnavailable].
func (a *Authority) Can(ctx context.Context, actor Actor, p Permission) (bool, error) {
	var err error
	no := a.lacks(ctx, actor, p, &err)
	if err != nil {
		return false, trouble(err)
	}
	return !no, nil
}

// lacks reports whether the answer is no; if there is none it sets err. So
// Check can be inlined where it is called, and its error be made on the stack
// where the caller does not keep it.
func (a *Authority) lacks(ctx context.Context, actor Actor, p Permission, err *error) bool {
	number, known := a.rules.catalog.number(p)
	if known && actor.terms == nil {
		if _, x := a.quick(ctx, actor.user); x != nil {
			ok := x.has(number)
			if a.observer != nil {
				a.observe(Observation{Event: ObservedCheck, Tenant: a.tenant, Actor: actor.user, Permission: p, Hit: true, Allowed: ok})
			}
			return !ok
		}
	}
	if *err = actor.check("check"); *err != nil {
		return false
	}
	if !known {
		*err = a.known(p)
		return false
	}
	found, x, problem := a.rightsOf(ctx, actor)
	*err = problem
	ok := problem == nil && x.has(number)
	if a.observer != nil {
		a.observe(Observation{Event: ObservedCheck, Tenant: a.tenant, Actor: actor.String(), Permission: p, Hit: found.hit, Allowed: ok, Err: trouble(problem)})
	}
	return problem == nil && !ok
}

// trouble is err unless it is an answer.
func trouble(err error) error {
	if errors.Is(err, ErrDenied) {
		return nil
	}
	return err
}

// quick answers from the snapshot if that is loaded and its lease lasts, for a
// plain user on ordinary terms. Anything else is nil, and nothing is wrong: a
// user found in a snapshot has a proper id, and a cell a proper tenant.
func (a *Authority) quick(ctx context.Context, user string) (*snapshot, *rights) {
	c := a.cell
	if c == nil || a.want != nil || ctx.Err() != nil {
		return nil, nil
	}
	s := c.snap.Load()
	if s == nil {
		return nil, nil
	}
	now, lasts := a.within(&s.lease, a.maxStale)
	if !lasts {
		return nil, nil
	}
	sub := s.users.Get(user)
	if sub == nil {
		if !s.all || naming.Identifier(user, naming.MaxSubject) != "" {
			return nil, nil
		}
		sub = s.none
	}
	if c.marks.Load() != markAll || sub.unit != nil {
		c.mark(sub)
	}
	t := max(now, s.time)
	if x := sub.made.Load(); x.stands(s, t) {
		return s, x
	}
	return s, a.rules.rightsAt(s, sub, t)
}

// mark notes that a cell and a user in it are in use.
func (c *cell) mark(sub *subject) {
	if c.marks.Load() != markAll {
		c.touch()
	}
	if sub.unit != nil {
		sub.unit.touch()
	}
}

// rightsOf answers for any actor and on any terms.
func (a *Authority) rightsOf(ctx context.Context, actor Actor) (finding, *rights, error) {
	if err := actor.check("check"); err != nil {
		return finding{}, nil, err
	}
	if err := a.ready(ctx); err != nil {
		return finding{}, nil, err
	}
	if actor.more().system {
		return finding{}, nil, &DeniedError{Op: "check", Actor: actor.String(), Reason: ReasonNotSupported}
	}
	found, err := a.cell.lookup(ctx, actor.user, a.want)
	if err != nil {
		return finding{}, nil, err
	}
	a.cell.mark(found.sub)
	return found, a.rules.rightsOf(found.snap, found.sub, &actor, found.at), nil
}

func (a *Authority) known(p Permission) error {
	if _, ok := a.rules.catalog.number(p); ok {
		return nil
	}
	return a.rules.catalog.unknown(p)
}

// conferred is what a check goes by: the actor's authority with asserted
// groups, which the authority for changes leaves out.
func (j *judge) conferred() authority {
	return j.ruleset.auth(j.cur, j.reaching(j.cur, j.self, j.actor.more().groups), j.now, j.actor.more().narrowed, j.actor.more().only)
}

// listed is an authority as a set: an Owner's is the whole catalogue.
func (r *ruleset) listed(x authority) PermissionSet {
	if x.top {
		return r.catalog.all
	}
	return x.set
}

// readAs runs answer on one revision with the actor weighed on it.
func (a *Authority) readAs(ctx context.Context, name string, actor Actor, answer func(*reading, *judge) error, also ...Subject) error {
	if err := actor.check(name); err != nil {
		return err
	}
	users := map[string]bool{}
	if actor.isUser() {
		users[actor.user] = true
	}
	for _, s := range also {
		if problem := s.problem(); problem != "" {
			return &InvalidError{"subject", problem}
		}
		if s.IsUser() {
			users[s.id] = true
		}
	}
	return a.read(ctx, users, func(r *reading) error {
		j := &judge{ruleset: a.rules, first: r.state, cur: r.state, actor: actor, now: r.now, op: Op{kind: opKind(name)}}
		j.weigh()
		return answer(r, j)
	})
}

// mayView refuses to show others to an actor without rbac.roles.view (S2).
func (j *judge) mayView(s Subject) error {
	if s.record() == j.self {
		return nil
	}
	return j.may()
}

// Permissions returns what a user may do: one's own, as Check would say, or
// with rbac.roles.view anybody's by stored membership.
func (a *Authority) Permissions(ctx context.Context, actor Actor, user string) (PermissionSet, error) {
	var out PermissionSet
	err := a.readAs(ctx, "view_permissions", actor, func(_ *reading, j *judge) error {
		if err := j.mayView(User(user)); err != nil {
			return err
		}
		x := j.conferred()
		if sub := User(user).record(); sub != j.self {
			x = j.ruleset.auth(j.cur, j.reaching(j.cur, sub, nil), j.now, false, nil)
		}
		out = a.rules.listed(x)
		return nil
	}, User(user))
	if err != nil {
		return PermissionSet{}, err
	}
	return out, nil
}

// WhoCan lists the users who have a permission by stored membership, by id.
// The actor needs rbac.roles.view.
func (a *Authority) WhoCan(ctx context.Context, actor Actor, p Permission, q PageQuery) (Page[string], error) {
	if err := actor.check("view_users"); err != nil {
		return Page[string]{}, err
	}
	if err := a.known(p); err != nil {
		return Page[string]{}, err
	}
	c, err := openPage(q, func(after string) error { return checkKey(store.Key{Group: after}) })
	if err != nil {
		return Page[string]{}, err
	}
	var page Page[string]
	err = a.readAs(ctx, "view_users", actor, func(r *reading, j *judge) error {
		if err := j.may(); err != nil {
			return err
		}
		users, err := r.holders(ctx, j.queriesFor(p), c)
		page = closePage(a, c, r.snap.head, users, strings.Clone)
		return err
	})
	return page, err
}

// queriesFor returns the lists that together hold every user with p: the
// holders of the roles that confer it now, and the members of the groups that
// hold such a role, or are nested in one that does.
func (j *judge) queriesFor(p Permission) []store.Query {
	var out []store.Query
	groups := map[string]bool{}
	for _, role := range j.roles(j.cur) {
		confers := role.isOwner() || role.Permissions.Has(p) && j.delegable.Has(p)
		if role.Status != Active || !confers {
			continue
		}
		out = append(out, store.Query{List: store.Assignments, Role: string(role.ID), Kind: store.User, Rows: store.LiveRows, At: j.now})
		for sub, row := range find(j.cur, role.ID, holdersIn) {
			if sub.Kind == store.Group && current(row, j.now) {
				nested(j.cur, sub.ID, groups)
			}
		}
	}
	for group := range groups {
		out = append(out, store.Query{List: store.Memberships, Group: group, Kind: store.User})
	}
	return out
}

// holders merges lists of users: the first limit+1 of the union are among the
// first limit+1 of each.
func (r *reading) holders(ctx context.Context, lists []store.Query, c cursor) ([]string, error) {
	users := map[string]bool{}
	for _, q := range lists {
		q.Limit = min(c.limit+1, store.MaxPage)
		q.After = store.Key{Subject: store.Subject{Kind: store.User, ID: c.after}, Role: q.Role, Group: q.Group}
		if c.after == "" {
			q.After = store.Key{}
		}
		found := 0
		if err := r.walk(ctx, q, func(page store.Page) bool {
			for i := range page.Assignments {
				if row := &page.Assignments[i]; current(row, r.now) {
					users[row.Subject.ID] = true
					found++
				}
			}
			for i := range page.Memberships {
				users[page.Memberships[i].Member.ID] = true
				found++
			}
			return found <= c.limit
		}); err != nil {
			return nil, err
		}
	}
	out := slices.Sorted(maps.Keys(users))
	return out[:min(len(out), c.limit+1)], nil
}

// CheckOver reports whether the actor may act on a user with something that
// amounts to taking them over, such as a password reset or impersonation, for
// endpoints of the host's own: nil if the actor stands strictly above
// everything that the user has or may come to have, is that user, or is an
// Owner; otherwise a [DeniedError] with [ReasonOutranked].
func (a *Authority) CheckOver(ctx context.Context, actor Actor, user string) error {
	return a.readAs(ctx, "act_over_user", actor, func(_ *reading, j *judge) error {
		sub := User(user).record()
		if j.ownerLike() || sub == j.self {
			return nil
		}
		w := j.reach(j.cur, j.reaching(j.cur, sub, nil), j.now)
		if !j.covers(j.auth, w) || w.set.Len() == j.auth.set.Len() {
			return j.about(sub, ReasonOutranked)
		}
		return nil
	}, User(user))
}

// CheckJoin reports whether the actor could put a user into a group here, for
// memberships that the host keeps itself and asserts: nil, or the refusal that
// [Authority.AddMember] would meet. Nothing is written.
func (a *Authority) CheckJoin(ctx context.Context, actor Actor, user, group string) error {
	op := AddMember(group, User(user))
	if err := actor.check(op.String()); err != nil {
		return err
	}
	if invalid := op.check(a.rules, 0); invalid != nil {
		return invalid
	}
	return a.read(ctx, concerned(actor, []Op{op}), func(r *reading) error {
		_, err := decide(a.rules, r.state, r.state, actor, op, r.now)
		return err
	})
}
