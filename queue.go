package rbac

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

// queue is the changes to one tenant that wait in this process. Those that
// have come together are judged in order, each on what the one before it left,
// and committed in one transaction as one revision each: many writers cost the
// database one round, and do not fight one another.
//
// One group at a time is the rule, and a matter of speed alone: a commit that
// is not on the present head fails, whoever sends it. So when a group takes
// long, because a store hangs, or calls back from inside a commit, those who
// wait do not wait for it.
type queue struct {
	waiting []*request
	workers int
	locked  atomic.Int32 // how many more groups to commit lock-first, after a conflict
}

// queues holds the queues that have something to do, or to remember.
type queues struct {
	mu sync.Mutex
	of map[string]*queue
}

const (
	maxGroup     = 64 // requests in a transaction
	lockedGroups = 16 // after a conflict
	maxWorkers   = 16 // groups of a tenant under way at once
	patience     = 100 * time.Millisecond
	grace        = 500 * time.Millisecond
	storeTimeout = 30 * time.Second // of one round; a caller may have a shorter deadline
)

// The states of a request. A caller whose context ends leaves nothing while the
// request waits; once it is submitted the outcome is unknown to the caller.
const (
	requestWaiting int32 = iota
	requestSubmitted
	requestAnswered
	requestAbandoned
)

// request is one call of Apply.
type request struct {
	a     *Authority
	ctx   context.Context //nolint:containedctx // lives as long as the call does
	actor Actor
	ops   []Op
	users map[string]bool // that its decision looks at, as far as known

	state atomic.Int32
	taken atomic.Bool  // into a group
	token atomic.Value // a Token: of the revision it would be; set before requestSubmitted
	made  *proposal
	early bool // judged on the stored state alone, with nothing missing: the answer stands whatever becomes of the group

	done     chan struct{}
	receipt  Receipt
	err      error
	panicked any // in the host's code, while serving; goes on in the caller
}

// answer ends the request, unless the caller has given up.
func (q *request) answer(r Receipt, err error) {
	if q.state.CompareAndSwap(requestWaiting, requestAnswered) || q.state.CompareAndSwap(requestSubmitted, requestAnswered) {
		q.receipt, q.err = r, err
		close(q.done)
	}
}

// wait returns the answer, or what can be said when the context ends first.
func (q *request) wait() (Receipt, error) {
	hurry := time.NewTicker(patience)
	defer hurry.Stop()
	for waiting := true; waiting; {
		select {
		case <-q.done:
			return q.receipt, q.err
		case <-q.ctx.Done():
			waiting = false
		case <-hurry.C:
			if !q.taken.Load() {
				q.a.start(q.a.cell)
			}
		}
	}
	return q.leave()
}

// leave is what becomes of a request whose context has ended: one that waits
// is taken back, and one that is submitted gets a moment to be answered, for
// the store has been told that nobody waits any more.
func (q *request) leave() (Receipt, error) {
	late := time.NewTimer(grace)
	defer late.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		if q.state.CompareAndSwap(requestWaiting, requestAbandoned) {
			q.a.forget(q)
			return Receipt{}, unavailable(q.ctx.Err())
		}
		select {
		case <-q.done:
			return q.receipt, q.err
		case <-look.C:
		case <-late.C:
			if q.state.CompareAndSwap(requestSubmitted, requestAbandoned) {
				return Receipt{}, q.unknown(q.ctx.Err())
			}
			late.Reset(time.Millisecond)
		}
	}
}

// unknown is the answer while a submitted request has none.
func (q *request) unknown(cause error) error {
	token, _ := q.token.Load().(Token)
	return &OutcomeUnknownError{Token: token, Err: cause}
}

// enqueue adds a request, and starts a worker if none is there.
func (e *engine) enqueue(c *cell, r *request) {
	e.queues.mu.Lock()
	if e.queues.of == nil {
		e.queues.of = map[string]*queue{}
	}
	q := e.queues.of[c.tenant]
	if q == nil {
		q = &queue{}
		e.queues.of[c.tenant] = q
	}
	q.waiting = append(q.waiting, r)
	idle := q.workers == 0
	e.queues.mu.Unlock()
	if idle {
		e.start(c)
	}
}

// forget takes a request out of the queue, if no group has it.
func (e *engine) forget(r *request) {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	if q := e.queues.of[r.a.tenant]; q != nil {
		q.waiting = slices.DeleteFunc(q.waiting, func(w *request) bool { return w == r })
	}
}

// start adds a worker, a goroutine that lives as long as requests wait.
func (e *engine) start(c *cell) {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	if q := e.queues.of[c.tenant]; q != nil && len(q.waiting) > 0 && q.workers < maxWorkers {
		q.workers++
		go e.work(&c.bound, q)
	}
}

func (e *engine) work(a *Authority, q *queue) {
	for {
		e.queues.mu.Lock()
		n := min(len(q.waiting), maxGroup)
		if n == 0 {
			if q.workers--; q.workers == 0 && q.locked.Load() <= 0 {
				delete(e.queues.of, a.tenant)
			}
			e.queues.mu.Unlock()
			return
		}
		g := &group{a: a, queue: q, requests: slices.Clone(q.waiting[:n])}
		q.waiting = slices.Delete(q.waiting, 0, n)
		e.queues.mu.Unlock()
		for _, r := range g.requests {
			r.taken.Store(true)
		}
		g.serve()
	}
}

// group is requests that are judged and committed together.
type group struct {
	a        *Authority
	queue    *queue
	requests []*request // not answered yet
	began    time.Time
	late     int // decisions that were too old to be committed
}

// serve answers every request of the group.
func (g *group) serve() {
	ctx, cancel := g.context()
	defer cancel()
	defer func() {
		// A panic in the host's store or clock belongs to who called, not to
		// the process.
		if p := recover(); p != nil {
			for _, r := range g.requests {
				r.panicked = p
				r.answer(Receipt{}, nil)
			}
		}
	}()
	g.began = g.a.now()
	for wait := (backoff{}); ; {
		g.requests = slices.DeleteFunc(g.requests, func(r *request) bool { return r.state.Load() == requestAbandoned })
		if len(g.requests) == 0 {
			return
		}
		err := g.attempt(ctx)
		switch {
		case err == nil:
			return
		case errors.Is(err, errAgain):
			continue
		case errors.Is(err, store.ErrConflict):
			g.queue.locked.Store(lockedGroups)
			if wait.pause(ctx) == nil {
				g.a.observe(Observation{Event: ObservedConflict, Tenant: g.a.tenant, Count: len(g.requests)})
				continue
			}
			err = ctx.Err()
		case errors.Is(err, store.ErrTransient) && !errors.Is(err, ErrUnavailable): // of the commit; reads have been repeated
			end := wait.after(ctx, err)
			if end == nil {
				g.a.observe(Observation{Event: ObservedRetry, Tenant: g.a.tenant, Err: err})
				continue
			}
			err = end
		}
		if len(g.requests) > 1 && ctx.Err() == nil && !errors.Is(err, ErrOutcomeUnknown) {
			// What one of them cannot do, the others are not to suffer for.
			for _, r := range g.requests {
				(&group{a: g.a, queue: g.queue, requests: []*request{r}}).serve()
			}
			return
		}
		g.fail(err)
		return
	}
}

// errAgain asks for the group to be judged once more.
var errAgain = errors.New("rbac: judge again")

// context ends when every caller's has ended.
func (g *group) context() (context.Context, context.CancelFunc) {
	base := context.Background()
	if len(g.requests) == 1 { // the values of one caller's context are not for another's change
		base = context.WithoutCancel(g.requests[0].ctx)
	}
	ctx, cancel := context.WithCancel(base)
	left := new(atomic.Int64)
	left.Store(int64(len(g.requests)))
	stops := make([]func() bool, len(g.requests))
	for i, r := range g.requests {
		stops[i] = context.AfterFunc(r.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// attempt judges the group on the present state and commits what it accepts.
func (g *group) attempt(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if s, ok := g.a.store.(store.Serializer); ok && g.queue.locked.Load() > 0 {
		g.queue.locked.Add(-1)
		return g.exclusively(ctx, s)
	}
	commits, head, err := g.judge(ctx, g.a.store)
	if err != nil {
		return err
	}
	if len(commits) > 0 {
		if err := g.a.commit(ctx, head, commits); err != nil {
			return g.recall(err)
		}
	}
	g.finish(head, commits)
	return nil
}

// exclusively does the same while the tenant is locked against others.
func (g *group) exclusively(ctx context.Context, s store.Serializer) error {
	var commits []store.Commit
	var head store.Head
	var unjudged error
	err := s.Exclusive(ctx, g.a.tenant, func(locked store.Store) error {
		if commits, head, unjudged = g.judge(ctx, locked); unjudged != nil || len(commits) == 0 {
			return unjudged
		}
		return locked.Commit(ctx, g.a.tenant, head, commits)
	})
	switch {
	case unjudged != nil:
		return g.recall(unjudged)
	case errors.Is(err, store.ErrUnknown) && len(commits) > 0:
		err = g.a.resend(ctx, head, commits, err)
	case errors.Is(err, store.ErrStaleView): // of this transaction; there will be another
		err = store.ErrConflict
	}
	if err != nil {
		return g.recall(commitError(err))
	}
	g.finish(head, commits)
	return nil
}

// judge reads the tenant, decides every request and submits those that change
// something. It returns their commits and the head to expect.
func (g *group) judge(ctx context.Context, from store.Store) ([]store.Commit, store.Head, error) {
	users := map[string]bool{}
	for _, r := range g.requests {
		maps.Copy(users, r.users)
	}
	var at *reading
	err := g.a.readFrom(ctx, from, users, func(r *reading) error {
		at = r
		return g.decide(r)
	})
	if err != nil {
		return nil, store.Head{}, err
	}
	stored := true // so far nothing ahead changes anything
	for _, r := range g.requests {
		r.users, r.early = users, stored
		stored = stored && (r.made == nil || r.made.commit == nil)
	}
	if g.a.now().Sub(time.UnixMicro(at.clock)) > maxAge {
		if g.late++; g.late > maxLate {
			return nil, store.Head{}, fmt.Errorf("%w: a decision took longer than %v", ErrUnavailable, maxAge)
		}
		return nil, store.Head{}, errAgain
	}
	return g.submit(at.snap.head)
}

// maxLate is how often a decision may turn out too old before it is given up.
const maxLate = 3

// decide judges the requests in order, each on what the ones before it left.
// Until nothing is missing its outcome means nothing.
func (g *group) decide(r *reading) error {
	if r.now-r.clock > maxDrift {
		return ErrClock
	}
	top, head := r.state, r.snap.head
	for _, q := range g.requests {
		q.early, q.made = false, nil
		if q.err = q.a.fresh(r.snap.head); q.err != nil {
			continue
		}
		var final *state
		if final, q.err = decideAll(g.a.rules, top, q.actor, q.ops, r.now); q.err != nil {
			continue
		}
		q.made = g.a.propose(top, final, q.actor, q.ops, r.now)
		if q.made.commit != nil {
			top = final
			head = store.Head{Revision: head.Revision + 1, Commit: q.made.commit.ID}
		}
		q.made.head = head
	}
	return nil
}

// submit marks the requests that write as beyond recall, unless one of their
// callers has gone: then nothing of it may be written, and those after it have
// been judged on what will not be.
func (g *group) submit(head store.Head) ([]store.Commit, store.Head, error) {
	var commits []store.Commit
	for _, q := range g.requests {
		if q.made == nil || q.made.commit == nil {
			continue
		}
		q.token.Store(newToken(g.a.tenant, q.made.head))
		if !q.state.CompareAndSwap(requestWaiting, requestSubmitted) {
			return nil, head, g.recall(errAgain)
		}
		commits = append(commits, *q.made.commit)
	}
	return commits, head, nil
}

// recall takes back what was submitted, if err says that nothing was written.
func (g *group) recall(err error) error {
	if !errors.Is(err, ErrOutcomeUnknown) {
		for _, q := range g.requests {
			q.state.CompareAndSwap(requestSubmitted, requestWaiting)
		}
	}
	return err
}

// finish publishes the state after commits on head, and answers everybody.
func (g *group) finish(head store.Head, commits []store.Commit) {
	if len(commits) > 0 {
		g.a.cell.committed(head, commits)
	}
	g.observe(nil)
	for _, q := range g.requests {
		g.conclude(q, q.err)
	}
}

// observe tells of the group's end before anybody is answered, so that who has
// an answer finds it counted.
func (g *group) observe(err error) {
	if g.a.observer != nil {
		g.a.observe(Observation{Event: ObservedChange, Tenant: g.a.tenant, Took: g.a.since(g.began), Count: len(g.requests), Err: err})
	}
}

// conclude gives a request the answer that its decision came to. A change whose
// caller has given up is reported to the audit hook here.
func (g *group) conclude(q *request, err error) {
	if q.made == nil {
		q.answer(Receipt{}, err)
		return
	}
	q.answer(q.made.receipt(), nil)
	if q.state.Load() == requestAbandoned && q.made.commit != nil {
		q.published()
	}
}

// published makes a change known to the hook, and its drawn ids spent.
func (q *request) published() {
	for _, op := range q.ops {
		if op.spent != nil {
			op.spent.Store(true)
		}
	}
	if q.a.audit != nil {
		c := *q.made.commit
		c.Revision = q.made.head.Revision
		q.a.audit(context.WithoutCancel(q.ctx), q.a.event(&c))
	}
}

// fail answers everybody with err, but those whose answer stands without the
// commit that failed.
func (g *group) fail(err error) {
	g.observe(err)
	for _, q := range g.requests {
		var unknown *OutcomeUnknownError
		cause := cmp.Or(q.ctx.Err(), err) // the caller's own, if that is why
		switch {
		case q.early && (q.made == nil && q.err != nil || q.made != nil && q.made.commit == nil):
			g.conclude(q, q.err)
		case errors.As(err, &unknown) && q.made != nil && q.made.commit != nil:
			q.answer(Receipt{}, q.unknown(cmp.Or(q.ctx.Err(), unknown.Err)))
		case errors.Is(err, ErrOutcomeUnknown):
			q.answer(Receipt{}, fmt.Errorf("%w: a change ahead of it has an unknown outcome: %w", ErrUnavailable, unknown.Err))
		case errors.Is(err, ErrClock):
			q.answer(Receipt{}, err)
		default:
			q.answer(Receipt{}, unavailable(cause))
		}
	}
}

// propose turns an accepted batch into what is to be written.
func (a *Authority) propose(first, final *state, actor Actor, ops []Op, now int64) *proposal {
	p := &proposal{tenant: a.tenant, rules: a.rules, ops: ops, final: final}
	c := &store.Commit{Time: now, Actor: actor.user, Erase: final != first && final.erased}
	changes(first, final, c)
	if !c.Erase && len(c.Roles)+len(c.Assignments)+len(c.Memberships) == 0 {
		return p
	}
	c.ID = strings.ToLower(rand.Text())
	c.Entry = encodeEntry(actor, ops, a.rules.fingerprint)
	p.commit = c
	return p
}
