package rbac_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// newStuck returns a tenant whose lease has ended, in a bubble.
func newStuck(t *testing.T) *pair {
	t.Helper()
	p := newPair(t, rbac.Options{Now: time.Now})
	p.want("yes")
	time.Sleep(p.max)
	return p
}

// asked returns how long a check without a deadline takes, and what it says.
func (p *pair) asked() (time.Duration, error) {
	began := time.Now()
	err := p.here.Check(context.Background(), rbac.As("ann"), fxA)
	return time.Since(began), err
}

// A dead connection does not hold up checks that have no deadline of their own
// for longer than its answer would be of use.
func TestS26_HeadsThatHang(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newStuck(t)
		p.store.hook(func(ctx context.Context, method string) error {
			if method == "Heads" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}, nil)
		if took, err := p.asked(); took > p.max || !errors.Is(err, rbac.ErrStale) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", took, err)
		}
		p.store.hook(nil, nil)
		p.want("yes")
	})
}

// A store that heeds no context holds up those who ask meanwhile, for half a
// minute, and nobody after them; what it says in the end comes too late.
func TestS26_AStoreThatNeverReturns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newStuck(t)
		release := make(chan struct{})
		var calls atomic.Int32
		p.store.hook(nil, func(_ context.Context, method string) error {
			if method == "Heads" && calls.Add(1) == 1 {
				<-release
			}
			return nil
		})
		if took, err := p.asked(); took > time.Minute || !errors.Is(err, rbac.ErrStale) || !errors.Is(err, rbac.ErrUnavailable) {
			t.Errorf("after %v: %v", took, err)
		}
		if took, err := p.asked(); took != 0 || err != nil {
			t.Errorf("another call, answered at once: after %v: %v", took, err)
		}
		p.revoke()
		close(release)
		time.Sleep(p.max)
		p.want("no")
	})
}
