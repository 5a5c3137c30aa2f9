package sqlstore

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// How much one statement writes. With at most 12 parameters a row rowChunk
// stays far below every database's limit, and a list of as many alternatives
// below the depth that SQLite's parser allows. byteChunk is far below what a
// MySQL server takes in one packet, unless a single row is longer.
const (
	rowChunk  = 100
	byteChunk = 1 << 20
)

// write does what cs say inside a transaction that the caller ends.
func (s *Store) write(ctx context.Context, r runner, tenant string, expect store.Head, cs []store.Commit) error {
	if len(cs) == 0 {
		at, err := s.edges(ctx, r, tenant, nil, nil)
		if err == nil && at.head != expect {
			err = store.ErrConflict
		}
		return err
	}
	last := &cs[len(cs)-1]
	next := position{
		head: store.Head{Revision: expect.Revision + uint64(len(cs)), Commit: last.ID},
		time: last.Time,
	}
	if err := s.moveHead(ctx, r, tenant, expect, next); err != nil {
		return err
	}
	log := make([][]any, 0, len(cs))
	for i := range cs {
		c := &cs[i]
		if c.Erase {
			if err := s.erase(ctx, r, tenant); err != nil {
				return err
			}
			log = log[:0]
		}
		if err := s.change(ctx, r, tenant, c); err != nil {
			return err
		}
		row, err := logRow(c, expect.Revision+uint64(i)+1)
		if err != nil {
			return err
		}
		log = append(log, row)
	}
	return s.insert(ctx, r, s.names.log, logColumns, tenant, log)
}

func (s *Store) erase(ctx context.Context, r runner, tenant string) error {
	for _, table := range []string{s.names.role, s.names.assignment, s.names.membership, s.names.log} {
		if _, err := s.dialect.exec(ctx, r, newStatement("DELETE FROM "+table+" WHERE tenant_id = ?", tenant)); err != nil {
			return err
		}
	}
	return nil
}

// change does what one commit says about records. What a record was goes, and
// what it is comes: an UPDATE would take a statement for each row, and its
// count of rows is, on MySQL, that of those that came out different.
func (s *Store) change(ctx context.Context, r runner, tenant string, c *store.Commit) error {
	if err := s.changeRoles(ctx, r, tenant, c.Roles); err != nil {
		return err
	}
	assignments, err := rowsOf(c.Assignments, assignmentRow, 3)
	if err != nil {
		return fmt.Errorf("assignment: %w", err)
	}
	if err := s.replace(ctx, r, s.names.assignment, assignmentColumns, tenant, assignments); err != nil {
		return fmt.Errorf("assignment: %w", err)
	}
	memberships, err := rowsOf(c.Memberships, membershipRow, 3)
	if err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	if err := s.replace(ctx, r, s.names.membership, membershipColumns, tenant, memberships); err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	return nil
}

const (
	assignmentColumns = "subject_kind, subject_id, role_id, valid_from, valid_until, granted_by, granted_at, reason"
	membershipColumns = "group_id, member_kind, member_id, added_by, added_at, reason"
)

func assignmentRow(a *store.Assignment) ([]any, error) {
	return []any{string(a.Subject.Kind), a.Subject.ID, a.Role, a.From, a.Until, a.GrantedBy, a.GrantedAt, a.Reason}, nil
}

func membershipRow(m *store.Membership) ([]any, error) {
	return []any{m.Group, string(m.Member.Kind), m.Member.ID, m.AddedBy, m.AddedAt, m.Reason}, nil
}

// rows are what goes from a table and what comes into it, without the tenant.
type rows struct{ before, after [][]any }

// rowsOf returns the rows of the changes. The first values of a row, as many
// as key says, are its key.
func rowsOf[T any](changes []store.Change[T], row func(*T) ([]any, error), key int) (rows, error) {
	var all rows
	for _, ch := range changes {
		var before, after []any
		var err error
		if ch.Before != nil {
			if before, err = row(ch.Before); err != nil {
				return all, err
			}
			all.before = append(all.before, before)
		}
		if ch.After != nil {
			if after, err = row(ch.After); err != nil {
				return all, err
			}
			all.after = append(all.after, after)
		}
		switch {
		case before == nil && after == nil:
			return all, fmt.Errorf("%w: a change without a record", store.ErrCorrupt)
		case before != nil && after != nil && !slices.Equal(before[:key], after[:key]):
			return all, fmt.Errorf("%w: a change from one key to another", store.ErrCorrupt)
		}
	}
	return all, nil
}

func (s *Store) replace(ctx context.Context, r runner, table, columns, tenant string, rows rows) error {
	if err := s.delete(ctx, r, table, columns, tenant, rows.before); err != nil {
		return err
	}
	return s.insert(ctx, r, table, columns, tenant, rows.after)
}

// delete deletes rows that have exactly these values in the columns.
func (s *Store) delete(ctx context.Context, r runner, table, columns, tenant string, rows [][]any) error {
	one := "(" + strings.ReplaceAll(columns, ", ", " = ? AND ") + " = ?)"
	for chunk := range slices.Chunk(rows, rowChunk) {
		q := newStatement("DELETE FROM "+table+" WHERE tenant_id = ? AND (", tenant)
		for i, row := range chunk {
			if i > 0 {
				q.add(" OR ")
			}
			q.add(one, row...)
		}
		n, err := s.dialect.exec(ctx, r, q.add(")"))
		if err != nil {
			return err
		}
		if n != int64(len(chunk)) {
			return fmt.Errorf("%w: %d of %d records to delete or replace are not there as they were", store.ErrCorrupt, int64(len(chunk))-n, len(chunk))
		}
	}
	return nil
}

func (s *Store) insert(ctx context.Context, r runner, table, columns, tenant string, rows [][]any) error {
	one := "(?" + strings.Repeat(", ?", strings.Count(columns, ",")+1) + ")"
	for chunk := range chunks(rows) {
		q := newStatement("INSERT INTO " + table + " (tenant_id, " + columns + ") VALUES ")
		for i, row := range chunk {
			if i > 0 {
				q.add(", ")
			}
			q.add(one, tenant).add("", row...)
		}
		switch n, err := s.dialect.exec(ctx, r, q); {
		case err != nil && s.class(err) == Duplicate:
			return fmt.Errorf("%w: a record to insert is there already: %w", store.ErrCorrupt, err)
		case err != nil:
			return err
		case n != int64(len(chunk)):
			return fmt.Errorf("%w: %d of %d rows were inserted", store.ErrCorrupt, n, len(chunk))
		}
	}
	return nil
}

// chunks cuts rows by rowChunk and byteChunk.
func chunks(rows [][]any) iter.Seq[[][]any] {
	return func(yield func([][]any) bool) {
		start, bytes := 0, 0
		for i, row := range rows {
			size := 0
			for _, v := range row {
				if text, ok := v.(string); ok {
					size += len(text)
				}
			}
			if i > start && (i-start == rowChunk || bytes+size > byteChunk) {
				if !yield(rows[start:i]) {
					return
				}
				start, bytes = i, 0
			}
			bytes += size
		}
		if start < len(rows) {
			yield(rows[start:])
		}
	}
}

// changeRoles compares what roles were in here: their JSON has many spellings,
// and one written by hand is as good as ours.
func (s *Store) changeRoles(ctx context.Context, r runner, tenant string, changes []store.Change[store.Role]) error {
	rows, err := rowsOf(changes, roleRow, 1)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	want := make(map[string]*store.Role)
	var keys [][]any
	for _, ch := range changes {
		if b := ch.Before; b != nil {
			want[b.ID] = b
			keys = append(keys, []any{b.ID})
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(want)), listChunk) {
		found, _, err := s.roles(ctx, r, tenant, ids...)
		if err != nil {
			return fmt.Errorf("role: %w", err)
		}
		for _, role := range found {
			if !sameRole(role, *want[role.ID]) {
				return fmt.Errorf("%w: role %q is not as it was", store.ErrCorrupt, role.ID)
			}
		}
	}
	if err := s.delete(ctx, r, s.names.role, "id", tenant, keys); err != nil {
		return fmt.Errorf("role: %w", err)
	}
	if err := s.insert(ctx, r, s.names.role, roleColumns, tenant, rows.after); err != nil {
		return fmt.Errorf("role: %w", err)
	}
	return nil
}

// sameRole takes nil and empty for equal. Of damaged roles there is nothing to
// compare but that they are.
func sameRole(a, b store.Role) bool {
	if a.Damaged || b.Damaged {
		return a.Damaged == b.Damaged
	}
	if !slices.Equal(a.Permissions, b.Permissions) || !maps.Equal(a.Metadata, b.Metadata) {
		return false
	}
	a.Permissions, a.Metadata = b.Permissions, b.Metadata
	return reflect.DeepEqual(a, b)
}
