package rbac

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// Doctor returns what is wrong with the store, if it is a [store.Doctor], and
// what the tenant has that the host's code does not know: permissions that the
// catalogue does not declare, OwnerOnly ones in stored roles, roles that cannot
// be read, and assignments of roles that exist no more, such as a prebuilt one
// that the host has withdrawn. None of these confers anything. They come from
// a host whose declarations have changed, or from changes by hand.
//
// It changes nothing, and reads every assignment of the tenant: it is for the
// start of a new version and for audits. No findings is good news; an error is
// no news. The actor must be [System].
func (a *Authority) Doctor(ctx context.Context, actor Actor) ([]store.Finding, error) {
	if err := a.maintainer(ctx, "doctor", actor, func() *InvalidError { return nil }); err != nil {
		return nil, err
	}
	var findings []store.Finding
	if d, ok := a.store.(store.Doctor); ok {
		found, err := patiently(ctx, a.engine, a.tenant, func() ([]store.Finding, error) { return d.Doctor(ctx) })
		if err != nil {
			return nil, unavailable(err)
		}
		findings = found
	}
	stray := map[string]bool{}
	scan := func(q store.Query) (store.Page, error) {
		page, err := patiently(ctx, a.engine, a.tenant, func() (store.Page, error) { return a.store.Scan(ctx, a.tenant, q) })
		if err != nil {
			return page, unavailable(err)
		}
		return page, nil
	}
	// The pages may be of different states: what is missing is counted below.
	if err := walk(store.Query{List: store.Assignments, Limit: store.MaxPage}, scan, func(page store.Page) bool {
		for i := range page.Assignments {
			stray[page.Assignments[i].Role] = true
		}
		return true
	}); err != nil {
		return nil, err
	}
	// The roles come last: one that was made meanwhile is none that was missing.
	s, err := patiently(ctx, a.engine, a.tenant, func() (store.State, error) {
		return a.store.Load(ctx, a.tenant, store.Selection{Model: true})
	})
	if err != nil {
		return nil, unavailable(err)
	}
	slices.SortFunc(s.Roles, func(a, b store.Role) int { return compareStrings(a.ID, b.ID) })
	for i := range s.Roles {
		findings = append(findings, a.rules.examine(&s.Roles[i])...)
		delete(stray, s.Roles[i].ID)
	}
	for id := range a.rules.prebuilt {
		delete(stray, string(id))
	}
	for _, id := range slices.Sorted(maps.Keys(stray)) {
		page, err := scan(store.Query{List: store.Assignments, Role: id, Count: true})
		if err != nil {
			return nil, err
		}
		if page.Count > 0 {
			findings = append(findings, store.Finding{
				Object:  "role " + id,
				Problem: fmt.Sprintf("it does not exist, and %d assignments name it: they confer nothing, and would again if it came back", page.Count),
				Remedy:  "Declare the prebuilt role again, or unassign it",
			})
		}
	}
	return findings, nil
}

// examine returns what is wrong with a stored role.
func (r *ruleset) examine(stored *store.Role) []store.Finding {
	var findings []store.Finding
	find := func(problem, remedy string) {
		findings = append(findings, store.Finding{Object: "role " + stored.ID, Problem: problem, Remedy: remedy})
	}
	role := newRoleRecord(stored)
	if r.prebuilt[role.ID] != nil {
		find("it is stored under the id of a prebuilt role, which counts instead", "Delete the row")
	}
	if role.Damaged {
		find("it cannot be read: it confers nothing, and only an Owner covers it", "Have an Owner set its permissions anew, or delete it")
	}
	if role.Status.String() != stored.Status {
		find(fmt.Sprintf("its status is %q, which counts as blocked", stored.Status), "Have an Owner set its status")
	}
	declared := r.catalog.Permissions()
	if unknown := role.Permissions.Minus(declared); unknown.Len() > 0 {
		find(fmt.Sprintf("it has permissions that the catalogue does not declare: %s. They confer nothing, and would again if they were declared", unknown),
			"Declare them, or revoke them")
	}
	if ownerOnly := role.Permissions.Intersect(declared).Minus(r.catalog.Delegable()); ownerOnly.Len() > 0 {
		find(fmt.Sprintf("it has permissions that only Owners may have: %s. They confer nothing here", ownerOnly), "Revoke them")
	}
	return findings
}
