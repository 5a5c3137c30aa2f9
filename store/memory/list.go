package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// Tenants returns the ids of the tenants that were ever written, greater than
// after, in order. A page costs a walk over all of them. A limit that is not in
// 1–[store.MaxPage] is an error.
func (s *Store) Tenants(ctx context.Context, after string, limit int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("memory: tenants: %w", err)
	}
	if err := checkLimit(limit); err != nil {
		return nil, fmt.Errorf("memory: tenants: %w", err)
	}
	var ids []string
	for id, t := range s.tenants.Range {
		// One whose first commit has failed was never written.
		if id := id.(string); id > after && t.(*tenant).state().head != (store.Head{}) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], nil
}
