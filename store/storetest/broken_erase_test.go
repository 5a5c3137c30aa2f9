package storetest_test

import (
	"context"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// erases calls f for the commits that erase, before they are written.
func erases(f func(b *bent, ctx context.Context, tenant string, c *store.Commit)) func(*bent) {
	return commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		return b.Store.Commit(ctx, tenant, expect, copied(cs, func(c *store.Commit) {
			if c.Erase {
				f(b, ctx, tenant, c)
			}
		}))
	})
}

var eraseFlaws = []flaw{
	{"forgets to erase memberships", "erase/every record", erases(func(b *bent, ctx context.Context, tenant string, c *store.Commit) {
		for _, m := range b.all(ctx, tenant).Memberships {
			c.Memberships = append(c.Memberships, store.Change[store.Membership]{After: &m})
		}
	})},
	{"forgets to erase roles", "erase/every record", erases(func(b *bent, ctx context.Context, tenant string, c *store.Commit) {
		for _, r := range b.all(ctx, tenant).Roles {
			c.Roles = append(c.Roles, store.Change[store.Role]{After: &r})
		}
	})},
	{"erases records but no log", "erase/earlier log", erases(deletesOneByOne)},
	{"cannot read backward to an erasure", "erase/backward", logsBent(func(q store.LogQuery, entries []store.Commit) []store.Commit {
		if i := slices.IndexFunc(entries, func(c store.Commit) bool { return c.Erase }); q.Backward && i >= 0 {
			return entries[:i]
		}
		return entries
	})},
	{"starts the chain anew", "erase/the chain goes on", func(b *bent) {
		// The numbers before the last erasure no longer count.
		base := make(map[string]uint64)
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			expect.Revision += base[tenant]
			err := b.Store.Commit(ctx, tenant, expect, cs)
			if err == nil && cs[0].Erase {
				base[tenant] = expect.Revision
			}
			return err
		}
		b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			heads, err := b.Store.Heads(ctx, tenants)
			for i := range heads {
				heads[i].Revision -= base[tenants[i]]
			}
			return heads, err
		}
	}},
	{"erases tenants whose names begin alike", "erase/other tenants stay", func(b *bent) {
		var names []string
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			names = append(names, tenant)
			for _, name := range names {
				if cs[0].Erase && name != tenant && strings.HasPrefix(name, tenant) {
					_ = b.Store.Commit(ctx, name, b.head(ctx, name), []store.Commit{{ID: "gone", Erase: true}})
				}
			}
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
	}},
	{"erases after it inserted", "erase/with new records", erases(func(_ *bent, _ context.Context, _ string, c *store.Commit) {
		c.Roles, c.Assignments, c.Memberships = nil, nil, nil
	})},
	{"erases once, first of all", "erase/among several commits", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		late := len(cs) > 1 && slices.IndexFunc(cs, func(c store.Commit) bool { return c.Erase }) > 0
		return b.Store.Commit(ctx, tenant, expect, copied(cs, func(c *store.Commit) {
			if late {
				c.Erase = c.ID == cs[0].ID
			}
		}))
	})},
	{"finds nothing to erase", "erase/as the first commit", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		if cs[0].Erase && expect == (store.Head{}) {
			return store.ErrCorrupt
		}
		return b.Store.Commit(ctx, tenant, expect, cs)
	})},
}

// deletesOneByOne turns an erasure into the deletion of all records.
func deletesOneByOne(b *bent, ctx context.Context, tenant string, c *store.Commit) {
	all := b.all(ctx, tenant)
	c.Erase = false
	for _, r := range all.Roles {
		c.Roles = append(c.Roles, store.Change[store.Role]{Before: &r})
	}
	for _, a := range all.Assignments {
		c.Assignments = append(c.Assignments, store.Change[store.Assignment]{Before: &a})
	}
	for _, m := range all.Memberships {
		c.Memberships = append(c.Memberships, store.Change[store.Membership]{Before: &m})
	}
}
