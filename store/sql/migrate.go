package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Migrate makes or updates the tables. Nothing else does: call it when
// deploying, with rights to create tables that the program needs no longer
// afterwards. It does nothing if all is done, and several at once wait for
// each other.
//
// On SQLite and PostgreSQL it is one transaction. MySQL has none for tables;
// there a Migrate that broke off is continued by the next one.
//
// It returns ErrSchema if the tables were made by a newer program, or if a
// migration is not the one that was applied, and then changes nothing.
func Migrate(ctx context.Context, db *sql.DB, dialect Dialect, opts *Options) error {
	s, err := New(db, dialect, opts)
	if err != nil {
		return err
	}
	err = s.patiently(ctx, func() error { return s.migrate(ctx) })
	return s.explain(ctx, "migrate", "", err)
}

func (s *Store) migrate(ctx context.Context) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if s.dialect.begin != "" {
		if _, err := conn.ExecContext(ctx, s.dialect.begin); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, s.endMigration(ctx, conn, err == nil)) }()
	if err := s.acquire(ctx, conn); err != nil {
		return err
	}
	return s.apply(ctx, conn)
}

func (s *Store) acquire(ctx context.Context, conn *sql.Conn) error {
	if s.dialect.acquire == "" {
		return nil
	}
	var have sql.NullBool
	q := newStatement(s.dialect.acquire, s.names.qualifier+s.names.prefix)
	err := s.dialect.query(ctx, conn, q, func(scan func(...any) error) error { return scan(&have) })
	if err == nil && !have.Bool {
		err = errors.New("another migration holds the lock")
	}
	return err
}

// apply applies what is missing.
func (s *Store) apply(ctx context.Context, conn *sql.Conn) error {
	all, err := migrations(s.kind)
	if err != nil {
		return err
	}
	applied, err := s.applied(ctx, conn)
	if err != nil {
		return err
	}
	rest, err := s.missing(applied)
	if err != nil || len(rest) == 0 {
		return err
	}
	for _, m := range append(all[:1:1], rest...) {
		for _, text := range m.statements(s.names) {
			if _, err := conn.ExecContext(ctx, text); err != nil {
				return fmt.Errorf("migration %d (%s): %w", m.version, m.name, err)
			}
		}
		if m.version == 0 {
			continue
		}
		q := newStatement("INSERT INTO "+s.names.version+" ("+versionColumns+") VALUES (?, ?, ?, ?)",
			m.version, m.name, m.checksum, time.Now().UnixMicro())
		_, err := s.dialect.exec(ctx, conn, q)
		if err != nil && !(s.dialect.begin == "" && s.class(err) == Duplicate) {
			return fmt.Errorf("migration %d (%s): %w", m.version, m.name, err)
		}
	}
	return nil
}

// endMigration leaves the connection as it was, also if ctx has ended, or has
// it thrown away.
func (s *Store) endMigration(ctx context.Context, conn *sql.Conn, ok bool) error {
	if !ok {
		ctx = context.WithoutCancel(ctx)
	}
	var err error
	if s.dialect.release != "" {
		_, err = s.dialect.exec(ctx, conn, newStatement(s.dialect.release, s.names.qualifier+s.names.prefix))
	}
	last := s.dialect.commit
	if !ok {
		last = s.dialect.rollback
	}
	if err == nil && last != "" {
		_, err = conn.ExecContext(ctx, last)
	}
	if err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	if !ok {
		return nil // there is an error already that says more
	}
	return err
}
