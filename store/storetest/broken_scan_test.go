package storetest_test

import (
	"context"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// everything is a page with all rows that match.
func (b *bent) everything(ctx context.Context, tenant string, q store.Query) store.Page {
	q.Count, q.Limit, q.After = false, store.MaxPage, store.Key{}
	page, err := b.Store.Scan(ctx, tenant, q)
	if err != nil {
		return store.Page{}
	}
	return page
}

var scanFlaws = []flaw{
	{"takes the role for a prefix", "scan/assignments", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			if q.Role == "" || q.Count {
				return b.Store.Scan(ctx, tenant, q)
			}
			role := q.Role
			q.Role = ""
			page := b.everything(ctx, tenant, q)
			page.Assignments = kept(page.Assignments, func(a store.Assignment) bool { return strings.HasPrefix(a.Role, role) })
			return page, ctx.Err()
		}
	}},
	{"ignores the group", "scan/memberships", scansBent(func(_ *bent, _ context.Context, _ string, q *store.Query) { q.Group = "" }, nil)},
	{"lists groups that have members only", "scan/groups", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			page, err := b.Store.Scan(ctx, tenant, q)
			rows := b.everything(ctx, tenant, store.Query{List: store.Memberships}).Memberships
			page.Groups = kept(page.Groups, func(id string) bool {
				return slices.ContainsFunc(rows, func(m store.Membership) bool { return m.Group == id })
			})
			return page, err
		}
	}},
	{"keeps groups that no row names any more", "scan/groups", func(b *bent) {
		seen := make(map[string][]string)
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			page, err := b.Store.Scan(ctx, tenant, q)
			if q.List == store.Groups && err == nil && !q.Count && q.After == (store.Key{}) && !page.More {
				b.mu.Lock()
				defer b.mu.Unlock()
				ids := slices.Concat(seen[tenant], page.Groups)
				slices.Sort(ids)
				page.Groups = slices.Compact(ids)
				seen[tenant] = page.Groups
			}
			return page, err
		}
	}},
	{"leaves out kinds after it cut the page", "scan/kind", scansBent(
		func(_ *bent, _ context.Context, _ string, q *store.Query) { q.Kind = "" },
		func(q store.Query, page *store.Page) {
			if q.Kind != "" {
				page.Assignments = kept(page.Assignments, func(a store.Assignment) bool { return a.Subject.Kind == q.Kind })
				page.Memberships = kept(page.Memberships, func(m store.Membership) bool { return m.Member.Kind == q.Kind })
			}
		})},
	{"takes Until for inclusive", "scan/live and expired", scansBent(func(_ *bent, _ context.Context, _ string, q *store.Query) { q.At-- }, nil)},
	{"takes a future row for expired", "scan/live and expired", scansBent(nil, func(q store.Query, page *store.Page) {
		if q.Rows == store.LiveRows {
			page.Assignments = kept(page.Assignments, func(a store.Assignment) bool { return a.From <= q.At })
		}
	})},
	{"ignores Rows where there is a role", "scan/all filters together", scansBent(func(_ *bent, _ context.Context, _ string, q *store.Query) {
		if q.Role != "" && q.Kind != "" {
			q.Rows = store.AllRows
		}
	}, nil)},
	{"counts expired rows too", "scan/count", scansBent(func(_ *bent, _ context.Context, _ string, q *store.Query) {
		if q.Count {
			q.Rows = store.AllRows
		}
	}, nil)},
	{"counts up to the limit", "scan/count", scansBent(nil, func(q store.Query, page *store.Page) {
		if q.Count && q.Limit > 0 {
			page.Count = min(page.Count, q.Limit)
		}
	})},
	{"gives rows with the count", "scan/count", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			page, err := b.Store.Scan(ctx, tenant, q)
			if q.Count && q.List == store.Groups {
				page.Groups = b.everything(ctx, tenant, q).Groups
			}
			return page, err
		}
	}},
	{"orders without case", "scan/order of bytes", scansBent(nil, func(_ store.Query, page *store.Page) {
		slices.SortStableFunc(page.Groups, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	})},
	{"orders by UTF-16", "scan/order of bytes", scansBent(nil, func(_ store.Query, page *store.Page) {
		// U+1F600 begins with a surrogate, and those are before U+FF5E.
		i, j := slices.Index(page.Groups, "\uff5e"), slices.Index(page.Groups, "\U0001f600")
		if i >= 0 && j >= 0 {
			page.Groups[i], page.Groups[j] = page.Groups[j], page.Groups[i]
		}
	})},
	{"skips a row at the border of pages", "page/every size", scansBent(nil, func(q store.Query, page *store.Page) {
		if q.After != (store.Key{}) && len(page.Assignments) > 1 {
			page.Assignments = page.Assignments[1:]
		}
	})},
	{"repeats the last row of the page before", "page/every size", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			page, err := b.Store.Scan(ctx, tenant, q)
			if q.After.Group != "" && q.List == store.Groups && slices.Contains(b.everything(ctx, tenant, q).Groups, q.After.Group) {
				page.Groups = append([]string{q.After.Group}, page.Groups...)
				page.Groups = page.Groups[:min(len(page.Groups), q.Limit)]
			}
			return page, err
		}
	}},
	{"pages by the first column only", "page/every size", scansBent(func(_ *bent, _ context.Context, _ string, q *store.Query) {
		if q.List == store.Memberships && q.After.Group != "" {
			q.After.Subject = store.Subject{Kind: "zzz"}
		}
	}, nil)},
	{"takes a full page for one with more", "page/more, exactly", scansBent(nil, func(q store.Query, page *store.Page) {
		if n := len(page.Assignments) + len(page.Memberships) + len(page.Groups); n > 0 && n == q.Limit {
			page.More = true
		}
	})},
	{"never has more", "page/more, exactly", scansBent(nil, func(_ store.Query, page *store.Page) { page.More = false })},
	{"begins again after a key it does not find", "page/after a key that is not there", forgetsUnknownKeys(store.Groups)},
	{"begins again after an assignment that was deleted", "page/the last key was deleted meanwhile", forgetsUnknownKeys(store.Assignments)},
	{"names the head of the first page", "page/names its head", func(b *bent) {
		first := make(map[string]store.Head)
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			page, err := b.Store.Scan(ctx, tenant, q)
			b.mu.Lock()
			defer b.mu.Unlock()
			if q.After == (store.Key{}) {
				first[tenant] = page.Head
			}
			page.Head = first[tenant]
			return page, err
		}
	}},
	{"shortens the largest page", "page/of the largest size", scansBent(nil, func(_ store.Query, page *store.Page) {
		if len(page.Groups) == store.MaxPage {
			page.Groups, page.More = page.Groups[:store.MaxPage-1], false
		}
	})},
}

// forgetsUnknownKeys looks up the row of After, and without one starts at the
// beginning.
func forgetsUnknownKeys(list store.List) func(*bent) {
	return scansBent(func(b *bent, ctx context.Context, tenant string, q *store.Query) {
		if q.List != list {
			return
		}
		page := b.everything(ctx, tenant, *q)
		if !slices.Contains(page.Groups, q.After.Group) && !slices.ContainsFunc(page.Assignments, func(a store.Assignment) bool {
			return a.Subject == q.After.Subject && a.Role == q.After.Role
		}) {
			q.After = store.Key{}
		}
	}, nil)
}
