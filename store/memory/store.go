// Package memory is a store that keeps its tenants in memory: for tests,
// examples, and hosts that rebuild their data when they start. Nothing
// outlives the process.
//
// Commit costs O(log n) for each record it changes, Load what it brings, and a
// page of Scan what it walks over, however large the tenant is. The log is
// kept whole until a commit with Erase.
package memory

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/seed80bc5f17/rbac/store"
)

var (
	_ store.Store     = (*Store)(nil)
	_ store.Compactor = (*Store)(nil)
	_ store.Lister    = (*Store)(nil)
)

// Store is a [store.Store] in memory. Its zero value is empty and ready to
// use; it must not be copied after its first use. It is safe for concurrent
// use.
//
// Readers never wait, and never make a commit wait: a tenant is a pointer to
// an immutable state. Commits to one tenant queue; those to different tenants
// run side by side.
type Store struct {
	tenants sync.Map // string → *tenant; a tenant once there stays
}

// tenant is the place that holds the latest state.
type tenant struct {
	writing sync.Mutex // held by the one commit that makes the next state
	latest  atomic.Pointer[state]
}

// New returns an empty store.
func New() *Store { return new(Store) }

// Heads returns the present heads of the tenants, in the order asked.
func (s *Store) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("memory: heads: %w", err)
	}
	heads := make([]store.Head, len(tenants))
	for i, name := range tenants {
		heads[i] = s.state(name).head
	}
	return heads, nil
}

// Load returns the selected part of the tenant's state. Roles come by id,
// assignments by subject and role. The cost is that of the rows it brings.
func (s *Store) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	if err := ctx.Err(); err != nil {
		return store.State{}, fmt.Errorf("memory: load tenant %q: %w", tenant, err)
	}
	return s.state(tenant).load(sel), nil
}

// Scan returns one page of a list. It walks over the rows that [store.Query]
// leaves out by Rows, and Count walks over all that match; else the cost is
// that of the page. An unknown List, or a Limit that is not in
// 1–[store.MaxPage], is an error.
func (s *Store) Scan(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
	if err := ctx.Err(); err != nil {
		return store.Page{}, fmt.Errorf("memory: scan tenant %q: %w", tenant, err)
	}
	page, err := s.state(tenant).scan(q)
	if err != nil {
		return store.Page{}, fmt.Errorf("memory: scan tenant %q: %w", tenant, err)
	}
	return page, nil
}

// Log returns log entries as q says. A Limit that is not in 1–[store.MaxPage]
// is an error.
func (s *Store) Log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("memory: log of tenant %q: %w", tenant, err)
	}
	entries, err := s.state(tenant).entries(q)
	if err != nil {
		return nil, fmt.Errorf("memory: log of tenant %q: %w", tenant, err)
	}
	return entries, nil
}

// Commit appends cs as the revisions after expect. It never fails with
// [store.ErrTransient] or [store.ErrUnknown]. It is ErrCorrupt if a change
// inserts over a record, if its Before is not exactly the record there is, or
// if Before and After have different keys or are both nil. No commits, at the
// present head, are no error and do nothing.
func (s *Store) Commit(ctx context.Context, name string, expect store.Head, cs []store.Commit) error {
	if err := s.commit(ctx, name, expect, cs); err != nil {
		return fmt.Errorf("memory: commit to tenant %q: %w", name, err)
	}
	return nil
}

func (s *Store) commit(ctx context.Context, name string, expect store.Head, cs []store.Commit) error {
	v, ok := s.tenants.Load(name)
	if !ok {
		// Only a commit that may be the first makes a tenant.
		if expect == (store.Head{}) && len(cs) > 0 {
			v, _ = s.tenants.LoadOrStore(name, new(tenant))
		} else {
			v = new(tenant)
		}
	}
	t := v.(*tenant)

	t.writing.Lock()
	defer t.writing.Unlock()
	// Asked only now, since the context may have ended in the queue.
	if err := ctx.Err(); err != nil {
		return err
	}
	base := t.state()
	if base.head != expect {
		return store.ErrConflict
	}
	if len(cs) == 0 {
		return nil
	}
	next := base.edit()
	for i := range cs {
		if err := next.append(&cs[i]); err != nil {
			return err
		}
	}
	t.latest.Store(next)
	return nil
}

func (s *Store) state(name string) *state {
	if v, ok := s.tenants.Load(name); ok {
		return v.(*tenant).state()
	}
	return empty
}

func (t *tenant) state() *state {
	if st := t.latest.Load(); st != nil {
		return st
	}
	return empty
}
