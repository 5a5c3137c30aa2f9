package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/seed80bc5f17/rbac/store"
)

// duel sends two commits from one head, the second inside the first, and wants
// one to win and the other to be told so. next gives each duel its tenant.
func duel(s store.Store, next func() *tenant) {
	if _, ok := s.(Yielder); !ok {
		return // one after the other is not a duel
	}
	var t *tenant
	var theirs []store.Commit // if they were written
	inside(s, func() {
		t, theirs = next(), nil
		if t.err != nil {
			return
		}
		expect, ours := t.head, dated(t.head, []store.Commit{insert(role(fmt.Sprint("ours ", t.head.Revision)))})
		switch err := t.send(expect, ours); {
		case err == nil && theirs == nil:
			t.model = t.after(ours...)
		case err == nil:
			t.fail("two commits from the head %v both succeeded", expect)
		case !errors.Is(err, store.ErrConflict):
			t.fail("the commit that lost failed with %v, want %q", err, store.ErrConflict)
		case theirs == nil:
			t.fail("a commit from the head %v failed, but no other was made: %w", expect, err)
		default:
			t.model = t.after(theirs...)
		}
	}, func() {
		cs := dated(t.head, []store.Commit{insert(role(fmt.Sprint("theirs ", t.head.Revision)))})
		switch err := t.send(t.head, cs); {
		case err == nil:
			theirs = cs
		case !errors.Is(err, store.ErrConflict):
			t.fail("the commit that lost failed with %v, want %q", err, store.ErrConflict)
		}
	})
}

// melee sends n commits from one head at once.
func melee(t *tenant, round, n int) {
	if t.err != nil {
		return
	}
	cs, errs := make([][]store.Commit, n), make([]error, n)
	start := make(chan struct{})
	steps := newLockstep(t.store, n)
	var wg sync.WaitGroup
	for i := range n {
		cs[i] = dated(t.head, []store.Commit{insert(role(fmt.Sprint("round ", round, " of ", i)))})
		wg.Go(func() {
			defer steps.leave()
			<-start
			errs[i] = t.send(t.head, cs[i])
		})
	}
	close(start)
	wg.Wait()
	steps.end()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.fail("round %d: two commits from the head %v both succeeded", round, t.head)
		case err == nil:
			winner = i
		case !errors.Is(err, store.ErrConflict):
			t.fail("round %d: a commit that lost failed with %v, want %q", round, err, store.ErrConflict)
		}
	}
	if winner < 0 {
		t.fail("round %d: of %d commits from the head %v none succeeded", round, n, t.head)
		return
	}
	t.model = t.after(cs[winner]...)
}

// counters lets writers commit times times each, on top of each other, and
// rebuilds the model from what each was told.
func counters(t *tenant, writers, times int) {
	var mu sync.Mutex
	made := make(map[store.Head]store.Commit) // by the head each was made on
	var failures []string
	steps := newLockstep(t.store, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			defer steps.leave()
			for i, attempts := 0, 0; i < times; attempts++ {
				head, err := currentHead(t)
				if err == nil {
					cs := dated(head, []store.Commit{insert(role(fmt.Sprint("of ", w, " ", i)))})
					if err = t.send(head, cs); err == nil {
						mu.Lock()
						if _, ok := made[head]; ok {
							failures = append(failures, fmt.Sprintf("two commits from the head %v both succeeded", head))
						}
						made[head] = cs[0]
						mu.Unlock()
						i++
					}
				}
				// At each head somebody wins, so there is an end to losing.
				if err != nil && (!errors.Is(err, store.ErrConflict) || attempts > 100*writers*times) {
					mu.Lock()
					failures = append(failures, err.Error())
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	steps.end()
	if len(failures) > 0 {
		t.fail("%s", strings.Join(failures, "\n"))
		return
	}
	for range writers * times {
		c, ok := made[t.head]
		if !ok {
			t.fail("no commit was made from the head %v, and yet there are later ones", t.head)
			return
		}
		t.model = t.after(c)
	}
}

func currentHead(t *tenant) (store.Head, error) {
	var heads []store.Head
	err := patiently(func() (err error) {
		heads, err = t.store.Heads(t.ctx, []string{t.name})
		return err
	})
	if err == nil && len(heads) != 1 {
		err = fmt.Errorf("the answer to one tenant was %d heads", len(heads))
	}
	if err != nil {
		return store.Head{}, err
	}
	return heads[0], nil
}
