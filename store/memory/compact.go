package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// Compact hands out the oldest entries of the tenant's log, in pages of
// [store.MaxPage], and deletes them. It costs what it hands out and, once,
// what is left.
func (s *Store) Compact(ctx context.Context, name string, before int64, hand func([]store.Commit) error) (removed int, err error) {
	v, ok := s.tenants.Load(name)
	if !ok {
		v = new(tenant)
	}
	t := v.(*tenant)
	defer func() {
		if removed > 0 {
			t.forget(0, true)
		}
		if err != nil {
			err = fmt.Errorf("memory: compact tenant %q: %w", name, err)
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		page := t.state().oldest(before)
		if len(page) == 0 {
			return removed, nil
		}
		last := page[len(page)-1].Revision
		if err := hand(page); err != nil {
			return removed, err
		}
		removed += t.forget(last, false)
	}
}

// oldest returns the page to be handed out next.
func (s *state) oldest(before int64) []store.Commit {
	end := min(s.logged(s.head.Revision), store.MaxPage)
	log := s.log[:end]
	if i := slices.IndexFunc(log, func(c *store.Commit) bool { return c.Time >= before }); i >= 0 {
		log = log[:i]
	}
	return appendRows(nil, slices.Values(log))
}

// forget makes a state without the entries up to the last, and returns how
// many those were. With trim it takes a new array, so that what was forgotten
// does not stay in the old one.
func (t *tenant) forget(last uint64, trim bool) int {
	t.writing.Lock()
	defer t.writing.Unlock()
	next := *t.state()
	n := next.logged(last + 1)
	next.log = next.log[n:]
	if trim {
		next.log = slices.Clone(next.log)
	}
	t.latest.Store(&next)
	return n
}
