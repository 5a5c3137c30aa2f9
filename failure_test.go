package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

var errFx = errors.New("the disk is on fire")

// fxChanges is a change of each kind that reads as much of a tenant as can be.
func fxChanges(w *fxWorld) map[string][]rbac.Op {
	r, heir, free := w.role(fxX), w.role(fxA), w.role(fxX)
	w.give(rbac.User("h"), r)
	w.give(rbac.Group("g"), r, heir)
	w.join("g", rbac.User("m"), rbac.Group("sub"))
	w.join("sub", rbac.User("n"))
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("brief"), Role: heir, Until: fxEpoch.Add(time.Hour)}))
	w.clock.add(time.Hour)
	create := fxCreate("New", fxX)
	return map[string][]rbac.Op{
		"create":   {fxCreate("Created", fxX)},
		"edit":     {w.rename(free, "Renamed")},
		"revoke":   {rbac.Revoke(r, fxX)},
		"suspend":  {w.status(r, rbac.Suspended)},
		"delete":   {w.delete(free)},
		"reassign": {w.reassign(r, heir)},
		"assign":   {fxAssign(rbac.User("f"), r)},
		"unassign": {rbac.Unassign(rbac.Group("g"), r)},
		"join":     {rbac.AddMember("g", rbac.User("f"))},
		"leave":    {rbac.RemoveMember("g", rbac.Group("sub"))},
		"offboard": {rbac.Offboard(rbac.Group("g"))},
		"batch":    {create, fxAssign(rbac.User("f"), create.RoleID()), rbac.AddMember("g", rbac.User("f"))},
	}
}

// fxActorFor is a non-Owner who may make all of fxChanges, so that harm is looked for.
func fxActorFor(w *fxWorld) rbac.Actor {
	return w.user("u", append(fxAdminPerms, fxX, fxA, fxB)...)
}

// A call of the store that fails, whichever it is, leaves no trace and is never a yes.
func TestFailure_EachCallOfEachChange(t *testing.T) {
	t.Parallel()
	for _, failure := range []struct {
		name string
		err  error
	}{
		{"plain", errFx},
		{"corrupt", fmt.Errorf("row 7: %w", store.ErrCorrupt)},
		{"compacted", store.ErrCompacted},
	} {
		base := fxNew(t)
		changes, u := fxChanges(base), fxActorFor(base)
		for name, ops := range changes {
			for _, method := range []string{"Load", "Scan", "Log", "Commit", "Heads"} {
				for nth := 1; ; nth++ {
					w := base.clone()
					hit := false
					w.store.setFault(func(_ context.Context, m string, n int) error {
						if m != method || n != nth {
							return nil
						}
						hit = true
						return failure.err
					})
					before := w.dump()
					_, err := w.Apply(w.ctx, u, ops...)
					if !hit {
						break
					}
					if !errors.Is(err, rbac.ErrUnavailable) || !errors.Is(err, failure.err) || errors.Is(err, rbac.ErrDenied) || errors.Is(err, rbac.ErrInvalid) || errors.Is(err, rbac.ErrOutcomeUnknown) {
						t.Errorf("%s, %s %d fails (%s): %v", name, method, nth, failure.name, err)
					}
					if w.dump() != before {
						t.Errorf("%s, %s %d fails (%s): something was written", name, method, nth, failure.name)
					}
				}
			}
			w := base.clone()
			if _, err := w.Apply(w.ctx, u, fxAgain(ops)...); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// fxAgain remakes operations whose drawn ids may have been used up.
func fxAgain(ops []rbac.Op) []rbac.Op {
	if ops[0].String() != "create_role" {
		return ops
	}
	create := fxCreate("Again", fxX)
	if len(ops) == 1 {
		return []rbac.Op{create}
	}
	return []rbac.Op{create, fxAssign(rbac.User("f"), create.RoleID()), ops[2]}
}

func TestFailure_EachCallOfEachRead(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	fxChanges(w)
	r := w.roleOf("h")
	w.give(rbac.User("v"), rbac.AdminRole)
	for name := range fxReads(w, w.owner, r, rbac.User("h"), "g") {
		for _, method := range []string{"Load", "Scan", "Log", "Heads"} {
			for nth := 1; ; nth++ {
				hit := false
				w.store.setFault(func(_ context.Context, m string, n int) error {
					if m != method || n < nth { // from then on: one failure alone may be made good
						return nil
					}
					hit = true
					return errFx
				})
				err := fxReads(w, rbac.As("v"), r, rbac.User("h"), "g")[name]()
				w.store.setFault(nil)
				if !hit {
					break
				}
				if !errors.Is(err, rbac.ErrUnavailable) || !errors.Is(err, errFx) || errors.Is(err, rbac.ErrDenied) {
					t.Errorf("%s, %s %d fails: %v", name, method, nth, err)
				}
			}
		}
	}
}

func TestFailure_Transient(t *testing.T) {
	t.Parallel()
	passing := fmt.Errorf("busy: %w", store.ErrTransient)
	for _, method := range []string{"Load", "Scan", "Commit"} {
		base := fxNew(t)
		changes, u := fxChanges(base), fxActorFor(base)
		w := base.clone()
		w.store.setFault(func(_ context.Context, m string, n int) error {
			if m == method && n == 1 {
				return passing
			}
			return nil
		})
		if _, err := w.Apply(w.ctx, u, changes["suspend"]...); err != nil {
			t.Errorf("%s fails once: %v", method, err)
		}
		w = base.clone()
		calls := 0
		w.store.setFault(func(_ context.Context, m string, _ int) error {
			if m != method {
				return nil
			}
			calls++
			return passing
		})
		w.unchanged(func() {
			_, err := w.Apply(w.ctx, u, changes["suspend"]...)
			if !errors.Is(err, rbac.ErrUnavailable) || !errors.Is(err, store.ErrTransient) || errors.Is(err, rbac.ErrDenied) {
				t.Errorf("%s fails always: %v", method, err)
			}
		})
		if calls < 2 || calls > 100 {
			t.Errorf("%s was tried %d times", method, calls)
		}
		w.store.setFault(nil)
		if _, err := w.Apply(w.ctx, u, changes["suspend"]...); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
	for _, method := range []string{"Load", "Scan", "Log"} {
		w := fxNew(t)
		for name, read := range fxReads(w, w.owner, rbac.AdminRole, rbac.User("h"), "g") {
			w.store.setFault(func(_ context.Context, m string, n int) error {
				if m == method && n == 1 {
					return passing
				}
				return nil
			})
			if err := read(); err != nil {
				t.Errorf("%s, the first %s fails: %v", name, method, err)
			}
		}
	}
}

// No call leaves a goroutine behind, not even one that fails. Not parallel:
// the tests that are wait until it is over.
func TestFailure_NoGoroutineLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	w := fxNew(t)
	changes, u := fxChanges(w), fxActorFor(w)
	for _, fault := range []func(context.Context, string, int) error{
		nil,
		func(context.Context, string, int) error { return errFx },
		func(_ context.Context, m string, _ int) error {
			if m == "Commit" {
				return store.ErrTransient
			}
			return nil
		},
	} {
		w.store.setFault(fault)
		for _, ops := range changes {
			_, _ = w.Apply(w.ctx, u, ops...)
		}
		for _, read := range fxReads(w, w.owner, rbac.AdminRole, rbac.User("h"), "g") {
			_ = read()
		}
	}
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	for runtime.NumGoroutine() > before+1 && ctx.Err() == nil { // one is the context's own, at most
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before+1 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}
