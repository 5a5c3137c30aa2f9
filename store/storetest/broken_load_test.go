package storetest_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

var loadFlaws = []flaw{
	{"fails on a tenant never written", "heads/never written", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			if b.head(ctx, tenant) == (store.Head{}) {
				return store.State{}, fmt.Errorf("no tenant %q", tenant)
			}
			return b.Store.Load(ctx, tenant, sel)
		}
	}},
	{"sorts the heads", "heads/in the order asked", func(b *bent) {
		b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
			return b.Store.Heads(ctx, slices.Sorted(slices.Values(tenants)))
		}
	}},
	{"gives each head once", "heads/in the order asked", func(b *bent) {
		b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
			var once []string
			for _, t := range tenants {
				if !slices.Contains(once, t) {
					once = append(once, t)
				}
			}
			return b.Store.Heads(ctx, once)
		}
	}},
	{"gives 1,000 heads at most", "heads/of many tenants", func(b *bent) {
		b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
			return b.Store.Heads(ctx, tenants[:min(len(tenants), 1000)])
		}
	}},
	{"serves a head twice before it asks again", "heads/seen by every method at once", func(b *bent) {
		cache := make(map[string]store.Head)
		b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			heads, err := b.Store.Heads(ctx, tenants)
			for i, t := range tenants {
				if head, ok := cache[t]; ok && err == nil {
					heads[i] = head
					delete(cache, t)
				} else if err == nil {
					cache[t] = heads[i]
				}
			}
			return heads, err
		}
	}},
	{"reads from a replica one commit behind", "heads/seen by every method at once", func(b *bent) {
		last, now := make(map[string]store.State), make(map[string]store.State)
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			before := b.all(ctx, tenant)
			err := b.Store.Commit(ctx, tenant, expect, cs)
			if err == nil {
				last[tenant], now[tenant] = before, b.all(ctx, tenant)
			}
			return err
		}
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if len(sel.Subjects) == 1 && last[tenant].Head != now[tenant].Head {
				st := last[tenant]
				st.All, st.Roles = false, nil
				st.Assignments = kept(st.Assignments, func(a store.Assignment) bool { return a.Subject == sel.Subjects[0] })
				st.Memberships = nil
				return st, ctx.Err()
			}
			return b.Store.Load(ctx, tenant, sel)
		}
	}},
	{"takes the greatest time for the head's", "load/nothing", func(b *bent) {
		greatest := make(map[string]int64)
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			st, err := b.Store.Load(ctx, tenant, sel)
			greatest[tenant] = max(greatest[tenant], st.Time)
			st.Time = greatest[tenant]
			return st, err
		}
	}},
	{"loads users' memberships with the model", "load/model", loadsBent(func(b *bent, ctx context.Context, tenant string, sel store.Selection, st *store.State) {
		if sel.Model && !st.All {
			st.Memberships = b.all(ctx, tenant).Memberships
		}
	})},
	{"loads the members of a group asked for", "load/subjects", loadsBent(func(b *bent, ctx context.Context, tenant string, sel store.Selection, st *store.State) {
		for _, m := range b.all(ctx, tenant).Memberships {
			if !st.All && slices.Contains(sel.Subjects, store.Subject{Kind: store.Group, ID: m.Group}) && !slices.Contains(st.Memberships, m) {
				st.Memberships = append(st.Memberships, m)
			}
		}
	})},
	{"loads a subject asked for twice twice", "load/a subject twice", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			st, err := b.Store.Load(ctx, tenant, sel)
			for i, s := range sel.Subjects {
				if !st.All && s.Kind == store.User && slices.Contains(sel.Subjects[:i], s) {
					more, _ := b.Store.Load(ctx, tenant, store.Selection{Subjects: []store.Subject{s}})
					st.Assignments = append(st.Assignments, more.Assignments...)
				}
			}
			return st, err
		}
	}},
	{"loads groups for the model and as subjects", "load/groups with the model", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			st, err := b.Store.Load(ctx, tenant, sel)
			groups := kept(sel.Subjects, func(s store.Subject) bool { return s.Kind == store.Group })
			if sel.Model && !st.All && err == nil {
				more, _ := b.Store.Load(ctx, tenant, store.Selection{Subjects: groups})
				st.Assignments = append(st.Assignments, more.Assignments...)
			}
			return st, err
		}
	}},
	{"truncates all silently", "load/all up to", loadsBent(func(b *bent, ctx context.Context, tenant string, sel store.Selection, st *store.State) {
		if sel.AllUpTo > 0 && !st.All {
			all := b.all(ctx, tenant)
			st.All = true
			st.Assignments = all.Assignments[:min(len(all.Assignments), sel.AllUpTo)]
			st.Memberships = all.Memberships[:min(len(all.Memberships), sel.AllUpTo-len(st.Assignments))]
		}
	})},
	{"takes all up to for less than", "load/all up to", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			sel.AllUpTo = max(0, sel.AllUpTo-1)
			return b.Store.Load(ctx, tenant, sel)
		}
	}},
	{"counts assignments only", "load/all of the one kind", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			if all := b.all(ctx, tenant); sel.AllUpTo > 0 && len(all.Assignments) <= sel.AllUpTo {
				sel.AllUpTo += len(all.Memberships)
			}
			return b.Store.Load(ctx, tenant, sel)
		}
	}},
	{"loads subjects once more beside all", "load/everything asked at once", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			st, err := b.Store.Load(ctx, tenant, sel)
			if st.All && len(sel.Subjects) > 0 {
				more, _ := b.Store.Load(ctx, tenant, store.Selection{Subjects: sel.Subjects})
				st.Memberships = append(st.Memberships, more.Memberships...)
			}
			return st, err
		}
	}},
	{"loads 1,000 subjects at most", "load/many subjects", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			sel.Subjects = sel.Subjects[:min(len(sel.Subjects), 1000)]
			return b.Store.Load(ctx, tenant, sel)
		}
	}},
}
