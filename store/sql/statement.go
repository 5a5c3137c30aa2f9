package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// runner is what statements are sent to: a pool, a connection or a
// transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// statement is SQL being written, with its arguments. Values are never part of
// the text; the text contains ? only as a parameter.
type statement struct {
	text strings.Builder
	args []any
}

func newStatement(text string, args ...any) *statement {
	return new(statement).add(text, args...)
}

// add appends text with the arguments of its parameters.
func (q *statement) add(text string, args ...any) *statement {
	q.text.WriteString(text)
	q.args = append(q.args, args...)
	return q
}

// append appends another statement.
func (q *statement) append(other *statement) *statement {
	return q.add(other.text.String(), other.args...)
}

// in appends "column IN (…)".
func (q *statement) in(column string, values []string) *statement {
	q.add(column + " IN (?" + strings.Repeat(", ?", len(values)-1) + ")")
	for _, v := range values {
		q.args = append(q.args, v)
	}
	return q
}

// sql returns the text as the dialect's drivers take it.
func (q *statement) sql(d *dialect) string {
	text := q.text.String()
	if !d.numbered {
		return text
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		text = after
	}
}

// exec runs the statement and returns the number of rows it changed.
func (d *dialect) exec(ctx context.Context, r runner, q *statement) (int64, error) {
	result, err := r.ExecContext(ctx, q.sql(d), q.args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query runs the statement and calls row for each row of its answer. The
// answer is read to its end before query returns: inside a transaction most
// drivers take no other statement before.
func (d *dialect) query(ctx context.Context, r runner, q *statement, row func(scan func(...any) error) error) (err error) {
	rows, err := r.QueryContext(ctx, q.sql(d), q.args...)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("row: %w", err)
		}
	}
	return rows.Err()
}
