package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

// tenant is a tenant of the store under test, and what it must hold. Its
// methods that return nothing keep the first failure in err and do nothing
// after it, so that a case reads as the story it is.
type tenant struct {
	*model
	ctx   context.Context
	store store.Store
	name  string
	err   error
}

func newTenant(ctx context.Context, s store.Store, name string) *tenant {
	return &tenant{model: new(model), ctx: ctx, store: s, name: name}
}

// fail keeps a failure found by the case itself.
func (t *tenant) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf(format, args...)
	}
}

// headAt returns the head of a revision whose entry is kept.
func (t *tenant) headAt(revision uint64) store.Head {
	for _, c := range t.log {
		if c.Revision == revision {
			return headOf(c)
		}
	}
	return store.Head{}
}

// commit appends cs, which must succeed, and then has the model after them.
func (t *tenant) commit(cs ...store.Commit) {
	if t.err != nil {
		return
	}
	cs = dated(t.head, cs)
	if err := t.send(t.head, cs); err != nil {
		t.fail("Commit(%q, %v, %s) = %w, want success", t.name, t.head, describe(cs), err)
		return
	}
	t.model = t.after(cs...)
}

// refused sends cs and wants the error, and nothing written.
func (t *tenant) refused(want error, expect store.Head, cs ...store.Commit) {
	if t.err != nil {
		return
	}
	cs = dated(expect, cs)
	if err := t.send(expect, cs); !errors.Is(err, want) {
		t.fail("Commit(%q, %v, %s) = %v, want %q; the tenant is at %v", t.name, expect, describe(cs), err, want, t.head)
		return
	}
	if t.audit(); t.err != nil {
		t.err = fmt.Errorf("after a Commit that failed with %q: %w", want, t.err)
	}
}

// send gives the store copies.
func (t *tenant) send(expect store.Head, cs []store.Commit) error {
	return patiently(func() error { return t.store.Commit(t.ctx, t.name, expect, cloned(cs)) })
}

// patiently repeats what fails for the time being.
func patiently(f func() error) error {
	var err error
	for range 1000 {
		if err = f(); !errors.Is(err, store.ErrTransient) {
			break
		}
	}
	return err
}

func describe(cs []store.Commit) string {
	if len(cs) != 1 {
		return fmt.Sprintf("%d commits", len(cs))
	}
	c := cs[0]
	return fmt.Sprintf("a commit of %d roles, %d assignments, %d memberships", len(c.Roles), len(c.Assignments), len(c.Memberships))
}

// audit compares everything the store says about the tenant with the model.
func (t *tenant) audit() {
	t.hasHead()
	t.loads(store.Selection{Model: true})
	t.loads(store.Selection{Model: true, AllUpTo: 10_000})
	t.loads(store.Selection{Subjects: t.subjects()})
	for _, list := range []store.List{store.Assignments, store.Memberships, store.Groups} {
		t.scans(store.Query{List: list, Limit: store.MaxPage})
		t.scans(store.Query{List: list, Count: true})
	}
	t.logs(store.LogQuery{Limit: store.MaxPage})
	t.logs(store.LogQuery{Backward: true, Limit: store.MaxPage})
}

func (t *tenant) hasHead() {
	t.answers(fmt.Sprintf("Heads(%q)", t.name), func() (any, any, error) {
		heads, err := t.store.Heads(t.ctx, []string{t.name})
		return []store.Head{t.head}, heads, err
	})
}

// loads compares one Load with the model. Load promises no order.
func (t *tenant) loads(sel store.Selection) {
	t.answers(fmt.Sprintf("Load(%q, %+v)", t.name, sel), func() (any, any, error) {
		st, err := t.store.Load(t.ctx, t.name, sel)
		return t.load(sel), inOrder(st), err
	})
}

func (t *tenant) scans(q store.Query) {
	t.answers(fmt.Sprintf("Scan(%q, %+v)", t.name, q), func() (any, any, error) {
		page, err := t.store.Scan(t.ctx, t.name, q)
		return t.scan(q), page, err
	})
}

func (t *tenant) logs(q store.LogQuery) {
	want, wantErr := t.entries(q)
	t.answers(fmt.Sprintf("Log(%q, %+v)", t.name, q), func() (any, any, error) {
		got, err := t.store.Log(t.ctx, t.name, q)
		if wantErr != nil && errors.Is(err, wantErr) {
			return nil, nil, nil
		}
		if wantErr != nil && !errors.Is(err, store.ErrTransient) {
			t.fail("Log(%q, %+v) = %v, %v, want the error %q; the tenant is at %v", t.name, q, got, err, wantErr, t.head)
		}
		return want, got, err
	})
}

// answers runs call, which returns what is wanted and what came, and keeps the
// difference as the failure.
func (t *tenant) answers(name string, call func() (want, got any, err error)) {
	if t.err != nil {
		return
	}
	var want, got any
	err := patiently(func() (err error) {
		want, got, err = call()
		return err
	})
	if err != nil {
		t.fail("%s: %w", name, err)
	} else if d := diff(want, got); d != "" {
		t.fail("%s (-want +got):\n%s", name, d)
	}
}

// inOrder returns the state with its rows sorted.
func inOrder(st store.State) store.State {
	st.Roles = slices.SortedFunc(slices.Values(st.Roles), compareRoles)
	st.Assignments = slices.SortedFunc(slices.Values(st.Assignments), compareAssignments)
	st.Memberships = slices.SortedFunc(slices.Values(st.Memberships), compareMemberships)
	return st
}
