package storetest

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// now is the time about which the suite's records are made: 2026, in
// microseconds.
const now = int64(1_780_000_000_000_000)

func user(id string) store.Subject  { return store.Subject{Kind: store.User, ID: id} }
func group(id string) store.Subject { return store.Subject{Kind: store.Group, ID: id} }

func role(id string) store.Role {
	return store.Role{
		ID: id, Name: "Role " + id, Status: "active", Permissions: []string{"docs.read", "docs.write"},
		Version: 1, CreatedBy: "olivia", CreatedAt: now, SetBy: "olivia", SetAt: now,
	}
}

func holds(s store.Subject, role string) store.Assignment {
	return store.Assignment{Subject: s, Role: role, GrantedBy: "olivia", GrantedAt: now}
}

func belongs(member store.Subject, group string) store.Membership {
	return store.Membership{Group: group, Member: member, AddedBy: "olivia", AddedAt: now}
}

// insert returns a commit that inserts the records: store.Role,
// store.Assignment or store.Membership.
func insert(records ...any) store.Commit {
	var c store.Commit
	for _, r := range records {
		add(&c, nil, r)
	}
	return c
}

// remove returns a commit that deletes the records.
func remove(records ...any) store.Commit {
	var c store.Commit
	for _, r := range records {
		add(&c, r, nil)
	}
	return c
}

// replace returns a commit that puts after in the place of before.
func replace(before, after any) store.Commit {
	var c store.Commit
	add(&c, before, after)
	return c
}

// both returns one commit that does what all of cs do.
func both(cs ...store.Commit) store.Commit {
	c := cs[0]
	for _, d := range cs[1:] {
		c.Erase = c.Erase || d.Erase
		c.Roles = slices.Concat(c.Roles, d.Roles)
		c.Assignments = slices.Concat(c.Assignments, d.Assignments)
		c.Memberships = slices.Concat(c.Memberships, d.Memberships)
	}
	return c
}

// erase returns a commit that erases the tenant.
func erase() store.Commit { return store.Commit{Erase: true} }

func add(c *store.Commit, before, after any) {
	sample := after
	if sample == nil {
		sample = before
	}
	switch sample.(type) {
	case store.Role:
		c.Roles = append(c.Roles, store.Change[store.Role]{Before: to[store.Role](before), After: to[store.Role](after)})
	case store.Assignment:
		c.Assignments = append(c.Assignments, store.Change[store.Assignment]{Before: to[store.Assignment](before), After: to[store.Assignment](after)})
	case store.Membership:
		c.Memberships = append(c.Memberships, store.Change[store.Membership]{Before: to[store.Membership](before), After: to[store.Membership](after)})
	default:
		panic(fmt.Sprintf("storetest: %T is no record", sample))
	}
}

func to[T any](record any) *T {
	if record == nil {
		return nil
	}
	r := record.(T)
	return &r
}

// dated returns copies of the commits, to follow head, in which what the case
// left open is filled in.
func dated(head store.Head, cs []store.Commit) []store.Commit {
	cs = slices.Clone(cs)
	for i := range cs {
		c := &cs[i]
		if c.ID == "" {
			c.ID = rand.Text()
		}
		if c.Time == 0 {
			c.Time = now + int64(head.Revision) + int64(i)
		}
		if c.Entry == nil {
			c.Entry = []byte(`{"op":"test"}`)
		}
	}
	return cs
}

// cloned returns deep copies, so that the model keeps its records whatever the
// store does to those it is given.
func cloned(cs []store.Commit) []store.Commit {
	cs = slices.Clone(cs)
	for i := range cs {
		c := &cs[i]
		c.Entry = slices.Clone(c.Entry)
		c.Roles = clonedChanges(c.Roles)
		for _, ch := range c.Roles {
			for _, r := range []*store.Role{ch.Before, ch.After} {
				if r != nil {
					r.Permissions = slices.Clone(r.Permissions)
					r.Metadata = maps.Clone(r.Metadata)
				}
			}
		}
		c.Assignments = clonedChanges(c.Assignments)
		c.Memberships = clonedChanges(c.Memberships)
	}
	return cs
}

func clonedChanges[T any](changes []store.Change[T]) []store.Change[T] {
	changes = slices.Clone(changes)
	for i := range changes {
		for _, r := range []**T{&changes[i].Before, &changes[i].After} {
			if *r != nil {
				c := **r
				*r = &c
			}
		}
	}
	return changes
}
