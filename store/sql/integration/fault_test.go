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
	name     string
	atCommit bool  // the call is COMMIT, instead of a given one
	perform  bool  // what was asked for is done all the same
	err      error // nil: nothing goes wrong
	giveUp   bool  // the caller's context ends just then
	flight   flight
}

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

	mu     sync.Mutex
	fault  fault
	at     int    // which call, from 1; 0 = none
	cancel func() // ends the caller's context
	calls  int    // since it was armed
	met    bool
	flying *faultyTx
	landed sync.WaitGroup
}

// newFaulty returns a pool that sends everything on to the same database.
func newFaulty(tb testing.TB, at place) (*sql.DB, *faulty) {
	tb.Helper()
	f := &faulty{Connector: connector(tb, at)}
	db := sql.OpenDB(f)
	tb.Cleanup(func() { db.Close() })
	return db, f
}

// arm has a fault happen at the given call from now on. It returns what to
// call after it, which reports how many calls there were and whether it was met.
func (f *faulty) arm(what fault, at int, cancel func()) (disarm func() (calls int, met bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.at, f.cancel, f.calls, f.met = what, at, cancel, 0, false
	return func() (int, bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.at = 0
		return f.calls, f.met
	}
}

// hit counts a call and says what goes wrong with it.
func (f *faulty) hit(commit bool) (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.at == 0 || f.met || f.fault.atCommit != commit && f.fault.atCommit || !f.fault.atCommit && f.calls != f.at {
		return fault{}, false
	}
	f.met = true
	if f.fault.giveUp {
		f.cancel()
	}
	return f.fault, true
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

func (f *faulty) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := f.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &faultyConn{Conn: c, faulty: f}, nil
}

// faultyConn is not used again once something has gone wrong on it.
type faultyConn struct {
	driver.Conn
	faulty *faulty
	broken bool
	flying bool
}

func (c *faultyConn) IsValid() bool { return !c.broken }

func (c *faultyConn) Close() error {
	if c.flying {
		return nil // it is the server that still has it
	}
	return c.Conn.Close()
}

// through makes a call, or what is to become of it. undo takes back what was
// done in a call of which nobody hears.
func through[T any](c *faultyConn, call func() (T, error), undo func(T)) (T, error) {
	var nothing T
	f, hit := c.faulty.hit(false)
	if !hit || f.err == nil {
		return call()
	}
	c.broken = true
	if f.perform {
		if v, err := call(); err == nil && undo != nil {
			undo(v)
		}
	}
	return nothing, f.err
}

func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.faulty.next(true)
	ctx = context.WithoutCancel(ctx) // which database/sql sees to; a COMMIT may land when it has long ended
	tx, err := through(c, func() (driver.Tx, error) { return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts) },
		func(tx driver.Tx) { _ = tx.Rollback() })
	if err != nil {
		return nil, err
	}
	return &faultyTx{tx, c}, nil
}

func (c *faultyConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	return through(c, func() (driver.Stmt, error) { return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text) },
		func(s driver.Stmt) { _ = s.Close() })
}

func (c *faultyConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.faulty.next(false)
	return through(c, func() (driver.Result, error) { return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args) }, nil)
}

func (c *faultyConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := through(c, func() (driver.Rows, error) { return c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args) },
		func(rows driver.Rows) { _ = rows.Close() })
	if err != nil {
		return nil, err
	}
	return &faultyRows{rows, c}, nil
}

func (c *faultyConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// faultyRows may break off.
type faultyRows struct {
	driver.Rows
	conn *faultyConn
}

func (r *faultyRows) Next(row []driver.Value) error {
	f, hit := r.conn.faulty.hit(false)
	if !hit || f.err == nil {
		return r.Rows.Next(row)
	}
	r.conn.broken = true
	return f.err
}

type faultyTx struct {
	driver.Tx
	conn *faultyConn
}

func (tx *faultyTx) Commit() error {
	f, hit := tx.conn.faulty.hit(true)
	if !hit || f.err == nil {
		return tx.Tx.Commit()
	}
	tx.conn.broken = true
	switch {
	case f.flight != none:
		tx.conn.flying = true
		tx.conn.faulty.mu.Lock()
		tx.conn.faulty.flying = tx
		tx.conn.faulty.mu.Unlock()
	case f.perform:
		if err := tx.Tx.Commit(); err != nil {
			return err
		}
	default:
		_ = tx.Tx.Rollback()
	}
	return f.err
}
