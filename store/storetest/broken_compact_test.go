package storetest_test

import (
	"context"
	"errors"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// shortened is a log from which entries were taken, one by one.
type shortened struct {
	b    *bent
	gone map[string]map[uint64]bool // tenant, revision
	lost bool                       // the last answer was
}

// compaction is one call of Compact.
type compaction struct {
	*shortened
	ctx    context.Context
	tenant string
	before int64
	hand   func([]store.Commit) error
}

// compactsBent makes a bend of which f is the Compact.
func compactsBent(f func(c *compaction) (int, error)) func(*bent) {
	return func(b *bent) {
		s := &shortened{b: b, gone: make(map[string]map[uint64]bool)}
		b.log = s.log
		b.compact = func(ctx context.Context, tenant string, before int64, hand func([]store.Commit) error) (int, error) {
			return f(&compaction{s, ctx, tenant, before, hand})
		}
	}
}

// whole returns what is left of the log, oldest first.
func (s *shortened) whole(ctx context.Context, tenant string) ([]store.Commit, error) {
	var log []store.Commit
	for q := (store.LogQuery{Backward: true, Limit: store.MaxPage}); ; {
		page, err := s.b.Store.Log(ctx, tenant, q)
		if err != nil {
			return nil, err
		}
		log = append(log, page...)
		if len(page) < q.Limit {
			break
		}
		q.Before = page[len(page)-1].Revision
	}
	slices.Reverse(log)
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	return kept(log, func(c store.Commit) bool { return !s.gone[tenant][c.Revision] }), nil
}

// log answers from what is left.
func (s *shortened) log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	s.b.mu.Lock()
	none := len(s.gone[tenant]) == 0
	s.b.mu.Unlock()
	if none {
		return s.b.Store.Log(ctx, tenant, q)
	}
	log, err := s.whole(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if q.Backward {
		log = kept(log, func(c store.Commit) bool { return q.Before == 0 || c.Revision < q.Before })
		slices.Reverse(log)
		return log[:min(len(log), q.Limit)], nil
	}
	if q.After == s.b.head(ctx, tenant) {
		return nil, nil
	}
	i := slices.IndexFunc(log, func(c store.Commit) bool { return c.Revision == q.After.Revision && c.ID == q.After.Commit })
	if i < 0 || i == len(log)-1 {
		return nil, store.ErrCompacted
	}
	return log[i+1 : min(len(log), i+1+q.Limit)], nil
}

// forget deletes entries.
func (s *shortened) forget(tenant string, entries ...store.Commit) {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if s.gone[tenant] == nil {
		s.gone[tenant] = make(map[uint64]bool)
	}
	for _, c := range entries {
		s.gone[tenant][c.Revision] = true
	}
}

// due returns what is to be handed out.
func (c *compaction) due() ([]store.Commit, error) {
	log, err := c.whole(c.ctx, c.tenant)
	head := c.b.head(c.ctx, c.tenant).Revision
	if i := slices.IndexFunc(log, func(e store.Commit) bool { return e.Revision == head || e.Time >= c.before }); i >= 0 {
		log = log[:i]
	}
	return log, err
}

// pages hands out what is due in pages, and deletes what delete is called
// with.
func (c *compaction) pages(size int, hand func(page []store.Commit) (delete []store.Commit, err error)) (int, error) {
	due, err := c.due()
	if err != nil {
		return 0, err
	}
	removed := 0
	for page := range slices.Chunk(due, size) {
		gone, err := hand(page)
		c.forget(c.tenant, gone...)
		removed += len(gone)
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// give hands out a page and returns what of it may be deleted.
func (c *compaction) give(page []store.Commit) ([]store.Commit, error) {
	if err := c.hand(slices.Clone(page)); err != nil {
		return nil, err
	}
	return page, nil
}

// rightly is right.
func rightly(c *compaction) (int, error) { return c.pages(1, c.give) }

// handsOutAgain is right: every other page is lost on its way to be deleted.
func handsOutAgain(c *compaction) (int, error) {
	return c.pages(2, func(page []store.Commit) ([]store.Commit, error) {
		gone, err := c.give(page)
		if c.lost = !c.lost; c.lost && err == nil {
			return nil, store.ErrTransient
		}
		return gone, err
	})
}

var compactFlaws = []flaw{
	{"deletes before it hands out", "compact/handed out before it is deleted", compactsBent(func(c *compaction) (int, error) {
		return c.pages(4, func(page []store.Commit) ([]store.Commit, error) {
			c.forget(c.tenant, page...)
			return c.give(page)
		})
	})},
	{"deletes what hand has refused", "compact/refused by hand", compactsBent(func(c *compaction) (int, error) {
		return c.pages(100, func(page []store.Commit) ([]store.Commit, error) { return page, c.hand(page) })
	})},
	{"does not tell that hand has refused", "compact/refused by hand", compactsBent(func(c *compaction) (int, error) {
		n, err := rightly(c)
		if c.ctx.Err() == nil {
			err = nil
		}
		return n, err
	})},
	{"goes on after hand has refused", "compact/refused by hand", compactsBent(func(c *compaction) (int, error) {
		var errs []error
		n, err := c.pages(100, func(page []store.Commit) ([]store.Commit, error) {
			page, err := c.give(page)
			errs = append(errs, err)
			return page, nil
		})
		return n, errors.Join(err, errors.Join(errs...))
	})},
	{"keeps the page before the one that was refused", "compact/refused by hand", compactsBent(func(c *compaction) (int, error) {
		var all []store.Commit
		n, err := c.pages(100, func(page []store.Commit) ([]store.Commit, error) {
			page, err := c.give(page)
			all = append(all, page...)
			return nil, err
		})
		if err != nil {
			return n, err
		}
		c.forget(c.tenant, all...)
		return len(all), nil
	})},
	{"hands out all at once", "compact/refused by hand", compactsBent(func(c *compaction) (int, error) { return c.pages(1<<20, c.give) })},
	{"deletes the head's entry", "compact/the head's entry stays", compactsBent(func(c *compaction) (int, error) {
		log, err := c.whole(c.ctx, c.tenant)
		if i := slices.IndexFunc(log, func(e store.Commit) bool { return e.Time >= c.before }); i >= 0 {
			log = log[:i]
		}
		if err != nil || len(log) == 0 {
			return 0, err
		}
		page, err := c.give(log)
		c.forget(c.tenant, page...)
		return len(page), err
	})},
	{"leaves a hole in the middle", "compact/no hole in the middle", compactsBent(func(c *compaction) (int, error) {
		log, err := c.whole(c.ctx, c.tenant)
		head := c.b.head(c.ctx, c.tenant).Revision
		log = kept(log, func(e store.Commit) bool { return e.Revision != head && e.Time < c.before })
		if err != nil || len(log) == 0 {
			return 0, err
		}
		page, err := c.give(log)
		c.forget(c.tenant, page...)
		return len(page), err
	})},
	{"deletes what is too young", "compact/every border", compactsBent(func(c *compaction) (int, error) {
		if c.before < 1<<62 {
			c.before++
		}
		return rightly(c)
	})},
	{"deletes less than it is to", "compact/every border", compactsBent(func(c *compaction) (int, error) {
		c.before--
		return rightly(c)
	})},
	{"counts wrongly", "compact/every border", compactsBent(func(c *compaction) (int, error) {
		n, err := rightly(c)
		return min(n, 1), err
	})},
	{"hands out the newest first", "compact/every border", compactsBent(func(c *compaction) (int, error) {
		return c.pages(4, func(page []store.Commit) ([]store.Commit, error) {
			page = slices.Clone(page)
			slices.Reverse(page)
			return c.give(page)
		})
	})},
	{"counts the pages of a log that gets shorter", "compact/every border", compactsBent(func(c *compaction) (int, error) {
		removed := 0
		for at := 0; ; at += 2 {
			due, err := c.due()
			if err != nil || at >= len(due) {
				return removed, err
			}
			page, err := c.give(due[at:min(len(due), at+2)])
			c.forget(c.tenant, page...)
			removed += len(page)
			if err != nil {
				return removed, err
			}
		}
	})},
	{"reads the log on after what it has deleted", "compact/every border", func(b *bent) {
		compactsBent(rightly)(b)
		right := b.log
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			entries, err := right(ctx, tenant, q)
			if errors.Is(err, store.ErrCompacted) && q.After.Commit != "" {
				entries, err = right(ctx, tenant, store.LogQuery{Backward: true, Limit: q.Limit})
				slices.Reverse(entries)
				entries = kept(entries, func(c store.Commit) bool { return c.Revision > q.After.Revision })
			}
			return entries, err
		}
	}},
	{"hands out entries without what was asked", "compact/every field", compactsBent(func(c *compaction) (int, error) {
		return c.pages(4, func(page []store.Commit) ([]store.Commit, error) {
			return c.give(copied(page, func(e *store.Commit) { e.Entry = []byte("{}") }))
		})
	})},
	{"hands out a page of nothing", "compact/nothing to hand out", compactsBent(func(c *compaction) (int, error) {
		due, err := c.due()
		if err == nil && len(due) == 0 {
			err = c.hand(nil)
		}
		if err != nil {
			return 0, err
		}
		return rightly(c)
	})},
	{"compacts all tenants", "compact/other tenants stay", func(b *bent) {
		var names []string
		compactsBent(func(c *compaction) (int, error) {
			for _, name := range names {
				if log, err := c.whole(c.ctx, name); err == nil && name != c.tenant {
					c.forget(name, log[:len(log)-1]...)
				}
			}
			return rightly(c)
		})(b)
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			names = append(names, tenant)
			b.mu.Unlock()
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
	}},
	{"deletes all up to the head that there is afterwards", "compact/commits come in between", compactsBent(func(c *compaction) (int, error) {
		return c.pages(4, func(page []store.Commit) ([]store.Commit, error) {
			if _, err := c.give(page); err != nil {
				return nil, err
			}
			return c.due()
		})
	})},
	{"deletes as many as it has handed out", "compact/an erasure comes in between", compactsBent(deletesAsMany)},
	{"deletes as many as it has handed out, twice", "compact/two at once", compactsBent(deletesAsMany)},
	{"compacts without asking the context", "compact/the context has ended", compactsBent(func(c *compaction) (int, error) {
		c.ctx = context.WithoutCancel(c.ctx)
		return rightly(c)
	})},
}

// deletesAsMany deletes the oldest entries there are.
func deletesAsMany(c *compaction) (int, error) {
	return c.pages(9, func(page []store.Commit) ([]store.Commit, error) {
		if _, err := c.give(page); err != nil {
			return nil, err
		}
		log, err := c.whole(c.ctx, c.tenant)
		return log[:min(len(log), len(page))], err
	})
}
