package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

const (
	ruleCompact = "Compact hands out the oldest entries of the tenant's log and deletes them, up to the first whose Time is not less than before."
	ruleHanded  = "A page is deleted after hand has returned nil for it, and not otherwise."
	ruleStays   = "The entry of the head always stays."
	ruleBetween = "While hand runs nothing is locked. What commits, erasures and other calls of Compact have written is not deleted."
	ruleNoHole  = "What is left of the log has no hole that was not there."
)

// forever is later than any entry.
const forever = math.MaxInt64

var errRefused = errors.New("storetest: refused by hand")

// compactCases are for stores that implement store.Compactor; for others there
// is nothing in them.
var compactCases = []Case{
	{
		Name: "compact/every border",
		Rule: ruleCompact + " " + ruleCompacted,
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := tenCommits(ctx, s.(store.Store))
			first := t.log[0]
			for _, c := range t.log {
				for _, at := range []int64{c.Time - 1, c.Time, c.Time + 1} {
					t.compact(at)
				}
				t.audit()
				// The proof that the first one is of this chain has gone.
				t.logs(store.LogQuery{After: headOf(first), Limit: 100})
				t.logs(store.LogQuery{After: headOf(c), Limit: 100})
				t.logs(store.LogQuery{After: store.Head{Revision: c.Revision, Commit: "foreign"}, Limit: 100})
			}
			all := []*tenant{t}
			for i := range 7 { // and at once
				t := newTenant(ctx, s.(store.Store), fmt.Sprint("tenant-", i))
				t.commit(make([]store.Commit, 7)...)
				if t.err == nil {
					t.compact(t.log[i].Time)
				}
				t.audit()
				all = append(all, t)
			}
			return firstError(all...)
		}),
	},
	{
		Name: "compact/the head's entry stays",
		Rule: ruleStays,
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := tenCommits(ctx, s.(store.Store))
			t.compact(forever)
			t.compact(forever)
			t.audit()
			t.commit(insert(role("r9")))
			t.logs(store.LogQuery{After: headOf(t.log[0]), Limit: 1})
			t.compact(forever)
			t.audit()
			return t.err
		}),
	},
	{
		Name: "compact/nothing to hand out",
		Rule: "Entries come in pages of 1–MaxPage.",
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			empty, t := newTenant(ctx, s.(store.Store), "empty"), tenCommits(ctx, s.(store.Store))
			empty.compact(forever)
			empty.audit()
			for _, before := range []int64{math.MinInt64, -1, 0, t.log[0].Time} {
				t.compact(before)
			}
			t.audit()
			return firstError(empty, t)
		}),
	},
	{
		Name: "compact/no hole in the middle",
		Rule: ruleNoHole,
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := newTenant(ctx, s.(store.Store), "acme")
			for _, at := range []int64{1, 5, 2, 9, 3, 4, 9, 0} { // a clock that was set back
				t.commit(store.Commit{Time: now + at})
			}
			for before := range int64(11) {
				t.compact(now + before)
				t.audit()
			}
			return t.err
		}),
	},
	{
		Name: "compact/every field",
		Rule: "Compact hands out entries as Log gives them.",
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := loaded(ctx, s.(store.Store))
			c := both(erase(), insert(role("r1"), holds(user("ann"), "r1"), belongs(user("ann"), "eng")))
			c.Actor, c.Entry = "olivia", []byte("{ \"op\" : \"<x>\" }\n")
			t.commit(c, insert(role("r2")))
			t.commit(replace(role("r2"), role("r2")), remove(holds(user("ann"), "r1")), store.Commit{})
			t.compact(forever)
			t.audit()
			return t.err
		}),
	},
	{
		Name: "compact/handed out before it is deleted",
		Rule: ruleHanded,
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := tenCommits(ctx, s.(store.Store))
			t.during(forever, func() error {
				t.audit() // all is still there
				return t.err
			})
			t.audit()
			return t.err
		}),
	},
	{
		Name: "compact/refused by hand",
		Rule: ruleHanded + " An error of hand ends the call, which returns it wrapped.",
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := newTenant(ctx, s.(store.Store), "acme")
			for range 2 {
				t.commit(make([]store.Commit, store.MaxPage)...)
			}
			for _, pages := range []int{0, 1, 0} {
				t.refuse(forever, pages)
				t.logs(store.LogQuery{Backward: true, Limit: 1})
				t.logs(store.LogQuery{Backward: true, Before: t.log[0].Revision + 2, Limit: 5})
				t.logs(store.LogQuery{After: headOf(t.log[0]), Limit: store.MaxPage})
			}
			t.compact(forever)
			t.audit()
			return t.err
		}),
	},
	{
		Name: "compact/other tenants stay",
		Rule: ruleCompact,
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := tenCommits(ctx, s.(store.Store))
			all := []*tenant{t}
			for _, name := range []string{"acm", "acme2", "Acme", "%"} {
				o := newTenant(ctx, s.(store.Store), name)
				o.commit(make([]store.Commit, 4)...)
				all = append(all, o)
			}
			t.compact(forever)
			for _, o := range all {
				o.audit()
			}
			return firstError(all...)
		}),
	},
	{
		Name: "compact/commits come in between",
		Rule: ruleBetween,
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := turned(ctx, s.(store.Store))
			t.commit(t.turn(), store.Commit{})
			t.during(forever, func() error {
				t.commit(t.turn())
				t.commit(insert(role("x")), remove(role("x")))
				return t.err
			})
			t.audit()
			// And between any two steps, each time with one entry to go.
			t.commit(make([]store.Commit, 50)...)
			inside(s.(store.Store), func() {
				if t.err == nil {
					t.during(t.log[0].Time+1, func() error { return nil })
				}
			}, func() { t.commit(t.turn()) })
			t.audit()
			return t.err
		}),
	},
	{
		Name: "compact/an erasure comes in between",
		Rule: ruleBetween,
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := tenCommits(ctx, s.(store.Store))
			t.during(forever, func() error {
				t.commit(insert(role("x")), erase(), insert(role("x")))
				t.commit(make([]store.Commit, 3)...)
				return t.err
			})
			t.audit()
			t.compact(forever)
			t.audit()
			return t.err
		}),
	},
	{
		Name: "compact/two at once",
		Rule: ruleBetween,
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := tenCommits(ctx, s.(store.Store))
			t.during(t.log[6].Time, func() error {
				t.compact(t.log[4].Time)
				t.commit(store.Commit{})
				t.compact(forever)
				t.commit(store.Commit{})
				return t.err
			})
			t.audit()
			return t.err
		}),
	},
	{
		Name: "compact/the context has ended",
		Rule: "When ctx has ended, methods return an error that wraps ctx.Err().",
		Check: ofCompactors(func(ctx context.Context, s store.Compactor) error {
			t := tenCommits(ctx, s.(store.Store))
			ended, cancel := context.WithCancel(ctx)
			cancel()
			handed := false
			_, err := s.Compact(ended, t.name, forever, func([]store.Commit) error {
				handed = true
				return nil
			})
			if !errors.Is(err, context.Canceled) || handed {
				t.fail("Compact(%q) with an ended context = %v, want %q; it handed out: %t", t.name, err, context.Canceled, handed)
			}
			t.audit()
			return t.err
		}),
	},
}

// ofCompactors runs the case on stores that have the capability.
func ofCompactors(check func(context.Context, store.Compactor) error) func(context.Context, store.Store) error {
	return func(ctx context.Context, s store.Store) error {
		if c, ok := s.(store.Compactor); ok {
			return check(ctx, c)
		}
		return nil
	}
}

// compacted returns the model without the entries that a compaction deletes,
// and those.
func (m *model) compacted(before int64) (*model, []store.Commit) {
	n := *m
	for len(n.log) > 1 && n.log[0].Time < before {
		n.log = n.log[1:]
	}
	return &n, m.log[:len(m.log)-len(n.log)]
}

// handOut compacts the log, accepting the pages that accept accepts, and
// returns their entries.
func (t *tenant) handOut(before int64, accept func() error) (accepted []store.Commit, removed int, err error) {
	var last uint64 // an entry comes again only if the call had to be repeated
	err = patiently(func() error {
		var previous uint64
		refused := false
		n, err := t.store.(store.Compactor).Compact(t.ctx, t.name, before, func(page []store.Commit) error {
			if refused {
				t.fail("Compact(%q, %d) hands out more after a page was refused", t.name, before)
			}
			if len(page) < 1 || len(page) > store.MaxPage {
				t.fail("Compact(%q, %d) hands out %d entries, want 1–%d", t.name, before, len(page), store.MaxPage)
			}
			for _, c := range page {
				if c.Revision <= previous {
					t.fail("Compact(%q, %d) hands out revision %d after %d", t.name, before, c.Revision, previous)
				}
				previous = c.Revision
			}
			if err := accept(); err != nil {
				refused = true
				return err
			}
			accepted = append(accepted, filter(page, func(c store.Commit) bool { return c.Revision > last })...)
			last = max(last, previous)
			return nil
		})
		removed += n
		return err
	})
	return accepted, removed, err
}

// compact compacts the log and wants the very entries that were to go.
func (t *tenant) compact(before int64) {
	if t.err != nil {
		return
	}
	after, want := t.compacted(before)
	accepted, removed, err := t.handOut(before, func() error { return nil })
	if err != nil || removed != len(want) {
		t.fail("Compact(%q, %d) = %d, %w, want %d and no error", t.name, before, removed, err, len(want))
	}
	t.handed(before, want, accepted)
	t.model = after
}

// during compacts the log and calls f while the first page is handed out.
// Others may do something at every step. Which of what they wrote, or handed
// out themselves, is handed out as well is open; that nothing else is gone is
// for the audit to see.
func (t *tenant) during(before int64, f func() error) {
	if t.err != nil {
		return
	}
	was := t.model
	pages := 0
	accepted, removed, err := t.handOut(before, func() error {
		if pages++; pages > 1 {
			return nil
		}
		return f()
	})
	if _, want := was.compacted(before); err != nil || removed > len(accepted) || pages == 0 && len(want) > 0 {
		t.fail("Compact(%q, %d) = %d, %w, having handed out %d in %d pages", t.name, before, removed, err, len(accepted), pages)
	}
	var want []store.Commit
	for _, c := range accepted {
		known := filter(slices.Concat(t.log, was.log), func(k store.Commit) bool { return k.Revision == c.Revision })
		want = append(want, known[:min(1, len(known))]...)
	}
	t.handed(before, want, accepted)
	t.forget(accepted)
}

// refuse compacts the log, and refuses all pages but the first so many.
func (t *tenant) refuse(before int64, pages int) {
	if t.err != nil {
		return
	}
	_, want := t.compacted(before)
	accepted, removed, err := t.handOut(before, func() error {
		if pages--; pages < 0 {
			return errRefused
		}
		return nil
	})
	if !errors.Is(err, errRefused) || removed != len(accepted) {
		t.fail("Compact(%q, %d) = %d, %v, want %d, which hand accepted, and %q", t.name, before, removed, err, len(accepted), errRefused)
	}
	t.handed(before, want[:min(len(want), len(accepted))], accepted)
	t.forget(accepted)
}

func (t *tenant) handed(before int64, want, got []store.Commit) {
	if d := diff(want, got); d != "" {
		t.fail("Compact(%q, %d) handed out (-want +got):\n%s", t.name, before, d)
	}
}

// forget takes from the model's log what was handed out.
func (t *tenant) forget(handed []store.Commit) {
	m := *t.model
	m.log = filter(m.log, func(c store.Commit) bool {
		return !slices.ContainsFunc(handed, func(h store.Commit) bool { return h.Revision == c.Revision })
	})
	t.model = &m
}
