package rbactest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// Recorder is a [Checker] that passes every question on and remembers it: give
// it to a handler in place of the Authority to see what the handler asks. Where
// a handler takes nothing but an *rbac.Authority, [Recorder.Observe] listens to
// that one instead. Neither sees what is asked of an rbac.Principal; see
// [Requires] for that. The zero Recorder can only listen. It is safe for
// concurrent use.
type Recorder struct {
	next Checker // nil: listens only

	mu        sync.Mutex
	questions []Question
}

// Question is something that a [Recorder] was asked.
type Question struct {
	Actor      rbac.Actor
	Permission rbac.Permission
	Err        error // the answer: nil = allowed
}

// String returns one line: "carl: orders.ship: allowed".
func (q Question) String() string {
	answer := "allowed"
	if q.Err != nil {
		answer = q.Err.Error()
	}
	return fmt.Sprintf("%v: %s: %s", q.Actor, q.Permission, answer)
}

// Record returns a Recorder in front of c, which answers.
func Record(c Checker) *Recorder { return &Recorder{next: c} }

// Observe remembers what an Authority is asked by Check and Can, when it is
// made with it:
//
//	var checks rbactest.Recorder
//	shop := rbactest.New(t, catalog, &rbac.Options{Observe: checks.Observe}, policy)
func (r *Recorder) Observe(o rbac.Observation) {
	if o.Event != rbac.ObservedCheck || o.Permission == "" { // "" is Resolve
		return
	}
	err := o.Err
	if err == nil && !o.Allowed {
		err = &rbac.DeniedError{Op: "check", Actor: o.Actor, Permission: o.Permission, Reason: rbac.ReasonNotHeld}
	}
	r.remember(Question{rbac.As(o.Actor), o.Permission, err})
}

// Check answers as the Checker behind r, and remembers.
func (r *Recorder) Check(ctx context.Context, actor rbac.Actor, p rbac.Permission) error {
	if r.next == nil {
		return errors.New("rbactest: a Recorder that is not made by Record has nobody to ask")
	}
	err := r.next.Check(ctx, actor, p)
	r.remember(Question{actor, p, err})
	return err
}

func (r *Recorder) remember(q Question) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.questions = append(r.questions, q)
}

// Can is Check as a yes or no, as with rbac.Authority.
func (r *Recorder) Can(ctx context.Context, actor rbac.Actor, p rbac.Permission) (bool, error) {
	err := r.Check(ctx, actor, p)
	if errors.Is(err, rbac.ErrDenied) {
		return false, nil
	}
	return err == nil, err
}

// Questions returns what was asked since the last Reset, in order.
func (r *Recorder) Questions() []Question {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.questions)
}

// Reset forgets what was asked.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.questions = nil
}

// Asked asserts which permissions were asked about since the last Reset:
// exactly these, in any order and any number of times, for whomever, and
// nothing at all if none is given. Then it forgets them.
func (r *Recorder) Asked(t testing.TB, want ...rbac.Permission) {
	t.Helper()
	questions := r.Questions()
	r.Reset()
	var asked []rbac.Permission
	var list strings.Builder
	for _, q := range questions {
		asked = append(asked, q.Permission)
		list.WriteString("\n\t" + q.String())
	}
	if got := rbac.Set(asked...); !got.Equal(rbac.Set(want...)) {
		t.Errorf("rbactest: asked about %v, want %v%s", got, rbac.Set(want...), list.String())
	}
}
