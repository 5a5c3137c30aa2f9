package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

const ruleList = "Tenants returns the ids of the tenants that were ever written, bytewise greater than after, in order, at most limit."

// listCases are for stores that implement store.Lister; for others there is
// nothing in them.
var listCases = []Case{
	{
		Name: "list/every page",
		Rule: ruleList,
		Check: ofListers(func(ctx context.Context, s store.Lister) error {
			var want []string
			for _, name := range []string{
				"acme", "Acme", "acme2", "acm", "ácme", "a/b", "%", "_", "Z", "z", "10", "9", "'", "\U0001f600", "\uff5e", strings.Repeat("x", 128),
			} {
				t := newTenant(ctx, s.(store.Store), name)
				if t.commit(insert(role("r1"))); t.err != nil {
					return t.err
				}
				want = append(want, name)
			}
			slices.Sort(want)
			for limit := 1; limit <= len(want)+1; limit++ {
				for _, after := range append([]string{"", "a", "acme1", "acmf", "zz", "\U0010ffff"}, want...) {
					if err := listed(ctx, s, after, limit, want); err != nil {
						return err
					}
				}
			}
			return listed(ctx, s, "", store.MaxPage, want)
		}),
	},
	{
		Name: "list/ever written",
		Rule: "Tenants returns the tenants that were ever written, erased ones among them.",
		Check: ofListers(func(ctx context.Context, s store.Lister) error {
			full := s.(store.Store)
			written, erased, never := newTenant(ctx, full, "written"), newTenant(ctx, full, "erased"), newTenant(ctx, full, "never")
			if err := listed(ctx, s, "", 10, nil); err != nil {
				return err
			}
			written.commit(store.Commit{})
			erased.commit(insert(role("r1")))
			erased.commit(erase())
			never.audit()
			never.refused(store.ErrConflict, store.Head{Revision: 1, Commit: "c"}, insert(role("r1")))
			never.refused(store.ErrCorrupt, store.Head{}, remove(role("r1")))
			if err := firstError(written, erased, never); err != nil {
				return err
			}
			return listed(ctx, s, "", 10, []string{"erased", "written"})
		}),
	},
	{
		Name: "list/the context has ended",
		Rule: "When ctx has ended, methods return an error that wraps ctx.Err().",
		Check: ofListers(func(ctx context.Context, s store.Lister) error {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			if ids, err := s.Tenants(ended, "", 1); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("the call Tenants with an ended context = %q, %v, want %q", ids, err, context.Canceled)
			}
			return nil
		}),
	},
}

// listed compares a page with all tenants there are.
func listed(ctx context.Context, s store.Lister, after string, limit int, all []string) error {
	want := filter(all, func(id string) bool { return id > after })
	want = want[:min(len(want), limit)]
	var got []string
	err := patiently(func() (err error) {
		got, err = s.Tenants(ctx, after, limit)
		return err
	})
	if err != nil || !slices.Equal(want, got) {
		return fmt.Errorf("the call Tenants(%q, %d) = %q, %v, want %q", after, limit, got, err, want)
	}
	return nil
}

// ofListers runs the case on stores that have the capability.
func ofListers(check func(context.Context, store.Lister) error) func(context.Context, store.Store) error {
	return func(ctx context.Context, s store.Store) error {
		if l, ok := s.(store.Lister); ok {
			return check(ctx, l)
		}
		return nil
	}
}
