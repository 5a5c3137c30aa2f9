package storetest_test

import (
	"context"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// listsBent lets f change the page, given all tenants there are.
func listsBent(f func(b *bent, all []string, after string, limit int, page []string) []string) func(*bent) {
	return func(b *bent) {
		b.tenants = func(ctx context.Context, after string, limit int) ([]string, error) {
			lister := b.Store.(store.Lister)
			page, err := lister.Tenants(ctx, after, limit)
			if err != nil {
				return nil, err
			}
			all, err := lister.Tenants(ctx, "", store.MaxPage)
			return f(b, all, after, limit, page), err
		}
	}
}

var listFlaws = []flaw{
	{"lists tenants without regard to case", "list/every page", listsBent(func(_ *bent, all []string, after string, limit int, _ []string) []string {
		slices.SortFunc(all, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
		all = kept(all, func(id string) bool { return strings.ToLower(id) > strings.ToLower(after) })
		return all[:min(len(all), limit)]
	})},
	{"lists the tenant after which to begin", "list/every page", listsBent(func(_ *bent, all []string, after string, limit int, _ []string) []string {
		all = kept(all, func(id string) bool { return id >= after })
		return all[:min(len(all), limit)]
	})},
	{"lists one tenant too many", "list/every page", listsBent(func(_ *bent, all []string, after string, limit int, _ []string) []string {
		all = kept(all, func(id string) bool { return id > after })
		return all[:min(len(all), limit+1)]
	})},
	{"looks for the tenant after which to begin", "list/every page", listsBent(func(_ *bent, all []string, after string, limit int, _ []string) []string {
		all = all[slices.Index(all, after)+1:]
		return all[:min(len(all), limit)]
	})},
	{"lists no tenants that are empty", "list/ever written", listsBent(func(b *bent, _ []string, _ string, _ int, page []string) []string {
		return kept(page, func(id string) bool { return len(b.all(context.Background(), id).Roles) > 0 })
	})},
	{"lists tenants that it was asked about", "list/ever written", func(b *bent) {
		var asked []string
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			asked = append(asked, tenant)
			return b.Store.Load(ctx, tenant, sel)
		}
		b.tenants = func(ctx context.Context, after string, limit int) ([]string, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			ids, err := b.Store.(store.Lister).Tenants(ctx, after, limit)
			for _, id := range asked {
				if id > after && !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
			slices.Sort(ids)
			return ids[:min(len(ids), limit)], err
		}
	}},
	{"lists without asking the context", "list/the context has ended", func(b *bent) {
		b.tenants = func(ctx context.Context, after string, limit int) ([]string, error) {
			return b.Store.(store.Lister).Tenants(context.WithoutCancel(ctx), after, limit)
		}
	}},
}
