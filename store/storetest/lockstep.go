package storetest

import (
	"sync"

	"github.com/seed80bc5f17/rbac/store"
)

// lockstep makes goroutines take their steps in a Yielder together: each waits
// at each step until all others have come to one of theirs, or have left. So
// all of them look before any of them writes.
type lockstep struct {
	store   store.Store
	mu      sync.Mutex
	all     sync.Cond
	running int // goroutines that have not left
	waiting int
	round   int
}

// newLockstep returns the lockstep of n goroutines, each of which must leave
// when it is done. In a store that is not a Yielder it does nothing.
func newLockstep(s store.Store, n int) *lockstep {
	l := &lockstep{store: s, running: n}
	l.all.L = &l.mu
	if y, ok := s.(Yielder); ok {
		y.Yield(l.step)
	}
	return l
}

func (l *lockstep) step() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting++
	for round := l.round; l.round == round; {
		if l.waiting == l.running {
			l.release()
			return
		}
		l.all.Wait()
	}
}

func (l *lockstep) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running--; l.waiting == l.running {
		l.release()
	}
}

func (l *lockstep) release() {
	l.waiting = 0
	l.round++
	l.all.Broadcast()
}

// end is called when all have left.
func (l *lockstep) end() {
	if y, ok := l.store.(Yielder); ok {
		y.Yield(nil)
	}
}
