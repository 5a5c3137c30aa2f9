package rbac

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

// refresher renews the leases of tenants in use before they end, many tenants
// in one question, so that no check has to wait for the store. It is a matter
// of speed: without it each lease that ends costs the next check a question.
type refresher struct {
	running atomic.Bool
	wake    chan struct{} // a hint has come in

	mu     sync.Mutex
	wanted []*cell // checked since the last round
	hinted []*cell
	cancel context.CancelFunc // nil: not started
	done   chan struct{}
}

const (
	refreshRounds = 3 // in the time of a lease
	maxHeads      = 1_000
	refreshers    = 8 // tenants read at once
	listenPause   = time.Second
)

// Start begins to keep the tenants in use up to date in the background, until
// [Authority.Close] or the end of ctx; a store that is a [store.Notifier] is
// listened to as well. It is an optimisation: the promises hold without it,
// and with it dead. It is an error if it is running already.
func (a *Authority) Start(ctx context.Context) error {
	r := &a.refresher
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel != nil {
		select {
		case <-r.done: // ended with its context
		default:
			return errors.New("rbac: started already")
		}
	}
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	ctx, r.cancel = context.WithCancel(ctx)
	r.done, r.wake = make(chan struct{}), make(chan struct{}, 1)
	r.wanted, r.hinted = nil, nil
	r.running.Store(true)
	for _, c := range a.everyCell() { // who was in use before is to come forward again
		c.marks.And(^markWanted)
	}
	go a.refresh(ctx, r.done, r.wake)
	return nil
}

// Close ends what Start began, and returns when it has ended. Checks go on to
// work, each lease's end costing a question to the store. Closing what was
// never started, or is closed, does nothing.
func (a *Authority) Close() {
	r := &a.refresher
	r.mu.Lock()
	cancel, done := r.cancel, r.done
	r.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done == done {
		r.cancel = nil
	}
}

func (e *engine) everyCell() []*cell {
	var out []*cell
	if e.single != nil {
		out = append(out, e.single)
	}
	for tenant := range e.cells.present().All() {
		if c := e.cells.known(tenant); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// touch notes that a check has used the cell, for the first time since the
// cache or the refresher last looked.
func (c *cell) touch() {
	mark := markAll
	if c.marks.And(^markLoaded)&markLoaded != 0 {
		mark = markWanted // the check for which the tenant was loaded
	}
	if c.marks.Or(mark)&markWanted != 0 || !c.engine.refresher.running.Load() {
		return
	}
	r := &c.engine.refresher
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running.Load() {
		r.wanted = append(r.wanted, c)
	}
}

// end lets go of the cells that no round will come for.
func (r *refresher) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted, r.hinted = nil, nil
}

func (e *engine) refresh(ctx context.Context, done, wake chan struct{}) {
	defer close(done)
	defer e.refresher.end()
	var listening sync.WaitGroup
	defer listening.Wait()
	defer e.refresher.running.Store(false)
	if n, ok := e.store.(store.Notifier); ok {
		listening.Go(func() { e.listen(ctx, n, wake) })
	}
	ticker := time.NewTicker(max(time.Duration(e.maxStale)*time.Microsecond/refreshRounds, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
			e.round(ctx, &e.refresher.hinted)
		case <-ticker.C:
			e.round(ctx, &e.refresher.wanted)
		}
	}
}

// round asks for the heads of all tenants in a list, which it empties, and
// reads what is new. What fails is left to the next round, or to a check.
func (e *engine) round(ctx context.Context, list *[]*cell) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	defer e.survive()
	e.refresher.mu.Lock()
	all := *list
	*list = nil
	e.refresher.mu.Unlock()
	if list == &e.refresher.wanted { // who was hinted at stays in the other list
		for _, c := range all {
			c.marks.And(^markWanted)
		}
	}
	all = slices.DeleteFunc(all, func(c *cell) bool { return c.snap.Load() == nil })
	for part := range slices.Chunk(all, maxHeads) {
		tenants, asked := make([]string, len(part)), make([]asking, len(part))
		for i, c := range part {
			tenants[i], asked[i] = c.tenant, c.ask()
		}
		heads, err := e.heads(ctx, tenants)
		if err != nil {
			return
		}
		var readers sync.WaitGroup
		slots := make(chan struct{}, refreshers)
		for i, c := range part {
			if c.settled(heads[i], asked[i]) {
				continue
			}
			slots <- struct{}{}
			readers.Go(func() {
				defer func() { <-slots }()
				defer e.survive()
				_ = c.settle(ctx, heads[i], asked[i]) // a check will meet the error, if it lasts
			})
		}
		readers.Wait()
	}
}

// survive keeps a panic in the host's store from ending the process: a check
// that meets it has a caller to end.
func (e *engine) survive() {
	if p := recover(); p != nil {
		e.observe(Observation{Event: ObservedRetry, Err: fmt.Errorf("%w: panic: %v", ErrUnavailable, p)})
	}
}

// settled renews the lease if the head is the snapshot's.
func (c *cell) settled(head store.Head, q asking) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.snap.Load()
	if s == nil || s.head != head {
		return s == nil
	}
	c.renew(s, q)
	return true
}

// listen takes hints for as long as they come.
func (e *engine) listen(ctx context.Context, n store.Notifier, wake chan struct{}) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		func() {
			defer e.survive()
			err := n.Listen(ctx, func(tenant string) { e.hint(tenant, wake) })
			if ctx.Err() == nil && err != nil {
				e.observe(Observation{Event: ObservedRetry, Err: err})
			}
		}()
		pause.Reset(listenPause)
	}
}

// hint has a tenant polled soon, if it is loaded here.
func (e *engine) hint(tenant string, wake chan struct{}) {
	c := e.cells.known(tenant)
	if e.single != nil && tenant == e.single.tenant {
		c = e.single
	}
	if c == nil || c.snap.Load() == nil {
		return
	}
	r := &e.refresher
	r.mu.Lock()
	if !slices.Contains(r.hinted, c) {
		r.hinted = append(r.hinted, c)
	}
	r.mu.Unlock()
	select {
	case wake <- struct{}{}:
	default:
	}
}
