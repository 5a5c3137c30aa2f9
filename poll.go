package rbac

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

// flight is a question to the store about a tenant that several callers wait
// for. Nobody's context is its own: who gives up leaves the others theirs.
type flight struct {
	number   uint64 // of its question, at the earliest
	user     string // to be read as well, if the tenant has to be loaded
	began    time.Time
	done     chan struct{}
	snap     *snapshot // what was loaded, which may have been evicted since
	err      error
	panicked any // in the host's store; goes on in those who wait
}

const (
	pollTimeout = storeTimeout // of a flight: a large tenant takes a while to load
	minHeads    = time.Second  // for the store to name heads, at the least
)

// errNoAnswer is what a flight comes to that ends without one: the host's store
// has ended its goroutine.
var errNoAnswer = errors.New("rbac: the store has not returned")

// poll loads the tenant or brings its snapshot up to date, together with others
// who want the same. With since it wants an answer to a question asked later
// than that; else one that others have had just now will do.
func (c *cell) poll(ctx context.Context, user string, since uint64) (*flight, error) {
	stuck := time.NewTimer(pollTimeout + grace)
	defer stuck.Stop()
	for {
		c.flying.Lock()
		f := c.flight
		if f == nil || time.Since(f.began) >= pollTimeout+grace { // it is stuck in a store that heeds no context
			if s := c.snap.Load(); since == 0 && s != nil && c.lasts(s) {
				c.flying.Unlock()
				return &flight{}, nil
			}
			f = &flight{user: user, began: time.Now(), done: make(chan struct{}), err: unavailable(errNoAnswer)}
			c.mu.Lock()
			f.number = c.asked + 1
			c.mu.Unlock()
			c.flight = f
			go c.fly(f)
		}
		c.flying.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return f, unavailable(ctx.Err())
		case <-stuck.C:
			return f, unavailable(errNoAnswer)
		}
		if f.panicked != nil {
			panic(f.panicked)
		}
		if f.number > since {
			return f, f.err
		}
	}
}

func (c *cell) fly(f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), pollTimeout)
	defer cancel()
	defer func() {
		f.panicked = recover()
		c.flying.Lock()
		if c.flight == f {
			c.flight = nil
		}
		c.flying.Unlock()
		close(f.done)
	}()
	f.snap, f.err = c.revalidate(ctx, f.user)
}

// revalidate asks for the head and reads what is new, or loads the tenant.
func (c *cell) revalidate(ctx context.Context, user string) (*snapshot, error) {
	for range maxAttempts {
		s := c.snap.Load()
		if s == nil {
			_, s, err := c.load(ctx, c.engine.store, []string{user})
			return s, err
		}
		q := c.ask()
		heads, err := c.engine.heads(ctx, []string{c.tenant})
		if err != nil {
			return nil, err
		}
		if err = c.settle(ctx, heads[0], q); !errors.Is(err, errMoved) {
			return nil, err
		}
	}
	return nil, unavailable(errMoved)
}

// heads asks for the heads of tenants.
func (e *engine) heads(ctx context.Context, tenants []string) ([]store.Head, error) {
	tenant := ""
	if len(tenants) == 1 {
		tenant = tenants[0]
	}
	sent := e.now()
	// An answer much later than MaxStaleness would be of no use, and a dead
	// connection must not hold up everybody.
	ctx, cancel := context.WithTimeout(ctx, max(time.Duration(e.maxStale)*time.Microsecond, minHeads))
	defer cancel()
	heads, err := patiently(ctx, e, tenant, func() ([]store.Head, error) { return e.store.Heads(ctx, tenants) })
	if err == nil && len(heads) != len(tenants) {
		err = store.ErrCorrupt
	}
	e.observe(Observation{Event: ObservedPoll, Tenant: tenant, Took: e.since(sent), Count: len(tenants), Err: err})
	if err != nil {
		return nil, unavailable(err)
	}
	return heads, nil
}

// settle acts on the answer to a question for the head: it renews the lease,
// reads what is new, or loads anew where the log does not lead from the
// snapshot to the head. It is errMoved if the question is best asked again.
func (c *cell) settle(ctx context.Context, head store.Head, q asking) error {
	c.mu.Lock()
	s := c.snap.Load()
	same := s != nil && s.head == head
	if same {
		c.renew(s, q)
	}
	moved := c.moves != q.moves
	c.mu.Unlock()
	switch {
	case same:
		return nil
	case s == nil:
		return errMoved
	case head.Revision > s.head.Revision:
		_, err := c.catchUp(ctx, c.engine.store, s, head, q)
		if !errors.Is(err, errMoved) {
			return err
		}
		if cur := c.snap.Load(); cur != nil && cur.head.Revision > s.head.Revision {
			return errMoved // somebody was faster, and perhaps further
		}
	case moved:
		return errMoved // the answer may be older than what was published since
	}
	_, _, err := c.load(ctx, c.engine.store, nil)
	return err
}

// want is what a view of an Authority asks for beyond the ordinary.
type want struct {
	least store.Head    // AtLeast
	fresh bool          // Fresh
	stale time.Duration // ServeStale
	bad   bool          // AtLeast of something that is no token of the tenant
}

// met reports whether a head is as late as AtLeast asked for.
func (w *want) met(head store.Head) bool {
	if w == nil || w.least.Revision == 0 {
		return true
	}
	return head.Revision > w.least.Revision || head == w.least
}

// finding is what a lookup comes to: a user in a snapshot that may be used, at a
// time in µs.
type finding struct {
	snap *snapshot
	sub  *subject
	at   int64
	hit  bool // without asking the store
}

// lookup finds a user in a snapshot that is recent enough for w.
func (c *cell) lookup(ctx context.Context, user string, w *want) (finding, error) {
	c.mu.Lock()
	arrived := c.asked
	c.mu.Unlock()
	for round := range maxAttempts {
		s, hit, err := c.recent(ctx, user, w, arrived)
		if err != nil {
			return c.stale(s, user, w, err)
		}
		if s.find(user) == nil {
			s, err = c.fetch(ctx, user)
			if errors.Is(err, errMoved) {
				if round < maxCatchUps {
					continue
				}
				_, s, err = c.load(ctx, c.engine.store, []string{user})
			}
			if err != nil {
				return finding{}, err
			}
			hit = false
		}
		now := c.engine.moment()
		if s.lease.holds(now, c.engine.maxStale) && w.met(s.head) {
			return finding{s, s.find(user), max(now.wall, s.time), hit && round == 0}, nil
		}
		if w != nil && w.fresh {
			break // what was asked after the call began is too old already
		}
	}
	return finding{}, fmt.Errorf("%w: the store answers too slowly", ErrStale)
}

// recent returns the snapshot, polled if it has to be. With an error there may
// be an older one.
func (c *cell) recent(ctx context.Context, user string, w *want, arrived uint64) (s *snapshot, hit bool, err error) {
	var f *flight
	s = c.snap.Load()
	switch {
	case w != nil && w.fresh, s != nil && !w.met(s.head):
		f, err = c.poll(ctx, user, arrived)
	case s != nil && c.lasts(s):
		return s, true, nil
	default:
		// An answer that others wait for already will do, unless it turns out
		// to be too old.
		f, err = c.poll(ctx, user, 0)
		if cur := c.snap.Load(); err == nil && f.number <= arrived && (cur == nil || !c.lasts(cur) || !w.met(cur.head)) {
			f, err = c.poll(ctx, user, arrived)
		}
	}
	if err != nil {
		return s, false, err
	}
	if s = c.snap.Load(); s == nil { // evicted just now
		if s = f.snap; s == nil || f.number <= arrived || s.find(user) == nil {
			_, s, err = c.load(ctx, c.engine.store, []string{user})
		}
	}
	if err == nil && !w.met(s.head) {
		err = ErrStale
	}
	return s, false, err
}

func (c *cell) lasts(s *snapshot) bool {
	return s.lease.holds(c.engine.moment(), c.engine.maxStale)
}

// find returns the user, or nil if nothing is known of them.
func (s *snapshot) find(user string) *subject {
	if sub := s.users.Get(user); sub != nil {
		return sub
	}
	if s.all {
		return s.none
	}
	return nil
}

// stale is the end of a lookup for which the store gave no answer: an error,
// or what ServeStale allows.
func (c *cell) stale(s *snapshot, user string, w *want, cause error) (finding, error) {
	if s == nil || errors.Is(cause, ErrStale) || errors.Is(cause, context.Canceled) {
		return finding{}, cause
	}
	if w != nil && w.stale > 0 && w.met(s.head) {
		now := c.engine.moment()
		if sub := s.find(user); sub != nil && s.lease.holds(now, w.stale.Microseconds()) {
			return finding{s, sub, max(now.wall, s.time), false}, nil
		}
	}
	return finding{}, fmt.Errorf("%w: %w", ErrStale, cause)
}
