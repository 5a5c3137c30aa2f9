package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/seed80bc5f17/rbac/store"
)

// rowsOf returns records of every sort. Those of turn 0 and turn 1 have no
// row in common and the same number of rows.
func rowsOf(turn int) []any {
	id := func(text string) string { return fmt.Sprint(text, turn) }
	return []any{
		role(id("r")), role(id("s")),
		holds(user("ann"), id("r")), holds(group("eng"), id("s")), holds(user(id("u")), id("r")),
		belongs(user("ann"), id("g")), belongs(group("eng"), id("g")), belongs(user(id("u")), "eng"),
	}
}

// turned returns the tenant acme with the records of turn 0.
func turned(ctx context.Context, s store.Store) *tenant {
	t := newTenant(ctx, s, "acme")
	t.commit(insert(rowsOf(0)...))
	return t
}

// turn returns a commit that puts the records of the one turn in the place of
// those of the other: whoever mixes two revisions has rows of both, or misses
// some.
func (m *model) turn() store.Commit {
	from := 0
	if len(m.roles) > 0 && m.roles[0].ID == "r1" {
		from = 1
	}
	return both(remove(rowsOf(from)...), insert(rowsOf(1-from)...))
}

func selections(t *tenant) []store.Selection {
	return []store.Selection{
		{Model: true},
		{AllUpTo: 100},
		{Model: true, AllUpTo: 100},
		{Subjects: []store.Subject{user("ann"), user("u0"), user("u1"), group("eng")}},
		{Model: true, Subjects: t.subjects()},
	}
}

func queries() []store.Query {
	return []store.Query{
		{List: store.Assignments, Limit: 100},
		{List: store.Assignments, Limit: 2},
		{List: store.Assignments, Role: "r0", Limit: 100},
		{List: store.Assignments, Count: true, Role: "r1"},
		{List: store.Memberships, Limit: 100},
		{List: store.Memberships, Group: "g0", Limit: 1},
		{List: store.Memberships, Count: true, Group: "g1"},
		{List: store.Groups, Limit: 100},
	}
}

// loadsOneOf wants the whole state of one of the models, which are asked for
// when the answer is there.
func (t *tenant) loadsOneOf(sel store.Selection, models func() []*model) {
	t.answers(fmt.Sprintf("Load(%q, %+v) during a commit", t.name, sel), func() (any, any, error) {
		st, err := t.store.Load(t.ctx, t.name, sel)
		return of(st.Head, models()).load(sel), inOrder(st), err
	})
}

func (t *tenant) scansOneOf(q store.Query, models func() []*model) {
	t.answers(fmt.Sprintf("Scan(%q, %+v) during a commit", t.name, q), func() (any, any, error) {
		page, err := t.store.Scan(t.ctx, t.name, q)
		return of(page.Head, models()).scan(q), page, err
	})
}

// logsOneOf wants the entries of one of the models, which does not name
// itself.
func (t *tenant) logsOneOf(q store.LogQuery, models func() []*model) {
	t.answers(fmt.Sprintf("Log(%q, %+v) during a commit", t.name, q), func() (any, any, error) {
		got, err := t.store.Log(t.ctx, t.name, q)
		var want []store.Commit
		for _, m := range models() {
			var wantErr error
			want, wantErr = m.entries(q)
			if wantErr != nil && errors.Is(err, wantErr) {
				return nil, nil, nil
			}
			if err == nil && wantErr == nil && diff(want, got) == "" {
				return nil, nil, nil
			}
		}
		return want, got, err
	})
}

// readsOneOf reads in every way; each answer must be of one of the models.
func (t *tenant) readsOneOf(models func() []*model) {
	t.answers(fmt.Sprintf("Heads(%q) during a commit", t.name), func() (any, any, error) {
		heads, err := t.store.Heads(t.ctx, []string{t.name})
		if err != nil || len(heads) != 1 {
			return 1, len(heads), err
		}
		return of(heads[0], models()).head, heads[0], nil
	})
	for _, sel := range selections(t) {
		t.loadsOneOf(sel, models)
	}
	for _, q := range queries() {
		t.scansOneOf(q, models)
	}
	t.logsOneOf(store.LogQuery{Limit: 100}, models)
	t.logsOneOf(store.LogQuery{Backward: true, Limit: 100}, models)
}

// of returns the model at the head, or else the last one.
func of(head store.Head, models []*model) *model {
	for _, m := range models {
		if m.head == head {
			return m
		}
	}
	return models[len(models)-1]
}

// readersAndWriter lets one goroutine commit while others read. The models are
// known beforehand, so that each answer can be compared with that of the head
// it names, which must not be older than a commit that had returned.
func readersAndWriter(t *tenant, commits int) error {
	if t.err != nil {
		return t.err
	}
	if y, ok := t.store.(Yielder); ok {
		y.Yield(runtime.Gosched)
		defer y.Yield(nil)
	}
	models := []*model{t.model}
	for m := t.model; len(models) <= commits; {
		m = m.after(dated(m.head, []store.Commit{m.turn()})...)
		models = append(models, m)
	}
	var returned atomic.Int64 // index of the model whose commit has returned
	var ended atomic.Bool
	since := func() func() []*model {
		current := models[returned.Load():]
		return func() []*model { return current }
	}
	readers := make([]*tenant, 2)
	var wg sync.WaitGroup
	for i := range readers {
		r := newTenant(t.ctx, t.store, t.name)
		r.model, readers[i] = t.model, r
		wg.Go(func() {
			for n := i; r.err == nil && !ended.Load(); n++ {
				r.loadsOneOf(selections(t)[n%5], since())
				r.scansOneOf(queries()[n%8], since())
				r.logsOneOf(store.LogQuery{Limit: 100}, since())
			}
		})
	}
	writer := newTenant(t.ctx, t.store, t.name)
	writer.model = t.model
	for i, m := range models[1:] {
		writer.commit(m.log[len(m.log)-1])
		returned.Store(int64(i + 1))
	}
	writer.audit()
	ended.Store(true)
	wg.Wait()
	return firstError(append(readers, writer)...)
}
