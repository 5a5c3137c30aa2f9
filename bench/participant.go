package main

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"time"
)

// contestant is a way to answer the questions: one row of the table for each
// data set.
type contestant struct {
	name  string
	about string
	open  func(*data, *meter) (participant, error)

	// unsafe says that checks must not run while something is changed, and
	// so are not measured like that.
	unsafe bool

	lazy bool // loads what a question needs when it is asked
}

// participant is a contestant loaded with data.
type participant interface {
	// ask answers the questions in order and returns how many were yes. It
	// may be called by many goroutines at once.
	ask([]question) (int, error)

	// covers reports whether the user has every permission of the role.
	covers(coverQuestion) (bool, error)

	// The changes. Each is visible to every check that begins after it
	// returned, or it is counted as stale.
	assign(tenant, user, role string) error
	unassign(tenant, user, role string) error
	grant(tenant, role, permission string) error
	revoke(tenant, role, permission string) error

	close()
}

// errCannot is the answer of a participant that has no such operation.
var errCannot = errors.New("no such operation")

// contestants is everybody, in the order of the table.
var contestants = []contestant{
	floorContestant, rwmapContestant,
	ownContestant, ownCanContestant, ownLazyContestant,
	casbinContestant, casbinTunedContestant, casbinRolesContestant, casbinCachedContestant, casbinSyncedCachedContestant,
	cedarContestant, cedarGraphContestant,
	opaContestant, opaTunedContestant,
}

// choose returns the contestants of a comma-separated list of names; a name
// followed by * stands for all that begin so. Empty is everybody.
func choose(list string) ([]contestant, error) {
	if list == "" {
		return contestants, nil
	}
	var out []contestant
	wanted := strings.Split(list, ",")
	for _, w := range wanted {
		matches := func(c contestant) bool {
			prefix, many := strings.CutSuffix(w, "*")
			return c.name == w || many && strings.HasPrefix(c.name, prefix)
		}
		if !slices.ContainsFunc(contestants, matches) {
			return nil, errors.New("no contestant " + w)
		}
		for _, c := range contestants {
			if matches(c) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// meter measures how long it takes a participant to load and what it keeps.
type meter struct {
	load     time.Duration
	heap     int64 // bytes kept by what load measured
	database int64 // bytes kept by a store in memory that stands for the database
}

// loading runs the part of opening that turns the data, as a database would
// hand it out, into something that answers.
func (m *meter) loading(f func() error) error {
	before := heap(1)
	start := time.Now()
	err := f()
	m.load = time.Since(start)
	m.heap = heap(2) - before
	return err
}

// filling runs the part of opening that stands for filling the database.
func (m *meter) filling(f func() error) error {
	before := heap(1)
	err := f()
	m.database = heap(1) - before
	return err
}

// heap returns the bytes of all reachable objects. A second collection sees
// what finalizers and pools let go in the first one.
func heap(collections int) int64 {
	for range collections {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
