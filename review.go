package rbac

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/seed80bc5f17/rbac/internal/strictjson"
	"github.com/seed80bc5f17/rbac/store"
)

// Concern says what a [Finding] is about.
type Concern string

// The concerns.
const (
	RoleUnheld        Concern = "role_unheld"        // nobody holds the role
	RoleBeyondSetter  Concern = "role_beyond_setter" // who last set its permissions could not today
	RoleSetterLeft    Concern = "role_setter_left"   // who last set them holds nothing any more
	RoleUnknownName   Concern = "role_unknown_name"  // Permission is not in the catalogue, or has become OwnerOnly; it confers nothing
	RoleDamaged       Concern = "role_damaged"       // the stored record cannot be read; it confers nothing
	GrantBeyondGiver  Concern = "grant_beyond_giver" // who gave the assignment or membership could not today
	GrantGiverLeft    Concern = "grant_giver_left"   // who gave it holds nothing any more
	AssignmentExpires Concern = "assignment_expires" // it ends within ReviewQuery.Expiring
	AssignmentRetired Concern = "assignment_retired" // its prebuilt role is no longer declared; it confers nothing
	GroupEmpty        Concern = "group_empty"        // the group has a role or is in a group, and has no members
)

// Finding is one thing that somebody should look at.
type Finding struct {
	Concern    Concern     `json:"concern"`
	Role       RoleID      `json:"role,omitempty"`
	Group      string      `json:"group,omitempty"`
	User       string      `json:"user,omitempty"`       // the setter or giver
	Permission Permission  `json:"permission,omitempty"` // RoleUnknownName
	Assignment *Assignment `json:"assignment,omitempty"`
	Membership *Membership `json:"membership,omitempty"`
}

// ReviewQuery asks for a page of an access review.
type ReviewQuery struct {
	After    string        // Page.Next of the page before; "" = the first
	Expiring time.Duration // how far ahead to look for ends; zero = 30 days
}

// stages of a review, in order; a position is one of them and a key within.
const (
	stageRoles = iota
	stageAssignments
	stageMemberships
	stageGroups
	stageEnd
)

type reviewPosition struct {
	Stage int       `json:"stage"`
	Key   store.Key `json:"key"`
}

// Review lists what deserves a look (S17): the rules are applied when
// something is written, and nothing is taken away silently when its maker or
// giver loses authority later. A page covers one to two thousand records and
// may hold few findings or none; the review is complete when Next is empty.
// The actor needs rbac.roles.view.
func (a *Authority) Review(ctx context.Context, actor Actor, q ReviewQuery) (Page[Finding], error) {
	if err := actor.check("review_access"); err != nil {
		return Page[Finding]{}, err
	}
	at := reviewPosition{}
	c, err := openPage(PageQuery{After: q.After}, func(after string) error {
		if err := strictjson.Decode([]byte(after), &at); err != nil {
			return err
		}
		return checkKey(at.Key)
	})
	switch {
	case err != nil:
		return Page[Finding]{}, err
	case at.Stage < stageRoles || at.Stage >= stageEnd:
		return Page[Finding]{}, &InvalidError{"after", "is not the Next of a page"}
	case q.Expiring < 0:
		return Page[Finding]{}, &InvalidError{"expiring", "is negative"}
	case q.Expiring == 0:
		q.Expiring = 30 * 24 * time.Hour
	}
	var page Page[Finding]
	err = a.readAs(ctx, "review_access", actor, func(r *reading, j *judge) error {
		if err := j.may(); err != nil {
			return err
		}
		v := &reviewer{reading: r, judge: j, horizon: r.now + q.Expiring.Microseconds()}
		next := at
		for next.Stage != stageEnd && v.records < store.MaxPage {
			var err error
			if next, err = v.stage(ctx, next); err != nil {
				return err
			}
		}
		c.limit = len(v.found)
		page = closePage(a, c, r.snap.head, v.found, nil)
		if next.Stage != stageEnd {
			data, _ := json.Marshal(next) // strings and a number: cannot fail
			page.Next = c.next(r.snap.head, string(data))
		}
		return nil
	})
	return page, err
}

type reviewer struct {
	*reading
	judge   *judge
	horizon int64
	records int // looked at for this page
	found   []Finding
}

// stage reviews one store page, or all roles, and returns what comes next.
func (v *reviewer) stage(ctx context.Context, at reviewPosition) (reviewPosition, error) {
	next := reviewPosition{Stage: at.Stage + 1}
	if at.Stage == stageRoles {
		v.roles()
		return next, nil
	}
	lists := map[int]store.List{stageAssignments: store.Assignments, stageMemberships: store.Memberships, stageGroups: store.Groups}
	q := store.Query{List: lists[at.Stage], After: at.Key, Limit: store.MaxPage}
	if at.Stage == stageAssignments {
		q.Rows, q.At = store.LiveRows, v.now
	}
	page, err := v.page(ctx, q)
	if err != nil {
		return next, err
	}
	v.records += len(page.Assignments) + len(page.Memberships) + len(page.Groups)
	last := reviewPosition{Stage: at.Stage}
	for i := range page.Assignments {
		row := &page.Assignments[i]
		v.assignment(row)
		last.Key = store.Key{Subject: row.Subject, Role: row.Role}
	}
	for i := range page.Memberships {
		row := &page.Memberships[i]
		v.membership(row)
		last.Key = store.Key{Subject: row.Member, Group: row.Group}
	}
	for _, group := range page.Groups {
		if err := v.group(ctx, group); err != nil {
			return next, err
		}
		last.Key = store.Key{Group: group}
	}
	if page.More {
		next = last
	}
	return next, nil
}

func (v *reviewer) add(f Finding) { v.found = append(v.found, f) }

func (v *reviewer) roles() {
	for _, role := range v.judge.cur.customRoles() {
		if v.judge.cur.liveCount(role.ID, v.now) == 0 {
			v.add(Finding{Concern: RoleUnheld, Role: role.ID})
		}
		if role.Damaged {
			v.add(Finding{Concern: RoleDamaged, Role: role.ID})
			continue
		}
		for p := range role.Permissions.Minus(v.judge.delegable).All() {
			v.add(Finding{Concern: RoleUnknownName, Role: role.ID, Permission: p})
		}
		if role.SetBy == "" {
			continue
		}
		switch here, auth := v.standing(role.SetBy); {
		case !here:
			v.add(Finding{Concern: RoleSetterLeft, Role: role.ID, User: role.SetBy})
		case !v.judge.covers(auth, weightOf(role)):
			v.add(Finding{Concern: RoleBeyondSetter, Role: role.ID, User: role.SetBy})
		}
	}
}

// standing returns a user's present authority, and whether the user holds
// anything at all.
func (v *reviewer) standing(user string) (bool, authority) {
	rows := v.judge.reaching(v.judge.cur, User(user).record(), nil)
	return len(held(rows, v.now)) > 0, v.judge.ruleset.auth(v.judge.cur, rows, v.now, false, nil)
}

func (v *reviewer) assignment(row *store.Assignment) {
	out := assignmentOf(row)
	f := Finding{Role: out.Role, User: row.GrantedBy, Assignment: &out}
	role := v.judge.role(v.judge.cur, out.Role)
	if role == nil {
		f.Concern = AssignmentRetired
		v.add(f)
	} else if row.GrantedBy != "" {
		v.given(f, []RoleID{out.Role})
	}
	if row.Until != 0 && row.Until <= v.horizon {
		f.Concern = AssignmentExpires
		v.add(f)
	}
}

func (v *reviewer) membership(row *store.Membership) {
	if row.AddedBy == "" {
		return
	}
	out := membershipOf(row)
	v.given(Finding{Group: row.Group, User: row.AddedBy, Membership: &out}, v.judge.closureRoles(row.Group))
}

// given adds a finding if who gave the roles could not today, or has left.
func (v *reviewer) given(f Finding, roles []RoleID) {
	here, auth := v.standing(f.User)
	beyond := slices.ContainsFunc(roles, func(id RoleID) bool {
		return !v.judge.covers(auth, weightOf(v.judge.role(v.judge.cur, id)))
	})
	switch {
	case !here:
		f.Concern = GrantGiverLeft
	case beyond:
		f.Concern = GrantBeyondGiver
	default:
		return
	}
	v.add(f)
}

func (v *reviewer) group(ctx context.Context, group string) error {
	if len(v.judge.cur.childGroups(group)) > 0 {
		return nil
	}
	page, err := v.page(ctx, store.Query{List: store.Memberships, Group: group, Limit: 1})
	if err == nil && len(page.Memberships) == 0 {
		v.add(Finding{Concern: GroupEmpty, Group: group})
	}
	return err
}
