package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

const ruleContext = "When ctx has ended, methods return an error that wraps ctx.Err()."

var contextCases = []Case{
	{
		Name: "context/cancelled",
		Rule: ruleContext,
		Check: func(ctx context.Context, s store.Store) error {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			return afterTheEnd(ctx, ended, s)
		},
	},
	{
		Name: "context/cancelled for a cause",
		Rule: ruleContext,
		Check: func(ctx context.Context, s store.Store) error {
			ended, cancel := context.WithCancelCause(ctx)
			cancel(errors.New("a cause"))
			return afterTheEnd(ctx, ended, s)
		},
	},
	{
		Name: "context/past its deadline",
		Rule: ruleContext,
		Check: func(ctx context.Context, s store.Store) error {
			ended, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
			defer cancel()
			return afterTheEnd(ctx, ended, s)
		},
	},
}

// afterTheEnd calls every method with a context that has ended, on a tenant
// never written and on one that was.
func afterTheEnd(ctx, ended context.Context, s store.Store) error {
	for _, t := range []*tenant{newTenant(ctx, s, "never-written"), threeCommits(ctx, s)} {
		cs := dated(t.head, []store.Commit{insert(role("late")), insert(belongs(user("late"), "eng"))})
		calls := []struct {
			name string
			call func() error
		}{
			{"Heads", func() error { _, err := s.Heads(ended, []string{t.name}); return err }},
			{"Load", func() error { _, err := s.Load(ended, t.name, store.Selection{Model: true, AllUpTo: 10}); return err }},
			{"Load of nothing", func() error { _, err := s.Load(ended, t.name, store.Selection{}); return err }},
			{"Scan", func() error {
				_, err := s.Scan(ended, t.name, store.Query{List: store.Assignments, Limit: 10})
				return err
			}},
			{"Scan to count", func() error {
				_, err := s.Scan(ended, t.name, store.Query{List: store.Groups, Count: true})
				return err
			}},
			{"Log", func() error { _, err := s.Log(ended, t.name, store.LogQuery{Limit: 10}); return err }},
			{"Log after the head", func() error { _, err := s.Log(ended, t.name, store.LogQuery{After: t.head, Limit: 10}); return err }},
			{"Log backward", func() error { _, err := s.Log(ended, t.name, store.LogQuery{Backward: true, Limit: 10}); return err }},
			{"Commit", func() error { return s.Commit(ended, t.name, t.head, cloned(cs)) }},
		}
		for _, c := range calls {
			if err := c.call(); !errors.Is(err, ended.Err()) {
				return fmt.Errorf("%s of tenant %q = %v, want an error that wraps %q", c.name, t.name, err, ended.Err())
			}
		}
		t.audit()
		t.commit(cs...) // the very same, in time
		t.audit()
		if t.err != nil {
			return fmt.Errorf("after calls whose context had ended: %w", t.err)
		}
	}
	return nil
}
