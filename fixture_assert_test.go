package rbac_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
)

// dump is everything that the five methods of the store tell of a tenant.
func (w *fxWorld) dump() string {
	w.t.Helper()
	return fxDump(w.t, w.store.inner, w.tenant)
}

func fxDump(t testing.TB, s store.Store, tenant string) string {
	t.Helper()
	ctx := context.Background()
	var out []any
	add := func(v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	heads, err := s.Heads(ctx, []string{tenant})
	add(heads, err)
	state, err := s.Load(ctx, tenant, store.Selection{Model: true, AllUpTo: 1 << 30})
	add(state, err)
	for _, list := range []store.List{store.Assignments, store.Memberships, store.Groups} {
		page, err := s.Scan(ctx, tenant, store.Query{List: list, Limit: store.MaxPage})
		add(page, err)
	}
	entries, err := s.Log(ctx, tenant, store.LogQuery{Backward: true, Limit: store.MaxPage})
	add(entries, err)
	data, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// unchanged runs f and fails the test if it has written anything.
func (w *fxWorld) unchanged(f func()) {
	w.t.Helper()
	before := w.dump()
	f()
	if after := w.dump(); before != after {
		i := 0
		for i < min(len(before), len(after)) && before[i] == after[i] {
			i++
		}
		w.t.Errorf("a refusal changed the state, from byte %d:\nbefore %.200s\nafter  %.200s", i, before[i:], after[i:])
	}
}

// denied asserts a refusal for a reason, by Preview and by Apply alike, and
// that it wrote nothing.
func (w *fxWorld) denied(want rbac.Reason, actor rbac.Actor, ops ...rbac.Op) *rbac.DeniedError {
	w.t.Helper()
	var got *rbac.DeniedError
	w.unchanged(func() {
		w.t.Helper()
		_, preview := w.Preview(w.ctx, actor, ops...)
		_, err := w.Apply(w.ctx, actor, ops...)
		got = fxDenied(w.t, want, err)
		if !reflect.DeepEqual(err, preview) {
			w.t.Errorf("Preview answers %#v, Apply %#v", preview, err)
		}
	})
	return got
}

// fxDenied asserts that err is a refusal for a reason, and never returns nil.
func fxDenied(t testing.TB, want rbac.Reason, err error) *rbac.DeniedError {
	t.Helper()
	var denied *rbac.DeniedError
	if !errors.As(err, &denied) {
		t.Errorf("got %v (%T), want a refusal for %q", err, err, want)
		return &rbac.DeniedError{}
	}
	if denied.Reason != want {
		t.Errorf("refused for %q (%v), want %q", denied.Reason, err, want)
	}
	if !errors.Is(err, rbac.ErrDenied) {
		t.Errorf("%v does not match ErrDenied", err)
	}
	return denied
}

// invalid asserts an InvalidError about a field, and that nothing was written.
func (w *fxWorld) invalid(field string, actor rbac.Actor, ops ...rbac.Op) {
	w.t.Helper()
	w.unchanged(func() {
		w.t.Helper()
		_, preview := w.Preview(w.ctx, actor, ops...)
		_, err := w.Apply(w.ctx, actor, ops...)
		fxInvalid(w.t, field, err)
		if !reflect.DeepEqual(err, preview) {
			w.t.Errorf("Preview answers %#v, Apply %#v", preview, err)
		}
	})
}

// fxInvalid asserts an InvalidError about a field; "" is any.
func fxInvalid(t testing.TB, field string, err error) {
	t.Helper()
	var invalid *rbac.InvalidError
	switch {
	case !errors.As(err, &invalid):
		t.Errorf("got %v (%T), want an InvalidError about %q", err, err, field)
	case field != "" && invalid.Field != field:
		t.Errorf("invalid %q (%v), want %q", invalid.Field, err, field)
	case invalid.Field == "" || invalid.Problem == "":
		t.Errorf("%#v does not say field and problem", invalid)
	case !errors.Is(err, rbac.ErrInvalid) || errors.Is(err, rbac.ErrDenied):
		t.Errorf("%v must match ErrInvalid and not ErrDenied", err)
	}
}

// accepted asserts that Preview and Apply accept, and agree on what changes.
func (w *fxWorld) accepted(actor rbac.Actor, ops ...rbac.Op) rbac.Receipt {
	w.t.Helper()
	impact, preview := w.Preview(w.ctx, actor, ops...)
	before := w.dump()
	r, err := w.Apply(w.ctx, actor, ops...)
	if err != nil || preview != nil {
		w.t.Fatalf("refused: Apply %v, Preview %v", err, preview)
	}
	if r.Changed != impact.Changed || r.Changed == (before == w.dump()) {
		w.t.Errorf("Changed is %t, the preview said %t, and the state changed: %t", r.Changed, impact.Changed, before != w.dump())
	}
	return r
}

func fxDiff(t testing.TB, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func fxSameError(t testing.TB, want, got error) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}
