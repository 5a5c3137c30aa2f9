package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

// The shapes in which drivers offer their codes.
type (
	stateError    string
	numberError   struct{ Number uint16 }
	codeError     int
	extendedError struct{ Code, ExtendedCode int }
)

func (e stateError) Error() string    { return "state" }
func (e stateError) SQLState() string { return string(e) }
func (e *numberError) Error() string  { return "number" }
func (e codeError) Error() string     { return "code" }
func (e codeError) Code() int         { return int(e) }
func (e extendedError) Error() string { return "extended" }
func wrap(err error) error            { return fmt.Errorf("outer: %w", err) }
func joined(err error) error          { return errors.Join(errors.New("other"), err) }
func on(kind Dialect) *Store {
	d, _ := kind.data()
	return &Store{kind: kind, dialect: d}
}

func TestClass(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind Dialect
		err  error
		want Class
	}{
		{PostgreSQL, stateError("40001"), Stale},
		{PostgreSQL, stateError("40P01"), Transient},
		{PostgreSQL, stateError("55P03"), Transient},
		{PostgreSQL, stateError("23505"), Duplicate},
		{PostgreSQL, stateError("40003"), Unclassified},
		{PostgreSQL, stateError("42P01"), Unclassified},
		{PostgreSQL, &numberError{1213}, Unclassified},
		{MySQL, &numberError{1213}, Transient},
		{MySQL, &numberError{1205}, Transient},
		{MySQL, &numberError{3572}, Transient},
		{MySQL, &numberError{3101}, Transient},
		{MySQL, &numberError{9007}, Transient},
		{MySQL, &numberError{8002}, Transient},
		{MySQL, &numberError{8022}, Transient},
		{MySQL, &numberError{1020}, Stale},
		{MySQL, &numberError{1062}, Duplicate},
		{MySQL, &numberError{1146}, Unclassified},
		{MySQL, stateError("40001"), Unclassified},
		{SQLite, codeError(5), Transient},
		{SQLite, codeError(261), Transient},
		{SQLite, codeError(517), Stale},
		{SQLite, codeError(6), Transient},
		{SQLite, codeError(262), Transient},
		{SQLite, codeError(1555), Duplicate},
		{SQLite, codeError(2067), Duplicate},
		{SQLite, codeError(19), Unclassified},
		{SQLite, codeError(1), Unclassified},
		{SQLite, extendedError{5, 5}, Transient},
		{SQLite, extendedError{5, 517}, Stale},
		{SQLite, extendedError{19, 1555}, Duplicate},
		{MySQL, driver.ErrBadConn, Transient},
		{SQLite, errors.New("other"), Unclassified},
	}
	for _, test := range tests {
		for _, err := range []error{test.err, wrap(test.err), joined(test.err), wrap(joined(wrap(test.err)))} {
			if got := on(test.kind).class(err); got != test.want {
				t.Errorf("%s: class of %#v = %d, want %d", test.kind, err, got, test.want)
			}
		}
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want error
		not  error
	}{
		{"serialization failure", t.Context(), stateError("40001"), store.ErrTransient, store.ErrUnknown},
		{"statement completion unknown", t.Context(), stateError("40003"), store.ErrUnknown, store.ErrTransient},
		{"connection failure", t.Context(), stateError("08006"), store.ErrUnknown, store.ErrTransient},
		{"administrator", t.Context(), stateError("57P01"), store.ErrUnknown, store.ErrTransient},
		{"bad connection", t.Context(), driver.ErrBadConn, store.ErrUnknown, store.ErrTransient},
		{"any other", t.Context(), errors.New("x"), store.ErrUnknown, store.ErrTransient},
		{"context ended while it was sent", ended, wrap(context.Canceled), store.ErrUnknown, store.ErrTransient},
		{"context ended before", ended, sql.ErrTxDone, context.Canceled, store.ErrUnknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := on(PostgreSQL)
			err := s.explain(test.ctx, "commit", "acme", s.outcome(test.ctx, test.err))
			if !errors.Is(err, test.want) || errors.Is(err, test.not) {
				t.Errorf("got %v, want %v and not %v", err, test.want, test.not)
			}
			if ended := test.ctx.Err(); ended != nil && !errors.Is(err, ended) {
				t.Errorf("%v does not wrap %v", err, ended)
			}
		})
	}
}

// TestOutcomeWithoutRoom has COMMIT fail for a full disk, which is not to be
// sent again and again.
func TestOutcomeWithoutRoom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind    Dialect
		err     error
		unknown bool
	}{
		{SQLite, codeError(13), false},
		{SQLite, extendedError{13, 13}, false},
		{SQLite, wrap(codeError(13)), false},
		{SQLite, codeError(10), true},
		{SQLite, codeError(1034), true}, // IOERR_FSYNC
		{SQLite, errors.New("full"), true},
		{PostgreSQL, codeError(13), true},
	} {
		err := on(test.kind).outcome(t.Context(), test.err)
		if !errors.Is(err, test.err) || errors.Is(err, store.ErrUnknown) != test.unknown || errors.Is(err, store.ErrTransient) {
			t.Errorf("%s: of %#v: %v, want unknown: %t", test.kind, test.err, err, test.unknown)
		}
	}
}
