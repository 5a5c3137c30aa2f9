package storetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

var commitFlaws = []flaw{
	{"ignores the expected head", "commit/another number", expectBent(func(_, head store.Head) store.Head { return head })},
	{"compares the number but not the id", "commit/another id", expectBent(func(expect, head store.Head) store.Head {
		if expect.Revision == head.Revision {
			return head
		}
		return expect
	})},
	{"after a restore takes a number for the head", "commit/restored from a backup", expectBent(func(expect, head store.Head) store.Head {
		if expect.Revision == head.Revision {
			return head
		}
		return expect
	})},
	{"compares the id but not the number", "commit/another number", expectBent(func(expect, head store.Head) store.Head {
		if expect.Commit == head.Commit {
			return head
		}
		return expect
	})},
	{"compares ids without case", "commit/another id", expectBent(func(expect, head store.Head) store.Head {
		if expect.Revision == head.Revision && strings.EqualFold(expect.Commit, head.Commit) {
			return head
		}
		return expect
	})},
	{"compares the beginning of ids", "commit/long ids differ at the end", expectBent(func(expect, head store.Head) store.Head {
		if expect.Revision == head.Revision && len(expect.Commit) >= 63 && strings.HasPrefix(head.Commit, expect.Commit[:63]) {
			return head
		}
		return expect
	})},
	{"takes the zero head for any", "commit/first one twice", expectBent(func(expect, head store.Head) store.Head {
		if expect == (store.Head{}) {
			return head
		}
		return expect
	})},
	{"erases before it compares", "commit/conflict writes nothing", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		err := b.Store.Commit(ctx, tenant, expect, cs)
		if errors.Is(err, store.ErrConflict) && cs[0].Erase {
			_ = b.Store.Commit(ctx, tenant, b.head(ctx, tenant), cs)
		}
		return err
	})},
	{"takes a repetition for a success", "commit/the same again", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		err := b.Store.Commit(ctx, tenant, expect, cs)
		if errors.Is(err, store.ErrConflict) && b.head(ctx, tenant).Commit == cs[len(cs)-1].ID {
			return nil
		}
		return err
	})},
	{"makes one revision of several commits", "commit/several", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		one := cs[len(cs)-1]
		for _, c := range cs[:len(cs)-1] {
			one.Roles = slices.Concat(c.Roles, one.Roles)
			one.Assignments = slices.Concat(c.Assignments, one.Assignments)
			one.Memberships = slices.Concat(c.Memberships, one.Memberships)
		}
		return b.Store.Commit(ctx, tenant, expect, []store.Commit{one})
	})},
	{"does the last commit first", "commit/several that build on each other", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		cs = slices.Clone(cs)
		slices.Reverse(cs)
		return b.Store.Commit(ctx, tenant, expect, cs)
	})},
	{"uses a transaction for each commit", "commit/all or nothing", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		for _, c := range cs {
			if err := b.Store.Commit(ctx, tenant, expect, []store.Commit{c}); err != nil {
				return err
			}
			expect = b.head(ctx, tenant)
		}
		return nil
	})},
	{"replaces only the columns it knows", "commit/replace and delete", writesBent(func(c *store.Commit) {
		for _, ch := range c.Memberships {
			if ch.Before != nil && ch.After != nil {
				ch.After.Reason = ch.Before.Reason
			}
		}
	})},
	{"logs the revision it was given", "commit/revision is the store's", func(b *bent) {
		given := make(map[string]uint64)
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, c := range cs {
				given[c.ID] = c.Revision
			}
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			entries, err := b.Store.Log(ctx, tenant, q)
			for i := range entries {
				if r := given[entries[i].ID]; r != 0 {
					entries[i].Revision = r
				}
			}
			return entries, err
		}
	}},
	{"makes no revision of a commit without records", "commit/without a record", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		return b.Store.Commit(ctx, tenant, expect, kept(cs, func(c store.Commit) bool {
			return c.Erase || len(c.Roles)+len(c.Assignments)+len(c.Memberships) > 0
		}))
	})},
	{"writes the first 500 rows", "commit/large", writesBent(func(c *store.Commit) {
		c.Assignments = c.Assignments[:min(500, len(c.Assignments))]
	})},
	{"inserts over a record", "corrupt/insert over a record", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		there := b.all(ctx, tenant)
		return b.Store.Commit(ctx, tenant, expect, copied(cs, func(c *store.Commit) {
			for i, ch := range c.Assignments {
				for _, a := range there.Assignments {
					if ch.Before == nil && ch.After.Subject == a.Subject && ch.After.Role == a.Role {
						c.Assignments[i].Before = &a
					}
				}
			}
		}))
	})},
	{"deletes what is not there", "corrupt/delete what is not there", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		there := b.all(ctx, tenant)
		return b.Store.Commit(ctx, tenant, expect, copied(cs, func(c *store.Commit) {
			c.Memberships = kept(c.Memberships, func(ch store.Change[store.Membership]) bool {
				return ch.Before == nil || ch.After != nil || slices.Contains(there.Memberships, *ch.Before)
			})
		}))
	})},
	{"inserts what it does not find to replace", "corrupt/replace what is not there", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		there := b.all(ctx, tenant)
		return b.Store.Commit(ctx, tenant, expect, copied(cs, func(c *store.Commit) {
			for i, ch := range c.Roles {
				missing := ch.Before != nil && !slices.ContainsFunc(there.Roles, func(r store.Role) bool { return r.ID == ch.Before.ID })
				if missing && ch.After != nil {
					c.Roles[i].Before = nil
				}
			}
		}))
	})},
	{"takes deletions in an empty tenant for done", "corrupt/in a tenant never written", commitsBent(func(b *bent, ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		err := b.Store.Commit(ctx, tenant, expect, cs)
		if errors.Is(err, store.ErrCorrupt) && expect == (store.Head{}) {
			return nil
		}
		return err
	})},
	{"holds its lock after an error", "corrupt/then goes on", func(b *bent) {
		held := false
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if held {
				return store.ErrTransient
			}
			err := b.Store.Commit(ctx, tenant, expect, cs)
			held = errors.Is(err, store.ErrCorrupt)
			return err
		}
	}},
}
