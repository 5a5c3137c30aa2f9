package rbac

import (
	"context"
	"errors"
	"strings"
)

// Affordance says whether an actor may do something now and, if not, by which
// rule. It is the verdict of the very function that judges the change (S21).
type Affordance struct {
	Enabled bool   `json:"enabled"`
	Reason  Reason `json:"reason,omitempty"`
	Text    string `json:"text,omitempty"` // Reason.Text, for people
}

// afford turns a verdict into an affordance. What is malformed for everybody
// counts as not allowed by the reason that is nearest.
func afford(err error, otherwise Reason) Affordance {
	var denied *DeniedError
	switch {
	case err == nil:
		return Affordance{Enabled: true}
	case errors.As(err, &denied):
		return Affordance{Reason: denied.Reason, Text: denied.Reason.Text()}
	}
	return Affordance{Reason: otherwise, Text: otherwise.Text()}
}

// RoleView is what a page about one role needs, for one actor.
type RoleView struct {
	Role     Role                  `json:"role"`
	Edit     Affordance            `json:"edit"`   // name, description, metadata
	Delete   Affordance            `json:"delete"` // as it stands, without reassigning
	Clone    Affordance            `json:"clone"`  // create a role with the same permissions
	Status   map[Status]Affordance `json:"status"` // move to each of them
	Sections []SectionView         `json:"sections"`
	Unknown  []Toggle              `json:"unknown,omitempty"` // stored names that are no longer in the catalogue
	Token    Token                 `json:"token"`
}

// SectionView is a section of the catalogue on a page.
type SectionView struct {
	Name    string   `json:"name"`
	Toggles []Toggle `json:"toggles"`
}

// Toggle is one permission of a role on a page. Enabled says whether the actor
// may flip it.
type Toggle struct {
	Permission  Permission `json:"permission"`
	Label       string     `json:"label"`
	Description string     `json:"description,omitempty"`
	OwnerOnly   bool       `json:"owner_only,omitempty"`
	On          bool       `json:"on"`
	Affordance
}

// try asks for the verdict on an operation, writing nothing.
func (j *judge) try(op Op) error {
	_, err := decideNext(j.ruleset, j.first, j.cur, j.actor, op, j.now, j.memo)
	return err
}

// RoleView returns the page of a role: what the actor may do with it, and for
// each permission whether it is on and whether the actor may flip it, with the
// reason if not. What it shows as enabled is accepted as long as the tenant
// does not change, and what it shows as disabled is refused for that reason.
func (a *Authority) RoleView(ctx context.Context, actor Actor, id RoleID) (RoleView, error) {
	if err := actor.check("view_role"); err != nil {
		return RoleView{}, err
	}
	if invalid := checkRoleID("role", id); invalid != nil {
		return RoleView{}, invalid
	}
	var view RoleView
	err := a.readAs(ctx, "view_role", actor, func(r *reading, j *judge) error {
		j.op.role = id
		role, err := j.target(id)
		if err != nil {
			return err
		}
		version := max(role.Version, 1) // prebuilt roles have none, and are refused before it matters
		view = RoleView{
			Role: role.clone(), Token: newToken(a.tenant, r.snap.head), Status: map[Status]Affordance{},
			Edit:   afford(j.try(EditRole(RoleEdit{ID: id, Version: version})), ReasonFrozen),
			Delete: afford(j.try(DeleteRole(RoleDeletion{ID: id, Version: version})), ReasonFrozen),
			Clone:  afford(j.try(CreateRole(NewRole{Name: freeName(), Permissions: role.Permissions})), ReasonCoverage),
		}
		for status := Active; status <= Blocked; status++ {
			view.Status[status] = afford(j.try(EditRole(RoleEdit{ID: id, Version: version, Status: &status})), ReasonFrozen)
		}
		flip := func(p Permission, on bool) error {
			if on {
				return j.try(Revoke(id, p))
			}
			return j.try(Grant(id, p))
		}
		view.Sections = a.sections(role.Permissions, flip)
		for p := range role.Permissions.Minus(a.rules.catalog.all).All() {
			view.Unknown = append(view.Unknown, Toggle{Permission: p, Label: string(p), On: true, Affordance: afford(flip(p, true), ReasonDominance)})
		}
		return nil
	})
	return view, err
}

// NewRoleView is what a page for a new role needs.
type NewRoleView struct {
	Create   Affordance    `json:"create"` // may the actor add a role at all
	Sections []SectionView `json:"sections"`
	Token    Token         `json:"token"`
}

// NewRoleView returns the page for a new role: whether the actor may add one,
// and which permissions it may have.
func (a *Authority) NewRoleView(ctx context.Context, actor Actor) (NewRoleView, error) {
	var view NewRoleView
	err := a.readAs(ctx, "view_role", actor, func(r *reading, j *judge) error {
		create := func(p ...Permission) error {
			return j.try(CreateRole(NewRole{Name: freeName(), Permissions: Set(p...)}))
		}
		view = NewRoleView{
			Create: afford(create(), ReasonPermission), Token: newToken(a.tenant, r.snap.head),
			Sections: a.sections(Set(), func(p Permission, _ bool) error { return create(p) }),
		}
		return nil
	})
	return view, err
}

// freeName returns a name that no role has.
func freeName() string { return "x" + strings.TrimPrefix(string(newRoleID()), customPrefix) }

func (a *Authority) sections(on PermissionSet, flip func(p Permission, on bool) error) []SectionView {
	var out []SectionView
	for _, section := range a.rules.catalog.sections {
		view := SectionView{Name: section.Name, Toggles: []Toggle{}}
		for _, p := range section.Permissions {
			view.Toggles = append(view.Toggles, Toggle{
				Permission: p.ID, Label: p.Label, Description: p.Description, OwnerOnly: p.OwnerOnly, On: on.Has(p.ID),
				Affordance: afford(flip(p.ID, on.Has(p.ID)), ReasonOwnerOnly),
			})
		}
		out = append(out, view)
	}
	return out
}

// AssignableRole is a role and whether the actor may assign it to a subject.
type AssignableRole struct {
	Role Role `json:"role"`
	Held bool `json:"held"` // the subject holds it directly, for good or for a period; shown of others to those with rbac.roles.view
	Affordance
}

// AssignableRoles lists the roles that the actor may see, by id, each with the
// verdict on assigning it to the subject without a period.
func (a *Authority) AssignableRoles(ctx context.Context, actor Actor, s Subject, q PageQuery) (Page[AssignableRole], error) {
	if err := actor.check("view_roles"); err != nil {
		return Page[AssignableRole]{}, err
	}
	var page Page[AssignableRole]
	c, err := openPage(q, nil)
	if err != nil {
		return page, err
	}
	err = a.readAs(ctx, "view_roles", actor, func(r *reading, j *judge) error {
		shown := j.mayView(s) == nil
		var out []AssignableRole
		for _, role := range j.visibleRoles(c) {
			row := j.cur.rowsOf(s.record())[role.ID]
			out = append(out, AssignableRole{
				Role: role.clone(), Held: shown && row != nil && !expired(row, j.now),
				Affordance: afford(j.try(Assign(NewAssignment{Subject: s, Role: role.ID})), ReasonOwner),
			})
		}
		page = closePage(a, c, r.snap.head, out, func(m AssignableRole) string { return string(m.Role.ID) })
		return nil
	}, s)
	return page, err
}
