package storetest

import (
	"bytes"
	"maps"
	"reflect"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed80bc5f17/rbac/store"
)

// diff returns where got is not what was wanted, and "" if it is. Nil and empty
// are the same. Of long answers it shows the neighbourhood of the first
// difference, which is also what makes it quick.
func diff(want, got any) string {
	switch w := want.(type) {
	case store.State:
		g := got.(store.State)
		w.Roles, g.Roles = around(w.Roles, g.Roles, sameRole)
		w.Assignments, g.Assignments = around(w.Assignments, g.Assignments, same)
		w.Memberships, g.Memberships = around(w.Memberships, g.Memberships, same)
		want, got = w, g
	case store.Page:
		g := got.(store.Page)
		w.Assignments, g.Assignments = around(w.Assignments, g.Assignments, same)
		w.Memberships, g.Memberships = around(w.Memberships, g.Memberships, same)
		w.Groups, g.Groups = around(w.Groups, g.Groups, same)
		want, got = w, g
	case []store.Commit:
		want, got = aroundEntries(around(w, got.([]store.Commit), sameCommit))
	case []store.Head:
		want, got = around(w, got.([]store.Head), same)
	}
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// around leaves out the rows on which both agree at the beginning and at the
// end, and cuts the rest short.
func around[T any](want, got []T, same func(a, b T) bool) (w, g []T) {
	for len(want) > 0 && len(got) > 0 && same(want[0], got[0]) {
		want, got = want[1:], got[1:]
	}
	for len(want) > 0 && len(got) > 0 && same(want[len(want)-1], got[len(got)-1]) {
		want, got = want[:len(want)-1], got[:len(got)-1]
	}
	const shown = 8
	return slices.Clone(want[:min(len(want), shown)]), slices.Clone(got[:min(len(got), shown)])
}

// aroundEntries cuts long entries to where they begin to differ.
func aroundEntries(want, got []store.Commit) (w, g []store.Commit) {
	for i := range min(len(want), len(got)) {
		w, g := want[i].Entry, got[i].Entry
		at := 0
		for at < len(w) && at < len(g) && w[at] == g[at] {
			at++
		}
		const shown = 100
		if at > shown/2 {
			w, g = w[at-shown/2:], g[at-shown/2:]
		}
		want[i].Entry, got[i].Entry = w[:min(len(w), shown)], g[:min(len(g), shown)]
	}
	return want, got
}

func same[T comparable](a, b T) bool { return a == b }

func sameRole(a, b store.Role) bool {
	if !slices.Equal(a.Permissions, b.Permissions) || !maps.Equal(a.Metadata, b.Metadata) {
		return false
	}
	a.Permissions, a.Metadata = b.Permissions, b.Metadata
	return reflect.DeepEqual(a, b)
}

func sameCommit(a, b store.Commit) bool {
	return headOf(a) == headOf(b) && a.Time == b.Time && a.Actor == b.Actor && a.Erase == b.Erase &&
		bytes.Equal(a.Entry, b.Entry) &&
		slices.EqualFunc(a.Roles, b.Roles, sameChange(sameRole)) &&
		slices.EqualFunc(a.Assignments, b.Assignments, sameChange(same[store.Assignment])) &&
		slices.EqualFunc(a.Memberships, b.Memberships, sameChange(same[store.Membership]))
}

func sameChange[T any](same func(a, b T) bool) func(a, b store.Change[T]) bool {
	sameRecord := func(a, b *T) bool {
		return (a == nil) == (b == nil) && (a == nil || same(*a, *b))
	}
	return func(a, b store.Change[T]) bool {
		return sameRecord(a.Before, b.Before) && sameRecord(a.After, b.After)
	}
}
