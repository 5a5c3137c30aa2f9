package storetest

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed80bc5f17/rbac/store"
)

const (
	ruleTorn  = "Load returns the selected part of the tenant's state, all of it at one revision: never some rows from before a commit and some from after."
	ruleWhole = "Commit does what cs say in one transaction: all of it or nothing. The page, and the state, is of one revision."
)

var raceCases = []Case{
	{
		Name: "race/one of two commits",
		Rule: ruleConflict,
		Check: func(ctx context.Context, s store.Store) error {
			t := threeCommits(ctx, s)
			duel(s, func() *tenant { return t })
			t.audit()
			return t.err
		},
	},
	{
		Name: "race/one of two first commits",
		Rule: ruleConflict,
		Check: func(ctx context.Context, s store.Store) error {
			var tenants []*tenant
			duel(s, func() *tenant {
				t := newTenant(ctx, s, fmt.Sprint("tenant-", len(tenants)))
				tenants = append(tenants, t)
				return t
			})
			for _, t := range tenants {
				t.audit()
			}
			return firstError(tenants...)
		},
	},
	{
		Name: "race/one of many",
		Rule: ruleConflict,
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			for round := range 20 {
				melee(t, round, 6)
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "race/every success is logged once",
		Rule: "Every commit appends its entry to the log: what returned without an error is there, once, in its place.",
		Check: func(ctx context.Context, s store.Store) error {
			t := newTenant(ctx, s, "acme")
			counters(t, 5, 8)
			t.audit()
			return t.err
		},
	},
	{
		Name: "race/load during a commit",
		Rule: ruleTorn,
		Check: func(ctx context.Context, s store.Store) error {
			t := turned(ctx, s)
			for _, sel := range selections(t) {
				before := t.model
				inside(s, func() {
					t.loadsOneOf(sel, func() []*model { return []*model{before, t.model} })
					before = t.model
				}, func() { t.commit(t.turn()) })
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "race/scan during a commit",
		Rule: rulePage,
		Check: func(ctx context.Context, s store.Store) error {
			t := turned(ctx, s)
			for _, q := range queries() {
				before := t.model
				inside(s, func() {
					t.scansOneOf(q, func() []*model { return []*model{before, t.model} })
					before = t.model
				}, func() { t.commit(t.turn()) })
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "race/log during a commit",
		Rule: ruleForward,
		Check: func(ctx context.Context, s store.Store) error {
			t := turned(ctx, s)
			for _, commits := range []func() []store.Commit{
				func() []store.Commit { return []store.Commit{t.turn()} },
				func() []store.Commit { return []store.Commit{insert(role("x")), remove(role("x"))} },
				func() []store.Commit { return []store.Commit{both(erase(), insert(rowsOf(0)...)), {}, {}} },
			} {
				for _, backward := range []bool{false, true} {
					q := store.LogQuery{After: t.headAt(1), Limit: 100, Backward: backward}
					before := t.model
					inside(s, func() {
						t.logsOneOf(q, func() []*model { return []*model{before, t.model} })
						before = t.model
					}, func() { t.commit(commits()...) })
				}
			}
			t.audit()
			return t.err
		},
	},
	{
		Name: "race/several commits appear at once",
		Rule: ruleWhole,
		Check: func(ctx context.Context, s store.Store) error {
			t := turned(ctx, s)
			var before, after *model
			inside(s, func() {
				before = t.model
				cs := dated(t.head, []store.Commit{insert(role("x")), t.turn(), remove(role("x"))})
				after = t.model.after(cs...)
				t.commit(cs...)
			}, func() {
				if after != nil { // else the store does not yield, and nothing is under way
					t.readsOneOf(func() []*model { return []*model{before, after} })
				}
			})
			t.audit()
			return t.err
		},
	},
	{
		Name: "race/a failing commit never appears",
		Rule: ruleOneOrNone,
		Check: func(ctx context.Context, s store.Store) error {
			t := turned(ctx, s)
			inside(s, func() {
				t.refused(store.ErrCorrupt, t.head, insert(role("x")), t.turn(), remove(role("missing")))
			}, func() { t.readsOneOf(func() []*model { return []*model{t.model} }) })
			return t.err
		},
	},
	{
		Name: "race/tenants side by side",
		Rule: "It fails with ErrConflict unless the tenant is at expect: of other tenants it knows nothing.",
		Check: func(ctx context.Context, s store.Store) error {
			a, b := newTenant(ctx, s, "acme"), newTenant(ctx, s, "globex")
			inside(s,
				func() { a.commit(insert(role(fmt.Sprint("a", a.head.Revision)))) },
				func() { b.commit(insert(role(fmt.Sprint("b", b.head.Revision)))) })
			a.audit()
			b.audit()
			var wg sync.WaitGroup
			tenants := []*tenant{a, b, newTenant(ctx, s, "initech"), newTenant(ctx, s, "hooli")}
			for _, t := range tenants {
				wg.Go(func() {
					for i := range 10 {
						t.commit(insert(holds(user("ann"), fmt.Sprint("r", i)), belongs(user("ann"), fmt.Sprint("g", i))))
					}
					t.audit()
				})
			}
			wg.Wait()
			return firstError(tenants...)
		},
	},
	{
		Name: "race/readers and a writer",
		Rule: ruleTorn + " Each method sees every Commit that returned before the call began.",
		Check: func(ctx context.Context, s store.Store) error {
			return readersAndWriter(turned(ctx, s), 30)
		},
	},
}
