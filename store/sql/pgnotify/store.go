package pgnotify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

var (
	_ store.Store      = (*Store)(nil)
	_ store.Serializer = (*Store)(nil)
	_ store.Compactor  = (*Store)(nil)
	_ store.Lister     = (*Store)(nil)
	_ store.Notifier   = (*Store)(nil)
)

// ErrNotInstalled is returned by [Store.Listen] where nothing would ever be
// heard, because [Install] was not run, or the triggers are disabled.
var ErrNotInstalled = errors.New("pgnotify: the triggers are not installed")

// Store is a [sqlstore.Store] that is a [store.Notifier] as well. It is safe
// for concurrent use. Stores that WithTx returns do not listen.
type Store struct {
	*sqlstore.Store
	tables    tables
	connect   func(context.Context) (*pgx.Conn, error)
	heartbeat time.Duration
}

// Options are the settings of a [Store]. Its zero value, or nil, is the usual.
type Options struct {
	// Tables are the options that the sqlstore.Store was made with. Default:
	// nil, as there.
	Tables *sqlstore.Options

	// Heartbeat is how long the connection may be silent before it is asked
	// for a sign of life, and how long that may take: a connection that was
	// cut off without a word would else be listened to for ever. Default: 30 s.
	Heartbeat time.Duration
}

const defaultHeartbeat = 30 * time.Second

// New returns a store around s. It does no I/O. Connect is called by Listen for
// a connection to the same database, that is then Listen's alone, and closed by
// it:
//
//	func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) }
func New(s *sqlstore.Store, connect func(context.Context) (*pgx.Conn, error), opts *Options) (*Store, error) {
	if s == nil || connect == nil {
		return nil, errors.New("pgnotify: the store, or connect, is nil")
	}
	if opts == nil {
		opts = &Options{}
	}
	if opts.Heartbeat < 0 {
		return nil, errors.New("pgnotify: the heartbeat is negative")
	}
	t, err := tablesOf(opts.Tables)
	if err != nil {
		return nil, err
	}
	n := &Store{Store: s, tables: t, connect: connect, heartbeat: opts.Heartbeat}
	if n.heartbeat == 0 {
		n.heartbeat = defaultHeartbeat
	}
	return n, nil
}

// Listen calls f with each tenant that has changed, until ctx ends or the
// connection is lost, and says why it ended. It does not connect again: its
// caller, such as rbac.Authority.Start, calls it again. Of changes in between
// there is no hint.
func (s *Store) Listen(ctx context.Context, f func(tenant string)) error {
	conn, err := s.open(ctx)
	if err != nil {
		return fmt.Errorf("pgnotify: listen: %w", err)
	}
	defer discard(ctx, conn)
	for {
		n, err := s.wait(ctx, conn)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("pgnotify: listen: %w", err)
		case n != "":
			f(n)
		}
	}
}

// open returns a connection that listens.
func (s *Store) open(ctx context.Context) (_ *pgx.Conn, err error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			discard(ctx, conn)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, s.heartbeat)
	defer cancel()
	var table *uint32
	var triggers int
	const find = `SELECT t.oid, (SELECT count(*) FROM pg_trigger WHERE tgrelid = t.oid AND tgname IN ($2, $3) AND tgenabled <> 'D')
FROM (SELECT CAST(to_regclass($1) AS oid)) AS t(oid)`
	err = conn.QueryRow(ctx, find, s.tables.heads, s.tables.trigger+"_insert", s.tables.trigger+"_update").Scan(&table, &triggers)
	switch {
	case err != nil:
		return nil, err
	case table == nil || triggers != 2:
		return nil, fmt.Errorf("%w on %s", ErrNotInstalled, s.tables.heads)
	}
	_, err = conn.Exec(ctx, fmt.Sprintf("LISTEN rbac_%d", *table))
	return conn, err
}

// wait returns the tenant of the next hint, or "" for a sign of life.
func (s *Store) wait(ctx context.Context, conn *pgx.Conn) (string, error) {
	quiet, cancel := context.WithTimeout(ctx, s.heartbeat)
	defer cancel()
	n, err := conn.WaitForNotification(quiet)
	if n != nil { // which can come with the error that ends the connection
		return n.Payload, nil
	}
	if quiet.Err() == nil || ctx.Err() != nil {
		return "", err
	}
	alive, cancel := context.WithTimeout(ctx, s.heartbeat)
	defer cancel()
	return "", conn.Ping(alive)
}

// discard closes the connection, with a word of farewell if there is time.
func discard(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
