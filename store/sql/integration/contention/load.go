package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// loads prints how long it takes to load whole tenants, and what they take on
// disk.
func loads(ctx context.Context, w io.Writer, ds []*database, z sizes) error {
	begin(w, "Loading all assignments of a tenant (the median of 3), users' ids of 36 bytes, each greater than the last, and roles' of 26", ds)
	row(w, "database", "assignments", "fill, s", "load, ms", "bytes an assignment", "bytes of log an assignment")
	row(w, "---", "--:", "--:", "--:", "--:", "--:")
	for _, d := range ds {
		s, err := sqlstore.New(d.db, d.at.Dialect, d.at.options())
		if err != nil {
			return err
		}
		rows := 0
		for _, n := range z.loads {
			tenant, start := fmt.Sprint("load-", n), time.Now()
			if err := fill(ctx, s, tenant, n); err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			filled := time.Since(start)
			rows += n
			took, err := load(ctx, s, tenant, n)
			if err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			cells := []string{d.name, fmt.Sprint(n), fmt.Sprintf("%.1f", filled.Seconds()), ms(took)}
			for _, table := range []string{"assignment", "log"} {
				bytes, err := d.bytes(ctx, table)
				if err != nil {
					return fmt.Errorf("%s: %w", d.name, err)
				}
				cells = append(cells, fmt.Sprint(bytes/int64(rows)))
			}
			row(w, cells...)
		}
	}
	return nil
}

// fill gives one of twenty roles to each of n users, in commits of 5,000 as an
// import would.
func fill(ctx context.Context, s *sqlstore.Store, tenant string, n int) error {
	const users, roles = 5000, 20
	ids := make([]string, roles)
	for i := range ids {
		ids[i] = strings.ToLower(rand.Text())
	}
	var at store.Head
	for i := 0; i < n; {
		c := store.Commit{ID: strings.ToLower(rand.Text()), Time: time.Now().UnixMicro(), Actor: newUser(), Entry: []byte("{}")}
		for ; i < n && len(c.Assignments) < users; i++ {
			c.Assignments = append(c.Assignments, store.Change[store.Assignment]{After: &store.Assignment{
				Subject: store.Subject{Kind: store.User, ID: newUser()}, Role: ids[i%roles], GrantedBy: c.Actor, GrantedAt: c.Time,
			}})
		}
		if err := s.Commit(ctx, tenant, at, []store.Commit{c}); err != nil {
			return err
		}
		at = store.Head{Revision: at.Revision + 1, Commit: c.ID}
	}
	return nil
}

// newUser returns an id that looks like a UUID of version 7: a later one is
// greater. With random ones so many inserts at once as here take the databases
// many times as long.
func newUser() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	binary.BigEndian.PutUint64(b[:], uint64(time.Now().UnixMicro())<<12)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// load returns how long one of 3 loads of everything takes.
func load(ctx context.Context, s *sqlstore.Store, tenant string, n int) (time.Duration, error) {
	var all []time.Duration
	for range 3 {
		start := time.Now()
		st, err := s.Load(ctx, tenant, store.Selection{Model: true, AllUpTo: n})
		all = append(all, time.Since(start))
		if err != nil || !st.All || len(st.Assignments) != n {
			return 0, fmt.Errorf("%d of %d assignments were loaded: %w", len(st.Assignments), n, err)
		}
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

// bytes returns what a table takes, with its indexes.
func (d *database) bytes(ctx context.Context, table string) (n int64, err error) {
	query := ""
	switch d.at.Dialect {
	case sqlstore.SQLite:
		query = "SELECT SUM(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema WHERE tbl_name = 'rbac_" + table + "')"
	case sqlstore.PostgreSQL:
		query = "SELECT pg_total_relation_size('" + d.at.table(table) + "')"
	case sqlstore.MySQL:
		query = "SELECT file_size FROM information_schema.innodb_sys_tablespaces WHERE name = '" + d.at.Schema + "/rbac_" + table + "'"
	}
	err = d.db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}
