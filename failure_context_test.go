package rbac_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// A context that has ended already reaches no store.
func TestFailure_ContextEnded(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	late, cancelLate := context.WithDeadline(w.ctx, time.Unix(1, 0))
	defer cancelLate()
	token := w.must(w.AddMember(w.ctx, w.sys, "g", rbac.User("m"))).Token
	for want, ended := range map[error]context.Context{context.Canceled: ctx, context.DeadlineExceeded: late} {
		w := *w
		w.ctx = ended
		before := w.store.total()
		check := func(name string, err error) {
			t.Helper()
			if !errors.Is(err, rbac.ErrUnavailable) || !errors.Is(err, want) || errors.Is(err, rbac.ErrDenied) || errors.Is(err, rbac.ErrOutcomeUnknown) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, read := range fxReads(&w, w.owner, r, rbac.User("u"), "g") {
			check(name, read())
		}
		for _, op := range fxEveryOp(r) {
			_, err := w.Apply(ended, w.sys, op)
			check(op.String(), err)
			_, err = w.Preview(ended, w.sys, op)
			check("preview of "+op.String(), err)
		}
		check("Check", w.Check(ended, w.owner, fxX))
		ok, err := w.Can(ended, w.owner, fxX)
		if check("Can", err); ok {
			t.Error("Can says yes")
		}
		p, err := w.Resolve(ended, w.owner)
		if check("Resolve", err); p.IsOwner() || p.Can(fxX) {
			t.Error("Resolve says yes")
		}
		_, err = w.Outcome(ended, token)
		check("Outcome", err)
		if n := w.store.total() - before; n != 0 {
			t.Errorf("the store was asked %d times", n)
		}
	}
}

// A context that ends on the way: nothing half-applied, never a yes.
func TestFailure_ContextEndsMidway(t *testing.T) {
	t.Parallel()
	base := fxNew(t)
	changes, u := fxChanges(base), fxActorFor(base)
	for name, ops := range changes {
		for _, method := range []string{"Load", "Scan", "Commit"} {
			for nth := 1; ; nth++ {
				w := base.clone()
				ctx, cancel := context.WithCancel(w.ctx)
				hit := false
				w.store.setFault(func(_ context.Context, m string, n int) error {
					if m == method && n == nth {
						hit = true
						cancel()
					}
					return nil
				})
				before := w.dump()
				_, err := w.Apply(ctx, u, ops...)
				cancel()
				if !hit {
					break
				}
				changed := w.dump() != before
				switch {
				case err == nil && changed: // the commit was on its way already
				case changed || err == nil:
					t.Errorf("%s, %s %d: changed is %t, answered %v", name, method, nth, changed, err)
				case !errors.Is(err, context.Canceled) || errors.Is(err, rbac.ErrDenied):
					t.Errorf("%s, %s %d: %v", name, method, nth, err)
				}
			}
		}
	}
	// After the commit has been written, the end of the context changes nothing.
	w := base.clone()
	ctx, cancel := context.WithCancel(w.ctx)
	w.store.setCommit(func(_ context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		defer cancel()
		return w.store.inner.Commit(w.ctx, tenant, expect, cs)
	})
	if r, err := w.Apply(ctx, u, changes["assign"]...); err != nil || !r.Changed {
		t.Errorf("%+v %v", r, err)
	}
	// A tenant that never stands still: for as long as the context allows.
	w = base.clone()
	ctx, cancel = context.WithCancel(w.ctx)
	defer cancel()
	tries := 0
	w.store.setCommit(func(context.Context, string, store.Head, []store.Commit) error {
		if tries++; tries == 10 {
			cancel()
		}
		return store.ErrConflict
	})
	w.unchanged(func() {
		_, err := w.Apply(ctx, u, changes["assign"]...)
		if !errors.Is(err, rbac.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

// What the caller is told is its own context's error, whichever part noticed.
func TestFailure_DeadlineIsTheCallers(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Load", "Scan", "Commit"} {
		for range 10 {
			base := fxNew(t)
			changes, u := fxChanges(base), fxActorFor(base)
			w := base.clone()
			ctx, cancel := context.WithTimeout(w.ctx, 5*time.Millisecond)
			w.store.setFault(func(inner context.Context, m string, _ int) error {
				if m != method {
					return nil
				}
				<-ctx.Done() // a store that hangs until its caller gives up
				<-inner.Done()
				return inner.Err()
			})
			_, err := w.Apply(ctx, u, changes["suspend"]...)
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, rbac.ErrDenied) {
				t.Errorf("%s hangs: %v", method, err)
			}
			cancel()
		}
	}
	for range 10 {
		w := fxNew(t)
		r := w.role(fxX)
		ctx, cancel := context.WithTimeout(w.ctx, 5*time.Millisecond)
		w.store.setCommit(func(context.Context, string, store.Head, []store.Commit) error { return store.ErrUnknown })
		_, err := w.Assign(ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("u"), Role: r})
		if !errors.Is(err, rbac.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		cancel()
	}
}
