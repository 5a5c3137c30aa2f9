package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/seed80bc5f17/rbac/store"
)

var (
	_ store.Store     = (*Store)(nil)
	_ store.Compactor = (*Store)(nil)
	_ store.Lister    = (*Store)(nil)
)

// Store is a [store.Store] in a SQL database. It is safe for concurrent use.
//
// Besides the errors of package store, its methods return ErrSchema, and pass
// on what the driver says. It starts no goroutine and has nothing to close:
// the pool is the host's.
type Store struct {
	db      *sql.DB
	host    *host // the host's transaction, or nil
	kind    Dialect
	dialect *dialect
	names   names
	options settings
	checked *atomic.Bool // the schema was found to fit

	// lane admits one writer at a time, to a database that has room for one:
	// it makes them queue where they would else try again and again.
	lane chan struct{}
}

// settings are the options that are no names.
type settings struct {
	classify func(error) Class
}

// New returns a store on db. It does no I/O: that the schema fits is checked
// by the first method called, which fails with ErrSchema until [Migrate] was
// run. For SQLite make one Store a database and share it; two work, but their
// writers then wait by trying again.
func New(db *sql.DB, dialect Dialect, opts *Options) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: the database is nil")
	}
	d, err := dialect.data()
	if err != nil {
		return nil, err
	}
	n, err := opts.names(d)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, kind: dialect, dialect: d, names: n, checked: new(atomic.Bool), lane: make(chan struct{}, 1)}
	if opts != nil {
		s.options.classify = opts.Classify
	}
	return s, nil
}

// host is a transaction that is not ours.
type host struct {
	tx   *sql.Tx
	turn sync.Mutex // one operation at a time
	lost error      // why no more are taken
}

// WithTx returns the store bound to a transaction of the host's on the same
// database. Its methods send every statement to tx, see what earlier ones
// wrote, and never begin, commit or roll back the transaction: that remains
// with the host, and so does what becomes of the changes. A pool of one
// connection does. The bound store is used as long as tx is, with no rows of
// tx open at the time.
//
// A Commit that fails leaves nothing behind, by a savepoint, and tx can be
// used on; it is ErrStaleView, which wraps ErrConflict, if tx reads from a
// snapshot older than the tenant's head: the host rolls back and starts anew.
// ErrTransient too is cured only by beginning anew. Where the database itself
// ends the transaction, as MySQL does to resolve a deadlock, later calls return
// ErrTransactionLost, and the host must roll back; statements that it sends
// instead would take effect one by one.
//
// A bound Commit holds the tenant's head until the host's transaction ends:
// keep it short, and when it spans tenants, go through them in one order.
func (s *Store) WithTx(tx *sql.Tx) *Store {
	bound := *s
	bound.host = &host{tx: tx}
	return &bound
}

// read runs f, which reads without writing, once or, if its statements saw
// different heads, again in a snapshot.
func (s *Store) read(ctx context.Context, operation, tenant string, f func(runner) error) error {
	err := s.ready(ctx)
	if err == nil {
		if s.host != nil {
			err = s.readHost(ctx, f)
		} else {
			err = s.patiently(ctx, func() error { return s.readOwn(ctx, f) })
		}
	}
	return s.explain(ctx, operation, tenant, err)
}

func (s *Store) readOwn(ctx context.Context, f func(runner) error) error {
	if err := f(s.db); !errors.Is(err, errTorn) {
		return err
	}
	tx, err := s.db.BeginTx(ctx, &s.dialect.snapshot)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx)
}

// readHost cannot choose the isolation of the host's transaction. Where each
// of its statements sees what is newest, it tries a few times.
func (s *Store) readHost(ctx context.Context, f func(runner) error) error {
	s.host.turn.Lock()
	defer s.host.turn.Unlock()
	if s.host.lost != nil {
		return s.host.lost
	}
	var err error
	for range 10 {
		if err = f(s.host.tx); !errors.Is(err, errTorn) {
			break
		}
	}
	return err
}

// Commit appends cs as the revisions after expect. It is ErrCorrupt if a
// change inserts over a record, or if its Before is not the record there is.
// No commits, at the present head, do nothing.
func (s *Store) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	if s.host != nil {
		return s.explain(ctx, "commit", tenant, s.commitHost(ctx, tenant, expect, cs))
	}
	err := s.ready(ctx)
	if err == nil {
		err = s.patiently(ctx, func() error { return s.commitOwn(ctx, tenant, expect, cs) })
	}
	return s.explain(ctx, "commit", tenant, err)
}

func (s *Store) commitOwn(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	leave, err := s.enterLane(ctx)
	if err != nil {
		return err
	}
	defer leave()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := s.write(ctx, tx, tenant, expect, cs); err != nil {
		return err
	}
	// Asked for here because an error after this is one of COMMIT.
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.outcome(ctx, tx.Commit())
}

const savepoint = "rbac_commit"

// commitHost writes in the host's transaction. The savepoint is for the host
// that goes on after an error: half a commit must not be carried along, and
// PostgreSQL takes no statement after one that failed.
func (s *Store) commitHost(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	s.host.turn.Lock()
	defer s.host.turn.Unlock()
	if s.host.lost != nil {
		return s.host.lost
	}
	tx := s.host.tx
	if _, err := tx.ExecContext(ctx, "SAVEPOINT "+savepoint); err != nil {
		return err
	}
	err := s.write(ctx, tx, tenant, expect, cs)
	if err == nil && !s.checked.Load() {
		// Not earlier: on SQLite, who has read first may not get to write.
		err = s.fits(ctx, tx)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, "RELEASE SAVEPOINT "+savepoint)
	}
	if err == nil {
		return nil
	}
	if s.class(err) == Stale {
		err = fmt.Errorf("%w: %w", store.ErrConflict, err)
	}
	ctx = context.WithoutCancel(ctx)
	for _, undo := range []string{"ROLLBACK TO SAVEPOINT " + savepoint, "RELEASE SAVEPOINT " + savepoint} {
		if _, e := tx.ExecContext(ctx, undo); e != nil {
			s.host.lost = fmt.Errorf("%w: %w", ErrTransactionLost, e)
			return err
		}
	}
	if errors.Is(err, store.ErrConflict) {
		// Not the conflict that reading again resolves, if reading again shows
		// the very head that has just proven to be old.
		if at, e := s.edges(ctx, tx, tenant, nil, nil); e == nil && at.head == expect {
			err = fmt.Errorf("%w: %w", store.ErrStaleView, err)
		}
	}
	if !s.checked.Load() && !errors.Is(err, store.ErrConflict) {
		// Perhaps what failed is that a table is not there.
		if e := s.fits(ctx, tx); errors.Is(e, ErrSchema) {
			return e
		}
	}
	return err
}
