// Package storetest proves that a [store.Store] keeps its contract. A store's
// own tests call [Run]:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(tb testing.TB) store.Store { return memory.New() })
//	}
//
// The suite is data, so that it can also be run on stores that are wrong on
// purpose, which is how it is tested itself. Most cases compare what the store
// answers with a plain model of the tenant, after every step and by every
// method; a case that wants to know whether a refused commit wrote anything
// does the same.
//
// The identifiers it uses are valid UTF-8 without control characters: tenants
// of up to 128 bytes, users and groups of up to 255, roles of up to 64.
//
// The cases compact/… and list/… are about the optional [store.Compactor] and
// [store.Lister]; they pass a store that is neither.
//
// What needs two calls at once is tried in two ways: with goroutines, which a
// wrong store survives now and then, and, on a store that is a [Yielder], by
// letting the one call run at each step inside the other, which it does not.
package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

// Case is one rule of the contract and the way to see whether a store keeps
// it.
type Case struct {
	Name string // unique, such as "log/after a foreign head"
	Rule string // the words of the contract

	// Check returns an error if s breaks the rule. It needs a store of its
	// own in which no tenant was ever written. It repeats what fails with
	// [store.ErrTransient], and takes any other unexpected error for a break.
	Check func(ctx context.Context, s store.Store) error
}

// Yielder is a store that lets other calls come in between its own steps. It
// is optional, and meant for wrappers that a test puts around a store: around
// each statement sent to a database, for instance.
type Yielder interface {
	// Yield makes every method call f, on its own goroutine, at each point
	// where a call of another goroutine could come in between, and only at
	// such points: f calls methods of the same store and waits for them, so
	// a store that holds a lock they need must not call it there. A nil f
	// ends that. Yield is not called while other methods run.
	Yield(f func())
}

// Run runs all cases as parallel subtests, each on a store of its own. open
// returns a store in which no tenant was ever written, and registers with tb
// what is to be done to close it.
func Run(t *testing.T, open func(tb testing.TB) store.Store) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if err := c.Check(t.Context(), open(t)); err != nil {
				t.Errorf("%v\n\nthe rule: %s", err, c.Rule)
			}
		})
	}
}

// Cases returns all cases. The slice is the caller's.
func Cases() []Case {
	return slices.Concat(
		headCases,
		commitCases,
		corruptCases,
		logCases,
		loadCases,
		scanCases,
		pageCases,
		eraseCases,
		identifierCases,
		recordCases,
		tenantCases,
		raceCases,
		contextCases,
		ownershipCases,
		historyCases,
		compactCases,
		listCases,
	)
}
