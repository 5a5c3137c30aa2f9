package memory

import (
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// clone copies c and all it refers to, so that nothing of the caller's is
// kept. The copies are then shared by the log and the indexes, and never
// change.
func clone(c *store.Commit) *store.Commit {
	d := *c
	d.Entry = slices.Clone(c.Entry)
	d.Roles = cloneChanges(c.Roles, func(r *store.Role) {
		r.Permissions = slices.Clone(r.Permissions)
		r.Metadata = maps.Clone(r.Metadata)
	})
	d.Assignments = cloneChanges(c.Assignments, func(*store.Assignment) {})
	d.Memberships = cloneChanges(c.Memberships, func(*store.Membership) {})
	return &d
}

// cloneChanges copies the changes and their records; deepen goes on with what
// a copied record still shares.
func cloneChanges[T any](changes []store.Change[T], deepen func(*T)) []store.Change[T] {
	cloned := slices.Clone(changes)
	for i := range cloned {
		for _, record := range []**T{&cloned[i].Before, &cloned[i].After} {
			if *record != nil {
				r := **record
				deepen(&r)
				*record = &r
			}
		}
	}
	return cloned
}
