package storetest_test

import (
	"context"
	"errors"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// borderFlaws are about what passes between the caller and the store:
// contexts, slices, tenants.
var borderFlaws = []flaw{
	{"does not ask the context", "context/cancelled", asksContext(func(ctx context.Context) context.Context { return context.WithoutCancel(ctx) })},
	{"does not ask the context to count", "context/cancelled", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			if q.Count {
				ctx = context.WithoutCancel(ctx)
			}
			return b.Store.Scan(ctx, tenant, q)
		}
	}},
	{"writes, then asks the context", "context/cancelled", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		if err := b.Store.Commit(context.WithoutCancel(ctx), tenant, expect, cs); err != nil {
			return err
		}
		return ctx.Err()
	})},
	{"hides why the context ended", "context/cancelled for a cause", func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return b.Store.Log(ctx, tenant, q)
		}
	}},
	{"takes the deadline lightly", "context/past its deadline", asksContext(func(ctx context.Context) context.Context {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return context.WithoutCancel(ctx)
		}
		return ctx
	})},
	{"takes the end of the context for a temporary failure", "context/past its deadline", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			if ctx.Err() != nil {
				return store.State{}, store.ErrTransient
			}
			return b.Store.Load(ctx, tenant, sel)
		}
	}},
	{"keeps the caller's Entry", "ownership/of commits", keepsOf(func(given, read *store.Commit) { read.Entry = given.Entry })},
	{"keeps the caller's permissions", "ownership/of commits", func(b *bent) {
		given := make(map[string][]string) // by name of the role
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, c := range cs {
				each(c.Roles, func(r *store.Role) { given[r.ID] = r.Permissions })
			}
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			st, err := b.Store.Load(ctx, tenant, sel)
			st.Roles = slices.Clone(st.Roles)
			for i := range st.Roles {
				st.Roles[i].Permissions = given[st.Roles[i].ID]
			}
			return st, err
		}
	}},
	{"keeps the caller's records", "ownership/of commits", keepsOf(func(given, read *store.Commit) { read.Memberships = given.Memberships })},
	{"sorts the caller's subjects", "ownership/arguments stay as they are", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			slices.SortFunc(sel.Subjects, func(a, b store.Subject) int {
				if a.ID < b.ID {
					return -1
				}
				return 1
			})
			return b.Store.Load(ctx, tenant, sel)
		}
	}},
	{"numbers the caller's commits", "ownership/arguments stay as they are", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		for i := range cs {
			cs[i].Revision = expect.Revision + uint64(i) + 1
		}
		return b.Store.Commit(ctx, tenant, expect, cs)
	})},
	{"sorts the caller's tenants", "ownership/arguments stay as they are", func(b *bent) {
		b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
			asked := slices.Clone(tenants)
			slices.Sort(tenants)
			return b.Store.Heads(ctx, asked)
		}
	}},
	{"uses the slice of an answer again", "ownership/of answers", func(b *bent) {
		var buffer []store.Membership
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			page, err := b.Store.Scan(ctx, tenant, q)
			buffer = append(buffer[:0], page.Memberships...)
			page.Memberships = buffer
			return page, err
		}
	}},
	{"lists the groups of all tenants", "tenant/isolated", func(b *bent) {
		var names []string
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			names = append(names, tenant)
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			page, err := b.Store.Scan(ctx, tenant, q)
			for _, name := range names {
				if q.List == store.Groups && !q.Count {
					page.Groups = append(page.Groups, b.everything(ctx, name, q).Groups...)
				}
			}
			slices.Sort(page.Groups)
			page.Groups = slices.Compact(page.Groups)
			return page, err
		}
	}},
	{"wants ids of commits to be unique in all tenants", "tenant/one id for two commits", func(b *bent) {
		seen := make(map[string]string)
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, c := range cs {
				if t, ok := seen[c.ID]; ok && t != tenant {
					return store.ErrConflict
				}
				seen[c.ID] = tenant
			}
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
	}},
	{"loses a membership when a user leaves another group", "history/at random", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		before := b.all(ctx, tenant)
		return b.Store.Commit(ctx, tenant, expect, copied(cs, func(c *store.Commit) {
			for _, ch := range c.Memberships {
				for _, m := range before.Memberships {
					if ch.After == nil && len(cs) == 1 && len(c.Memberships) == 1 && m.Member == ch.Before.Member && m.Group > ch.Before.Group {
						c.Memberships = append(c.Memberships, store.Change[store.Membership]{Before: &m})
						return
					}
				}
			}
		}))
	})},
}

// asksContext gives the store what f makes of the caller's contexts.
func asksContext(f func(context.Context) context.Context) func(*bent) {
	return func(b *bent) {
		b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
			return b.Store.Heads(f(ctx), tenants)
		}
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			return b.Store.Load(f(ctx), tenant, sel)
		}
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			return b.Store.Commit(f(ctx), tenant, expect, cs)
		}
	}
}

// keepsOf remembers the very commits it was given, and lets keep put parts of
// them into what the log says.
func keepsOf(keep func(given, read *store.Commit)) func(*bent) {
	return func(b *bent) {
		given := make(map[string]store.Commit)
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, c := range cs {
				given[c.ID] = c
			}
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			entries, err := b.Store.Log(ctx, tenant, q)
			for i := range entries {
				if c, ok := given[entries[i].ID]; ok {
					keep(&c, &entries[i])
				}
			}
			return entries, err
		}
	}
}

// failsTransiently is right: it lets every second call fail, having written
// nothing.
func failsTransiently(b *bent) {
	calls := make(map[string]int)
	fails := func(method string) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		calls[method]++
		if calls[method]%2 == 1 {
			return store.ErrTransient
		}
		return nil
	}
	b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
		if err := errors.Join(ctx.Err(), fails("heads")); err != nil {
			return nil, err
		}
		return b.Store.Heads(ctx, tenants)
	}
	b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
		if err := errors.Join(ctx.Err(), fails("load")); err != nil {
			return store.State{}, err
		}
		return b.Store.Load(ctx, tenant, sel)
	}
	b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
		if err := errors.Join(ctx.Err(), fails("scan")); err != nil {
			return store.Page{}, err
		}
		return b.Store.Scan(ctx, tenant, q)
	}
	b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
		if err := errors.Join(ctx.Err(), fails("log")); err != nil {
			return nil, err
		}
		return b.Store.Log(ctx, tenant, q)
	}
	b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		if err := errors.Join(ctx.Err(), fails("commit")); err != nil {
			return err
		}
		return b.Store.Commit(ctx, tenant, expect, cs)
	}
	b.compact = func(ctx context.Context, tenant string, before int64, hand func([]store.Commit) error) (int, error) {
		if err := errors.Join(ctx.Err(), fails("compact")); err != nil {
			return 0, err
		}
		return b.Store.(store.Compactor).Compact(ctx, tenant, before, hand)
	}
	b.tenants = func(ctx context.Context, after string, limit int) ([]string, error) {
		if err := errors.Join(ctx.Err(), fails("tenants")); err != nil {
			return nil, err
		}
		return b.Store.(store.Lister).Tenants(ctx, after, limit)
	}
}
