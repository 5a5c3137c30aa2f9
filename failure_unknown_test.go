package rbac_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// fxLost scripts what the store answers to commits, one function a call; what
// comes after the last goes through.
func (w *fxWorld) fxLost(answers ...func(commit func() error) error) *int {
	calls := 0
	w.store.setCommit(func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
		commit := func() error { return w.store.inner.Commit(ctx, tenant, expect, cs) }
		if calls++; calls <= len(answers) {
			return answers[calls-1](commit)
		}
		return commit()
	})
	return &calls
}

func fxLostBefore(func() error) error { return store.ErrUnknown }

func fxLostAfter(commit func() error) error {
	if err := commit(); err != nil {
		return err
	}
	return store.ErrUnknown
}

func fxAnswer(err error) func(func() error) error { return func(func() error) error { return err } }

// A lost answer is settled by sending the same commit again.
func TestFailure_LostAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		answers []func(func() error) error
	}{
		{"lost before it was written", []func(func() error) error{fxLostBefore}},
		{"lost before, three times", []func(func() error) error{fxLostBefore, fxLostBefore, fxLostBefore}},
		{"lost after it was written", []func(func() error) error{fxLostAfter}},
		{"lost before, then after", []func(func() error) error{fxLostBefore, fxLostAfter}},
		{"lost, then busy", []func(func() error) error{fxLostBefore, fxAnswer(store.ErrTransient)}},
		{"lost, then broken", []func(func() error) error{fxLostBefore, fxAnswer(errFx)}},
		{"written, then broken", []func(func() error) error{fxLostAfter, fxAnswer(errFx), fxAnswer(store.ErrTransient)}},
	} {
		w := fxNew(t)
		r := w.role(fxX)
		before := w.must(w.AddMember(w.ctx, w.sys, "g", rbac.User("m"))).Revision
		w.fxLost(tt.answers...)
		got, err := w.Assign(w.ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("u"), Role: r})
		w.store.setCommit(nil)
		if err != nil || !got.Changed || got.Revision != before+1 || !w.can("u", fxX) {
			t.Errorf("%s: %+v %v", tt.name, got, err)
		}
		page, err := w.History(w.ctx, w.owner, rbac.PageQuery{})
		if err != nil || page.Items[0].Revision != before+1 || page.Items[0].Token != got.Token {
			t.Errorf("%s: written as %+v, %v", tt.name, page.Items[0], err)
		}
		if written, err := w.Outcome(w.ctx, got.Token); !written || err != nil {
			t.Errorf("%s: outcome %t %v", tt.name, written, err)
		}
	}
}

// Another's commit took the place: it is known that ours was not written, and
// the operation is judged again on what the other left.
func TestFailure_LostAnswerAndAnothersCommit(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	u := w.user("u", rbac.RolesAssign, fxX)
	r := w.role(fxX)
	w.fxLost(func(func() error) error {
		w.raw(store.Commit{Memberships: []store.Change[store.Membership]{{After: &store.Membership{Group: "g", Member: store.Subject{Kind: store.User, ID: "x"}}}}})
		return store.ErrUnknown
	})
	before := w.version(r)
	got, err := w.Assign(w.ctx, u, rbac.NewAssignment{Subject: rbac.User("f"), Role: r})
	if err != nil || !got.Changed || !w.can("f", fxX) || w.version(r) != before {
		t.Errorf("%+v %v", got, err)
	}
	w.fxLost(func(func() error) error { // what the other left refuses
		w.store.setCommit(nil)
		w.must(w.Revoke(w.ctx, w.owner, w.roleOf("u"), rbac.RolesAssign))
		return store.ErrUnknown
	})
	_, err = w.Assign(w.ctx, u, rbac.NewAssignment{Subject: rbac.User("g"), Role: r})
	fxDenied(t, rbac.ReasonPermission, err)
	if w.can("g", fxX) {
		t.Error("g has x")
	}
}

// The context ends before the answer is known: neither yes nor no, and a token
// to ask with later.
func TestFailure_OutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		written bool
		then    func(w *fxWorld)
		want    bool
		known   bool
	}{
		{"nothing yet", false, func(*fxWorld) {}, false, false},
		{"written", true, func(*fxWorld) {}, true, true},
		{"written, and others after", true, func(w *fxWorld) { w.role() }, true, true},
		{"another in its place", false, func(w *fxWorld) { w.role() }, false, true},
		{"others in its place and after", false, func(w *fxWorld) { w.role(); w.role() }, false, true},
		{"written and erased", true, func(w *fxWorld) { w.must(w.EraseTenant(w.ctx, w.sys)) }, false, false},
	} {
		w := fxNew(t)
		r := w.role(fxX)
		ctx, cancel := context.WithCancel(w.ctx)
		answer, calls := fxLostBefore, 0
		w.store.setCommit(func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			if calls++; calls == 3 {
				if tt.written {
					if err := w.store.inner.Commit(w.ctx, tenant, expect, cs); err != nil {
						return err
					}
				}
				cancel()
			}
			return answer(nil)
		})
		_, err := w.Assign(ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("u"), Role: r})
		w.store.setCommit(nil)
		var unknown *rbac.OutcomeUnknownError
		if !errors.As(err, &unknown) || !errors.Is(err, rbac.ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) || errors.Is(err, rbac.ErrDenied) || errors.Is(err, rbac.ErrUnavailable) {
			t.Fatalf("%s: %v", tt.name, err)
		}
		tt.then(w)
		got, err := w.Outcome(w.ctx, unknown.Token)
		if got != tt.want || (err == nil) != tt.known || !tt.known && !errors.Is(err, rbac.ErrOutcomeUnknown) {
			t.Errorf("%s: outcome %t %v", tt.name, got, err)
		}
		if !errors.Is(w.AtLeast(unknown.Token).Check(w.ctx, w.owner, fxX), rbac.ErrStale) && !tt.written && !tt.known {
			t.Errorf("%s: AtLeast answers for a state that is not there", tt.name)
		}
		if tt.known && w.can("u", fxX) != tt.want {
			t.Errorf("%s: u has x: %t", tt.name, !tt.want)
		}
	}
}

func TestFailure_OutcomeOfGarbage(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	for _, token := range []rbac.Token{"", "v1.", "v1.AAAA", "v2.x", "!", rbac.Token(make([]byte, 5000))} {
		_, err := w.Outcome(w.ctx, token)
		fxInvalid(t, "token", err)
		fxInvalid(t, "token", w.AtLeast(token).Check(w.ctx, w.owner, fxX))
		_, err = w.AtLeast(token).CreateRole(w.ctx, w.owner, rbac.NewRole{Name: "N", Permissions: rbac.Set()})
		fxInvalid(t, "token", err)
	}
	w.store.setFault(func(context.Context, string, int) error { return errFx })
	token := rbac.Token("")
	p, _ := fxNew(t).Resolve(w.ctx, w.owner)
	if token = p.Token(); token == "" {
		t.Fatal("no token")
	}
	if ok, err := w.Outcome(w.ctx, token); ok || !errors.Is(err, rbac.ErrOutcomeUnknown) {
		t.Errorf("with a broken store: %t %v", ok, err)
	}
}
