package rbac_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// fxStore counts the calls of a store, checks that every identifier that
// reaches it has been validated, and fails or delays calls on request.
type fxStore struct {
	inner *memory.Store
	t     testing.TB

	mu    sync.Mutex
	calls map[string]int
	// fault, if set, is asked before each call, the n-th of its method from 1.
	fault func(ctx context.Context, method string, n int) error
	// commit, if set, stands in for the inner store's Commit.
	commit func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error
}

func (s *fxStore) enter(ctx context.Context, method string, ids ...string) error {
	for _, id := range ids {
		if id != "" && (!utf8.ValidString(id) || strings.ContainsRune(id, 0) || len(id) > 255) {
			s.t.Errorf("%s: identifier %.40q reached the store without having been validated", method, id)
		}
	}
	s.mu.Lock()
	s.calls[method]++
	n, fault := s.calls[method], s.fault
	s.mu.Unlock()
	if fault != nil {
		return fault(ctx, method, n)
	}
	return nil
}

func (s *fxStore) total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		n += c
	}
	return n
}

func (s *fxStore) setFault(f func(ctx context.Context, method string, n int) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.fault = map[string]int{}, f
}

func (s *fxStore) setCommit(f func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit = f
}

func (s *fxStore) Heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	if err := s.enter(ctx, "Heads", tenants...); err != nil {
		return nil, err
	}
	return s.inner.Heads(ctx, tenants)
}

func (s *fxStore) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	ids := []string{tenant}
	for _, sub := range sel.Subjects {
		ids = append(ids, sub.ID)
	}
	if err := s.enter(ctx, "Load", ids...); err != nil {
		return store.State{}, err
	}
	return s.inner.Load(ctx, tenant, sel)
}

func (s *fxStore) Scan(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
	if err := s.enter(ctx, "Scan", tenant, q.Role, q.Group, q.After.Subject.ID, q.After.Role, q.After.Group); err != nil {
		return store.Page{}, err
	}
	return s.inner.Scan(ctx, tenant, q)
}

func (s *fxStore) Log(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
	if err := s.enter(ctx, "Log", tenant); err != nil {
		return nil, err
	}
	return s.inner.Log(ctx, tenant, q)
}

func (s *fxStore) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	if err := s.enter(ctx, "Commit", tenant); err != nil {
		return err
	}
	s.mu.Lock()
	commit := s.commit
	s.mu.Unlock()
	if commit != nil {
		return commit(ctx, tenant, expect, cs)
	}
	return s.inner.Commit(ctx, tenant, expect, cs)
}
