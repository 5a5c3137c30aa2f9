package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"testing"
)

var errFault = errors.New("the network is down")

// fault is what goes wrong in one call of a driver.
type fault struct {
	name    string
	where   door
	perform bool  // what was asked for is done all the same
	err     error // what the call answers
	giveUp  bool  // the caller's context ends just then
	hang    hang  // the call does not return at once; the caller gives up
	flight  flight
}

// none reports whether nothing goes wrong.
func (f fault) none() bool { return f.err == nil && f.hang == not }

// door is a way into a driver.
type door uint8

const (
	anywhere   door = iota // a statement, a row, the beginning or the end of a transaction
	committing             // COMMIT
	connecting             // a new connection
)

// hang is how long a call hangs.
type hang uint8

const (
	not      hang = iota
	obedient      // until its context ends, of which it then speaks
	deaf          // until the test says so, whatever becomes of its context
)

// flight is what becomes of a COMMIT that is still under way when its answer is
// lost.
type flight uint8

const (
	none     flight = iota
	early           // done before anything else begins
	late            // done while the next transaction is waiting for it, or soon to
	dropped         // rolled back before anything else begins
	detained        // done when the test says so
)

// faulty makes connections to a database one of whose calls goes wrong.
type faulty struct {
	driver.Connector

	mu      sync.Mutex
	fault   fault
	at      int             // which call, from 1; 0 = none
	caller  context.Context //nolint:containedctx // some calls of a driver have none
	cancel  func()          // ends it
	calls   [2]int          // since it was armed: connections, and the rest
	met     bool
	release chan struct{} // closed when what is deaf is to go on
	flying  *faultyTx
	landed  sync.WaitGroup
}

// newFaulty returns a pool that sends everything on to the same database.
func newFaulty(tb testing.TB, at place) (*sql.DB, *faulty) {
	tb.Helper()
	f := &faulty{Connector: connector(tb, at)}
	db := sql.OpenDB(f)
	tb.Cleanup(func() { db.Close() })
	return db, f
}

// arm has a fault happen at the given call of the caller from now on. It returns
// what to call after it, which reports how many calls there were and whether it
// was met.
func (f *faulty) arm(what fault, at int, caller context.Context, cancel func()) (disarm func() (calls int, met bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.at, f.caller, f.cancel, f.calls, f.met = what, at, caller, cancel, [2]int{}, false
	f.release = make(chan struct{})
	return func() (int, bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.at = 0
		return f.calls[kindOf(what.where)], f.met
	}
}

func kindOf(d door) int {
	if d == connecting {
		return 0
	}
	return 1
}

// hit counts a call and says what goes wrong with it.
func (f *faulty) hit(d door) (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := &f.calls[kindOf(d)]
	*n++
	if f.at == 0 || f.met || kindOf(d) != kindOf(f.fault.where) {
		return fault{}, false
	}
	if f.fault.where == committing && d != committing || f.fault.where != committing && *n != f.at {
		return fault{}, false
	}
	f.met = true
	if f.fault.hang != not {
		f.landed.Add(1)
	}
	if f.fault.giveUp {
		f.cancel()
	}
	return f.fault, !f.fault.none()
}

// suffer goes through a fault, with the given context or, if nil, that of who
// called. do does what was asked for, and revoke takes it back if nobody is to
// hear of it.
func (f *faulty) suffer(what fault, ctx context.Context, do func(context.Context) error, revoke func()) error {
	f.mu.Lock()
	release, caller := f.release, f.caller
	f.mu.Unlock()
	if ctx == nil {
		ctx = caller
	}
	if what.hang != not {
		defer f.landed.Done()
	}
	if what.hang == deaf {
		<-release
		ctx = context.WithoutCancel(ctx)
		if what.perform {
			return do(ctx)
		}
		revoke()
		return what.err
	}
	if what.perform {
		if err := do(ctx); err != nil {
			return err
		}
	}
	revoke()
	if what.hang == obedient {
		<-ctx.Done()
		return ctx.Err()
	}
	return what.err
}

// land ends what is in flight, if anything.
func (f *faulty) land(commit bool) error {
	f.mu.Lock()
	tx := f.flying
	f.flying = nil
	f.mu.Unlock()
	if tx == nil {
		return nil
	}
	end := tx.Tx.Rollback
	if commit {
		end = tx.Tx.Commit
	}
	return errors.Join(end(), tx.conn.Conn.Close())
}

// next is called before each BEGIN and each statement that writes.
func (f *faulty) next(begin bool) {
	f.mu.Lock()
	flight, flying := f.fault.flight, f.flying != nil
	f.mu.Unlock()
	switch {
	case !flying:
	case begin && flight == early:
		_ = f.land(true)
	case begin && flight == dropped:
		_ = f.land(false)
	case !begin && flight == late:
		f.landed.Go(func() { _ = f.land(true) })
	}
}

func (f *faulty) Connect(ctx context.Context) (c driver.Conn, err error) {
	if what, hit := f.hit(connecting); hit {
		c, err = through(f, what, ctx, f.Connector.Connect, func(c driver.Conn) { _ = c.Close() })
	} else {
		c, err = f.Connector.Connect(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &faultyConn{Conn: c, faulty: f}, nil
}
