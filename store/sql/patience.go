package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

// How long a store waits for a database that does not queue, in all, and
// between two tries at most.
const (
	patience  = 5 * time.Second
	longPause = 20 * time.Millisecond
)

// patiently repeats f while the database is busy. SQLite does the same where
// the connection has a busy_timeout; plain ones have none, and in some cases,
// such as a commit that waits for readers of a shared cache, it is not used.
// f must have written nothing when it fails.
func (s *Store) patiently(ctx context.Context, f func() error) error {
	err := f()
	if !s.dialect.patient {
		return err
	}
	start, pause := time.Now(), time.Millisecond/4
	for s.busy(err) && ctx.Err() == nil && time.Since(start) < patience {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
		pause = min(2*pause, longPause)
		err = f()
	}
	return err
}

func (s *Store) busy(err error) bool {
	if err == nil || errors.Is(err, store.ErrUnknown) {
		return false
	}
	class := s.class(err)
	return class == Transient || class == Stale
}

// enterLane waits for the turn of a writer where there is room for one, and
// returns what ends it.
func (s *Store) enterLane(ctx context.Context) (leave func(), err error) {
	if !s.dialect.patient {
		return func() {}, nil
	}
	select {
	case s.lane <- struct{}{}:
		return func() { <-s.lane }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
