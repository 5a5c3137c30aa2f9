package integration

import (
	"context"
	"database/sql/driver"
)

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

// through makes a call, or has what is to become of it happen. undo takes back
// what was done in a call of which nobody hears.
func through[T any](f *faulty, what fault, ctx context.Context, call func(context.Context) (T, error), undo func(T)) (T, error) {
	var v T
	done := false
	err := f.suffer(what, ctx, func(ctx context.Context) (err error) {
		v, err = call(ctx)
		done = err == nil
		return err
	}, func() {
		if done && undo != nil {
			undo(v)
		}
	})
	return v, err
}

// onConn is the same on a connection, if anything happens.
func onConn[T any](c *faultyConn, ctx context.Context, call func(context.Context) (T, error), undo func(T)) (T, error) {
	what, hit := c.faulty.hit(anywhere)
	if !hit {
		return call(ctx)
	}
	c.broken = true
	return through(c.faulty, what, ctx, call, undo)
}

func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.faulty.next(true)
	tx, err := onConn(c, ctx, func(ctx context.Context) (driver.Tx, error) {
		ctx = context.WithoutCancel(ctx) // which database/sql sees to; a COMMIT may land when it has long ended
		return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	}, func(tx driver.Tx) { _ = tx.Rollback() })
	if err != nil {
		return nil, err
	}
	return &faultyTx{tx, c}, nil
}

func (c *faultyConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	return onConn(c, ctx, func(ctx context.Context) (driver.Stmt, error) {
		return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	}, func(s driver.Stmt) { _ = s.Close() })
}

func (c *faultyConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.faulty.next(false)
	return onConn(c, ctx, func(ctx context.Context) (driver.Result, error) {
		return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
	}, nil)
}

func (c *faultyConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := onConn(c, ctx, func(ctx context.Context) (driver.Rows, error) {
		return c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
	}, func(rows driver.Rows) { _ = rows.Close() })
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
	_, err := onConn(r.conn, nil, func(context.Context) (struct{}, error) { return struct{}{}, r.Rows.Next(row) }, nil)
	return err
}

type faultyTx struct {
	driver.Tx
	conn *faultyConn
}

func (tx *faultyTx) Commit() error {
	f := tx.conn.faulty
	what, hit := f.hit(committing)
	if !hit {
		return tx.Tx.Commit()
	}
	tx.conn.broken = true
	if what.flight != none {
		tx.conn.flying = true
		f.mu.Lock()
		defer f.mu.Unlock()
		f.flying = tx
		return what.err
	}
	committed := false
	return f.suffer(what, nil, func(context.Context) error {
		committed = true
		return tx.Tx.Commit()
	}, func() {
		if !committed {
			_ = tx.Tx.Rollback()
		}
	})
}
