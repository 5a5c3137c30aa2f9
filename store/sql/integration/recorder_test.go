package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"
)

// recorder is a connection to a database that remembers what was sent.
type recorder struct {
	driver.Connector

	// lose, if not nil, is what a COMMIT does.
	lose func(commit, rollback func() error) error

	// step, if not nil, is called before each statement outside a
	// transaction or inside one that only reads; but before a BEGIN, or a
	// statement that writes by itself, only if steppedBegin is set.
	step         func()
	steppedBegin bool

	mu   sync.Mutex
	sent []sent
}

// sent is one statement.
type sent struct {
	text string
	args []driver.NamedValue
}

// record returns a pool that sends everything on to the same database, and
// remembers it.
func record(tb testing.TB, at place) (*sql.DB, *recorder) {
	tb.Helper()
	r := &recorder{Connector: connector(tb, at)}
	db := sql.OpenDB(r)
	tb.Cleanup(func() { db.Close() })
	return db, r
}

// connector makes new connections to where at is.
func connector(tb testing.TB, at place) driver.Connector {
	tb.Helper()
	d, ok := at.Driver().(driver.DriverContext)
	if !ok {
		return dsnConnector{at.Driver(), at.dsn}
	}
	c, err := d.OpenConnector(at.dsn)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// take returns what was sent since the last time.
func (r *recorder) take() []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.sent
	r.sent = nil
	return all
}

func (r *recorder) note(text string, args []driver.NamedValue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, sent{text, args})
}

func (r *recorder) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &recordingConn{Conn: c, recorder: r}, nil
}

type dsnConnector struct {
	driver driver.Driver
	dsn    string
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c dsnConnector) Driver() driver.Driver                        { return c.driver }

// recordingConn passes on what the drivers of these tests offer.
type recordingConn struct {
	driver.Conn
	recorder *recorder
	writing  bool // a transaction is open that may write
}

func (c *recordingConn) mayStep() {
	if step := c.recorder.step; step != nil && !c.writing {
		step()
	}
}

func (c *recordingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.recorder.note("BEGIN", nil)
	if c.recorder.steppedBegin {
		c.mayStep()
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	c.writing = err == nil && !opts.ReadOnly
	return recordingTx{tx, c}, err
}

func (c *recordingConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	c.recorder.note(text, nil)
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
}

func (c *recordingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.recorder.note(text, args)
	if c.recorder.steppedBegin {
		c.mayStep()
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (c *recordingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.recorder.note(text, args)
	c.mayStep()
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
}

func (c *recordingConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// recordingTx is a transaction whose end is up to the recorder.
type recordingTx struct {
	driver.Tx
	conn *recordingConn
}

func (tx recordingTx) Commit() error {
	defer func() { tx.conn.writing = false }()
	if lose := tx.conn.recorder.lose; lose != nil {
		return lose(tx.Tx.Commit, tx.Tx.Rollback)
	}
	return tx.Tx.Commit()
}

func (tx recordingTx) Rollback() error {
	defer func() { tx.conn.writing = false }()
	return tx.Tx.Rollback()
}
