package storetest_test

import (
	"context"
	"sync"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
	"github.com/seed80bc5f17/rbac/store/storetest"
)

// bent is a store in memory that is bent in some methods: those whose function
// is set. The functions reach the right ones through Store.
type bent struct {
	store.Store
	heads  func(ctx context.Context, tenants []string) ([]store.Head, error)
	load   func(ctx context.Context, tenant string, sel store.Selection) (store.State, error)
	scan   func(ctx context.Context, tenant string, q store.Query) (store.Page, error)
	log    func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error)
	commit func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error

	compact func(ctx context.Context, tenant string, before int64, hand func([]store.Commit) error) (int, error)
	tenants func(ctx context.Context, after string, limit int) ([]string, error)

	mu    sync.Mutex
	yield func()
}

var (
	_ store.Store       = (*bent)(nil)
	_ store.Compactor   = (*bent)(nil)
	_ store.Lister      = (*bent)(nil)
	_ storetest.Yielder = (*bent)(nil)
)

// flaw is one way to break the contract, and the name of the case that must
// notice it every time. Others may, too.
type flaw struct {
	name, caughtBy string
	bend           func(b *bent)
}

func newBent(bend func(b *bent)) *bent {
	b := &bent{Store: memory.New()}
	bend(b)
	return b
}

// Yield sets what step calls.
func (b *bent) Yield(f func()) { b.yield = f }

// step is where a call of another goroutine may come in between. No lock is
// held.
func (b *bent) step() {
	if b.yield != nil {
		b.yield()
	}
}

func (b *bent) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	if b.heads != nil {
		return b.heads(ctx, tenants)
	}
	return b.Store.Heads(ctx, tenants)
}

func (b *bent) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	if b.load != nil {
		return b.load(ctx, tenant, sel)
	}
	return b.Store.Load(ctx, tenant, sel)
}

func (b *bent) Scan(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
	if b.scan != nil {
		return b.scan(ctx, tenant, q)
	}
	return b.Store.Scan(ctx, tenant, q)
}

func (b *bent) Log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	if b.log != nil {
		return b.log(ctx, tenant, q)
	}
	return b.Store.Log(ctx, tenant, q)
}

func (b *bent) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	if b.commit != nil {
		return b.commit(ctx, tenant, expect, cs)
	}
	return b.Store.Commit(ctx, tenant, expect, cs)
}

func (b *bent) Compact(ctx context.Context, tenant string, before int64, hand func([]store.Commit) error) (int, error) {
	if b.compact != nil {
		return b.compact(ctx, tenant, before, hand)
	}
	return b.Store.(store.Compactor).Compact(ctx, tenant, before, hand)
}

func (b *bent) Tenants(ctx context.Context, after string, limit int) ([]string, error) {
	if b.tenants != nil {
		return b.tenants(ctx, after, limit)
	}
	return b.Store.(store.Lister).Tenants(ctx, after, limit)
}

// head returns the present head of the tenant.
func (b *bent) head(ctx context.Context, tenant string) store.Head {
	heads, err := b.Store.Heads(ctx, []string{tenant})
	if err != nil {
		return store.Head{}
	}
	return heads[0]
}

// all returns everything there is in the tenant, from the right store.
func (b *bent) all(ctx context.Context, tenant string) store.State {
	st, err := b.Store.Load(ctx, tenant, store.Selection{Model: true, AllUpTo: 1 << 30})
	if err != nil {
		return store.State{}
	}
	return st
}

// The functions below make a bend that changes what goes in or comes out.

func commitsBent(f func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error) func(*bent) {
	return func(b *bent) {
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			return f(b, ctx, tenant, expect, cs)
		}
	}
}

func expectBent(f func(expect, head store.Head) store.Head) func(*bent) {
	return commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		return b.Store.Commit(ctx, tenant, f(expect, b.head(ctx, tenant)), cs)
	})
}

// writesBent lets f change copies of the commits before they are written.
func writesBent(f func(c *store.Commit)) func(*bent) {
	return commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		return b.Store.Commit(ctx, tenant, expect, copied(cs, f))
	})
}

// loadsBent lets f change what was loaded.
func loadsBent(f func(b *bent, ctx context.Context, tenant string, sel store.Selection, st *store.State)) func(*bent) {
	return func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			st, err := b.Store.Load(ctx, tenant, sel)
			if err == nil {
				f(b, ctx, tenant, sel, &st)
			}
			return st, err
		}
	}
}

// scansBent lets f change the query, and the page that came.
func scansBent(ask func(b *bent, ctx context.Context, tenant string, q *store.Query), answer func(q store.Query, page *store.Page)) func(*bent) {
	return func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			asked := q
			if ask != nil {
				ask(b, ctx, tenant, &asked)
			}
			page, err := b.Store.Scan(ctx, tenant, asked)
			if err == nil && answer != nil {
				answer(q, &page)
			}
			return page, err
		}
	}
}

// logsBent lets f change the entries that came.
func logsBent(f func(q store.LogQuery, entries []store.Commit) []store.Commit) func(*bent) {
	return func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			entries, err := b.Store.Log(ctx, tenant, q)
			if err == nil {
				entries = f(q, entries)
			}
			return entries, err
		}
	}
}

// copied returns copies of the commits and of their records, changed by f.
func copied(cs []store.Commit, f func(c *store.Commit)) []store.Commit {
	cs = append([]store.Commit{}, cs...)
	for i := range cs {
		c := &cs[i]
		c.Roles = copiedChanges(c.Roles)
		c.Assignments = copiedChanges(c.Assignments)
		c.Memberships = copiedChanges(c.Memberships)
		f(c)
	}
	return cs
}

func copiedChanges[T any](changes []store.Change[T]) []store.Change[T] {
	changes = append([]store.Change[T]{}, changes...)
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

// each calls f for every record in the changes.
func each[T any](changes []store.Change[T], f func(*T)) {
	for _, ch := range changes {
		for _, r := range []*T{ch.Before, ch.After} {
			if r != nil {
				f(r)
			}
		}
	}
}

// kept returns the rows for which keep is true, in a slice of their own.
func kept[T any](rows []T, keep func(T) bool) []T {
	var left []T
	for _, row := range rows {
		if keep(row) {
			left = append(left, row)
		}
	}
	return left
}
