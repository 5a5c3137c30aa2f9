package rbac

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

const (
	maxAttempts = 8 // in a row that a store may fail and say that it may pass
	firstPause  = 500 * time.Microsecond
	maxPause    = 50 * time.Millisecond
)

// backoff spaces out attempts: short, growing, jittered, within the context.
type backoff struct {
	pauses   int
	failures int
}

// pause waits, and returns the context's error if it ends first.
func (b *backoff) pause(ctx context.Context) error {
	limit := min(firstPause<<min(b.pauses, 10), maxPause)
	b.pauses++
	timer := time.NewTimer(time.Duration(rand.Int64N(int64(limit))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// after pauses after a failure that may pass, or gives up on it.
func (b *backoff) after(ctx context.Context, err error) error {
	if b.failures++; b.failures >= maxAttempts {
		return unavailable(err)
	}
	if b.pause(ctx) != nil {
		return unavailable(ctx.Err())
	}
	return nil
}

// patiently repeats a read that fails for a reason that may pass. The tenant is
// "" for a read about several.
func patiently[T any](ctx context.Context, e *engine, tenant string, read func() (T, error)) (T, error) {
	for wait := (backoff{}); ; {
		v, err := read()
		if !errors.Is(err, store.ErrTransient) {
			return v, err
		}
		if end := wait.after(ctx, err); end != nil {
			return v, end
		}
		e.observe(Observation{Event: ObservedRetry, Tenant: tenant, Err: err})
	}
}
