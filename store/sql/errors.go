package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"

	"github.com/seed80bc5f17/rbac/store"
)

// Errors besides those of package store.
var (
	// ErrSchema is returned by every method of a Store, and by Migrate, when
	// the tables are not those that this version of the package works with.
	// Its text says what to do.
	ErrSchema = errors.New("the database schema does not fit")

	// ErrTransactionLost is returned by the methods of a store bound to the
	// host's transaction after the database has ended that transaction, or
	// what is left of a failed commit could not be taken back. The host must
	// roll back.
	ErrTransactionLost = errors.New("the transaction is lost: roll it back")
)

// Class is what an error of a driver means to a store.
type Class uint8

// The classes.
const (
	Unclassified Class = iota // any other failure
	Transient                 // a deadlock, a lock not had in time, a busy database
	Stale                     // the transaction's view of the data is too old to write on
	Duplicate                 // a primary key is taken
)

// errTorn says that the statements of one read have seen different heads.
var errTorn = errors.New("the tenant changed between two statements")

func (s *Store) class(err error) Class {
	if s.options.classify != nil {
		if c := s.options.classify(err); c != Unclassified {
			return c
		}
	}
	// A driver says so only of statements that were not carried out.
	if errors.Is(err, driver.ErrBadConn) {
		return Transient
	}
	return s.dialect.classify(err)
}

// explain returns the error that a method answers with: it says which
// operation failed, wraps ErrTransient where err means that, and ctx.Err()
// where the context has ended, which drivers do not always tell.
func (s *Store) explain(ctx context.Context, operation, tenant string, err error) error {
	if err == nil {
		return nil
	}
	if tenant != "" {
		operation = fmt.Sprintf("%s of tenant %q", operation, tenant)
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	switch {
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrCorrupt), errors.Is(err, store.ErrUnknown),
		errors.Is(err, store.ErrTransient), ctx.Err() != nil:
		// An ended context is no reason to try again, whatever the driver says.
	case s.class(err) == Transient, s.class(err) == Stale, errors.Is(err, errTorn):
		err = fmt.Errorf("%w: %w", store.ErrTransient, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", operation, err)
}

// outcome says what an error of COMMIT means. Whatever is not known to mean
// that the database rolled back may have been committed.
func (s *Store) outcome(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil:
		// The context ended first, and database/sql has rolled back.
		return ctx.Err()
	case errors.Is(err, driver.ErrBadConn):
		return fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	switch s.class(err) {
	case Transient, Stale:
		return fmt.Errorf("%w: %w", store.ErrTransient, err)
	}
	if s.dialect.undone != nil && s.dialect.undone(err) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrUnknown, err)
}

// sqlState returns the SQLSTATE that a driver for PostgreSQL gives, or "".
func sqlState(err error) string {
	var e interface{ SQLState() string }
	if errors.As(err, &e) {
		return e.SQLState()
	}
	return ""
}

// resultCode returns the extended result code that a driver for SQLite gives.
func resultCode(err error) (int64, bool) {
	var e interface{ Code() int } // modernc.org/sqlite
	if errors.As(err, &e) {
		return int64(e.Code()), true
	}
	return numberField(err, "ExtendedCode") // mattn/go-sqlite3
}

// numberField returns the field of that name of the first error in err's tree
// that is a struct with one. Drivers that offer their codes only as fields
// would otherwise have to be imported.
func numberField(err error, name string) (int64, bool) {
	for err != nil {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() == reflect.Struct {
			switch f := v.FieldByName(name); {
			case f.CanInt():
				return f.Int(), true
			case f.CanUint():
				return int64(f.Uint()), true
			}
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range e.Unwrap() {
				if n, ok := numberField(err, name); ok {
					return n, true
				}
			}
			return 0, false
		default:
			return 0, false
		}
	}
	return 0, false
}
