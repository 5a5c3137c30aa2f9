package storetest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

var logFlaws = []flaw{
	{"gives the log in the order of time", "log/in the order of the chain", logsBent(func(_ store.LogQuery, entries []store.Commit) []store.Commit {
		return slices.SortedStableFunc(slices.Values(entries), func(a, b store.Commit) int { return cmp.Compare(a.Time, b.Time) })
	})},
	{"gives the log in the order of ids", "log/in the order of the chain", logsBent(func(_ store.LogQuery, entries []store.Commit) []store.Commit {
		return slices.SortedFunc(slices.Values(entries), func(a, b store.Commit) int { return cmp.Compare(a.ID, b.ID) })
	})},
	{"loses a log row", "log/after each head", logsBent(func(_ store.LogQuery, entries []store.Commit) []store.Commit {
		return kept(entries, func(c store.Commit) bool { return c.Revision != 7 })
	})},
	{"loses the log row of a grouped commit", "commit/several", logsBent(func(_ store.LogQuery, entries []store.Commit) []store.Commit {
		return kept(entries, func(c store.Commit) bool { return c.Revision != 2 })
	})},
	{"does not report a hole", "erase/earlier log", func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			entries, err := b.Store.Log(ctx, tenant, q)
			if errors.Is(err, store.ErrCompacted) && q.After.Revision < b.head(ctx, tenant).Revision {
				entries, err = b.Store.Log(ctx, tenant, store.LogQuery{Backward: true, Limit: q.Limit})
				slices.Reverse(entries)
			}
			return entries, err
		}
	}},
	{"goes on from a foreign head", "log/after a foreign head", func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			before, err := b.Store.Log(ctx, tenant, store.LogQuery{Backward: true, Before: q.After.Revision + 1, Limit: 1})
			if err == nil && !q.Backward && len(before) == 1 && before[0].Revision == q.After.Revision {
				q.After.Commit = before[0].ID
			}
			return b.Store.Log(ctx, tenant, q)
		}
	}},
	{"has nothing to say after a future head", "log/after a future head", func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			if !q.Backward && q.After.Revision > b.head(ctx, tenant).Revision {
				return nil, nil
			}
			return b.Store.Log(ctx, tenant, q)
		}
	}},
	{"marshals the entry again", "log/entry byte for byte", writesBent(func(c *store.Commit) {
		var v any
		if json.Unmarshal(c.Entry, &v) == nil {
			c.Entry, _ = json.Marshal(v)
		}
	})},
	{"compacts the entry", "log/entry byte for byte", writesBent(func(c *store.Commit) {
		var compact bytes.Buffer
		if json.Compact(&compact, c.Entry) == nil {
			c.Entry = compact.Bytes()
		}
	})},
	{"cuts the entry at 65,535 bytes", "log/large entry", writesBent(func(c *store.Commit) {
		c.Entry = c.Entry[:min(len(c.Entry), 65_535)]
	})},
	{"drops Before", "log/every field", logsBent(func(_ store.LogQuery, entries []store.Commit) []store.Commit {
		return copied(entries, func(c *store.Commit) {
			for i, ch := range c.Assignments {
				if ch.After != nil {
					c.Assignments[i].Before = nil
				}
			}
		})
	})},
	{"drops Erase", "erase/every record", logsBent(func(_ store.LogQuery, entries []store.Commit) []store.Commit {
		return copied(entries, func(c *store.Commit) { c.Erase = false })
	})},
	{"drops the actor", "log/every field", writesBent(func(c *store.Commit) { c.Actor = "" })},
	{"sorts the changes", "log/changes in their order", writesBent(func(c *store.Commit) {
		slices.SortFunc(c.Roles, func(a, b store.Change[store.Role]) int {
			if a.After == nil || b.After == nil {
				return 0
			}
			return cmp.Compare(a.After.ID, b.After.ID)
		})
	})},
	{"gives one entry too many", "log/limit", func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			q.Limit = min(q.Limit+1, store.MaxPage)
			return b.Store.Log(ctx, tenant, q)
		}
	}},
	{"includes the entry of Before", "log/backward", func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			if q.Before > 0 {
				q.Before++
			}
			return b.Store.Log(ctx, tenant, q)
		}
	}},
	{"will not read backward past an erasure", "erase/backward", func(b *bent) {
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			entries, err := b.Store.Log(ctx, tenant, q)
			if err == nil && q.Backward && len(entries) == 0 && b.head(ctx, tenant).Revision > 0 {
				return nil, store.ErrCompacted
			}
			return entries, err
		}
	}},
	{"reads the log by pages of 500", "log/longer than a page", logsBent(func(_ store.LogQuery, entries []store.Commit) []store.Commit {
		return entries[:min(len(entries), 500)]
	})},
}
