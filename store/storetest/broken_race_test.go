package storetest_test

import (
	"context"
	"errors"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// checksThenWrites compares the head in one step and writes in another,
// without looking again. It does so where when is true.
func checksThenWrites(when func(expect store.Head) bool) func(*bent) {
	return commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		if !when(expect) {
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
		if b.head(ctx, tenant) != expect {
			return store.ErrConflict
		}
		b.step()
		for {
			err := b.Store.Commit(ctx, tenant, b.head(ctx, tenant), cs)
			if !errors.Is(err, store.ErrConflict) {
				return err
			}
		}
	})
}

// losesWith looks at the head in one step and writes in another, which it does
// rightly, but says what is wrong when another was faster.
func losesWith(wrong error) func(*bent) {
	return commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		if b.head(ctx, tenant) != expect {
			return store.ErrConflict
		}
		b.step()
		err := b.Store.Commit(ctx, tenant, expect, cs)
		if errors.Is(err, store.ErrConflict) {
			return wrong
		}
		return err
	})
}

var raceFlaws = []flaw{
	{"checks, then writes", "race/one of two commits", checksThenWrites(func(store.Head) bool { return true })},
	{"checks, then writes, where many do", "race/one of many", checksThenWrites(func(store.Head) bool { return true })},
	{"checks, then writes, where all try again", "race/every success is logged once", checksThenWrites(func(store.Head) bool { return true })},
	{"tells the one that lost that it won", "race/every success is logged once", losesWith(nil)},
	{"tells the one that lost that rows contradict each other", "race/one of two commits", losesWith(store.ErrCorrupt)},
	{"tells one of many that rows contradict each other", "race/one of many", losesWith(store.ErrCorrupt)},
	{"lets all lose that come at once", "race/one of many", func(b *bent) {
		running := 0
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			running++
			b.mu.Unlock()
			b.step()
			b.mu.Lock()
			alone := running == 1
			b.mu.Unlock()
			b.step()
			b.mu.Lock()
			defer b.mu.Unlock()
			running--
			if !alone {
				return store.ErrConflict
			}
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
	}},
	{"checks, then writes a tenant's first commit", "race/one of two first commits", checksThenWrites(func(expect store.Head) bool { return expect == store.Head{} })},
	{"loads in two steps", "race/load during a commit", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			st, err := b.Store.Load(ctx, tenant, sel)
			if err != nil {
				return st, err
			}
			b.step()
			later, err := b.Store.Load(ctx, tenant, sel)
			st.Memberships = later.Memberships
			return st, err
		}
	}},
	{"loads the head first", "race/load during a commit", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			head := b.head(ctx, tenant)
			b.step()
			st, err := b.Store.Load(ctx, tenant, sel)
			st.Head = head
			return st, err
		}
	}},
	{"loads the head last", "race/load during a commit", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			st, err := b.Store.Load(ctx, tenant, sel)
			b.step()
			st.Head = b.head(ctx, tenant)
			return st, err
		}
	}},
	{"scans the head first", "race/scan during a commit", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			head := b.head(ctx, tenant)
			b.step()
			page, err := b.Store.Scan(ctx, tenant, q)
			page.Head = head
			return page, err
		}
	}},
	{"looks for more in a second step", "race/scan during a commit", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			page, err := b.Store.Scan(ctx, tenant, q)
			b.step()
			later, _ := b.Store.Scan(ctx, tenant, q)
			if !q.Count && q.List == store.Assignments {
				page.Assignments = append(page.Assignments[:len(page.Assignments)/2:len(page.Assignments)/2], later.Assignments[min(len(later.Assignments), len(page.Assignments)/2):]...)
			}
			return page, err
		}
	}},
	{"checks the head after it read the log", "race/log during a commit", func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			first := q
			first.Limit = 1
			entries, err := b.Store.Log(ctx, tenant, first)
			if err != nil || len(entries) == 0 || q.Limit == 1 {
				return entries, err
			}
			b.step()
			// The rest without the proof that the chain is still the same.
			rest, _ := b.Store.Log(ctx, tenant, store.LogQuery{Backward: true, Before: q.Before, Limit: store.MaxPage})
			if !q.Backward {
				slices.Reverse(rest)
			}
			last := entries[0].Revision
			rest = kept(rest, func(c store.Commit) bool { return c.Revision != last && (c.Revision < last) == q.Backward })
			return append(entries, rest[:min(len(rest), q.Limit-1)]...), nil
		}
	}},
	{"shows several commits one after the other", "race/several commits appear at once", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		for _, c := range cs {
			if err := b.Store.Commit(ctx, tenant, expect, []store.Commit{c}); err != nil {
				return err
			}
			expect = b.head(ctx, tenant)
			b.step()
		}
		return nil
	})},
	{"shows what it may have to take back", "race/a failing commit never appears", showsUncommitted},
	{"takes a commit to another tenant for a conflict", "race/tenants side by side", func(b *bent) {
		commits := 0
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			before := commits
			b.mu.Unlock()
			b.step()
			b.mu.Lock()
			defer b.mu.Unlock()
			if commits != before {
				return store.ErrConflict
			}
			commits++
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
	}},
	{"never loads again", "race/readers and a writer", func(b *bent) {
		cache := make(map[string]store.State)
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			st, ok := cache[tenant]
			if !ok {
				st = b.all(ctx, tenant)
				st.All = sel.AllUpTo > 0
				cache[tenant] = st
			}
			return st, ctx.Err()
		}
	}},
}

// showsUncommitted writes commit by commit where readers see it, and returns
// to what was before when one fails.
func showsUncommitted(b *bent) {
	right := b.Store
	b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		if len(cs) > 1 && b.head(ctx, tenant) == expect {
			written, err := right.Log(ctx, tenant, store.LogQuery{Limit: store.MaxPage})
			if err != nil {
				return err
			}
			scratch := memory.New()
			if err := scratch.Commit(ctx, tenant, store.Head{}, written); err != nil {
				return err
			}
			b.Store = scratch
			defer func() { b.Store = right }()
			for _, c := range cs[:len(cs)-1] {
				if err := scratch.Commit(ctx, tenant, b.head(ctx, tenant), []store.Commit{c}); err != nil {
					return err
				}
				b.step()
			}
		}
		return right.Commit(ctx, tenant, expect, cs)
	}
}

// letsOthersIn is right: others may come before a call and after it.
func letsOthersIn(b *bent) {
	b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
		b.step()
		defer b.step()
		return b.Store.Heads(ctx, tenants)
	}
	b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
		b.step()
		defer b.step()
		return b.Store.Load(ctx, tenant, sel)
	}
	b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
		b.step()
		defer b.step()
		return b.Store.Scan(ctx, tenant, q)
	}
	b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
		b.step()
		defer b.step()
		return b.Store.Log(ctx, tenant, q)
	}
	b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		b.step()
		defer b.step()
		return b.Store.Commit(ctx, tenant, expect, cs)
	}
	b.compact = func(ctx context.Context, tenant string, before int64, hand func([]store.Commit) error) (int, error) {
		b.step()
		defer b.step()
		return b.Store.(store.Compactor).Compact(ctx, tenant, before, hand)
	}
}
