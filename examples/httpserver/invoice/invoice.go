// Package invoice keeps invoices. It knows nothing of who may see them.
package invoice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Invoice is what a customer owes.
type Invoice struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
	Cents    int64  `json:"cents"`
	MadeBy   string `json:"made_by"`
	Status   string `json:"status"` // "open", "paid" or "void"
}

// ErrNotFound is the error for an invoice that there is not.
var ErrNotFound = errors.New("invoice: not found")

// Book is where invoices are kept. It is safe for concurrent use.
type Book struct{ db *sql.DB }

// Open returns the book in a SQLite database, made if it does not exist, with
// an invoice of carl's and one of dora's.
func Open(ctx context.Context, db *sql.DB) (*Book, error) {
	_, err := db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS invoice (
			id       INTEGER PRIMARY KEY,
			customer TEXT    NOT NULL,
			cents    INTEGER NOT NULL CHECK (cents > 0),
			made_by  TEXT    NOT NULL,
			status   TEXT    NOT NULL DEFAULT 'open'
		);
		INSERT INTO invoice (id, customer, cents, made_by)
			SELECT 1, 'Initech', 120000, 'carl' WHERE NOT EXISTS (SELECT * FROM invoice);
		INSERT INTO invoice (id, customer, cents, made_by)
			SELECT 2, 'Globex', 99900, 'dora' WHERE (SELECT count(*) FROM invoice) = 1`)
	if err != nil {
		return nil, fmt.Errorf("invoice: %w", err)
	}
	return &Book{db}, nil
}

// List returns the invoices.
func (b *Book) List(ctx context.Context) ([]Invoice, error) {
	return all(b.db.QueryContext(ctx, `SELECT id, customer, cents, made_by, status FROM invoice ORDER BY id LIMIT 100`))
}

// ListOf returns the invoices that a user has made.
func (b *Book) ListOf(ctx context.Context, user string) ([]Invoice, error) {
	return all(b.db.QueryContext(ctx, `SELECT id, customer, cents, made_by, status FROM invoice WHERE made_by = ? ORDER BY id LIMIT 100`, user))
}

// Get returns an invoice, or ErrNotFound.
func (b *Book) Get(ctx context.Context, id string) (Invoice, error) {
	return one(b.db.QueryRowContext(ctx, `SELECT id, customer, cents, made_by, status FROM invoice WHERE CAST(id AS TEXT) = ?`, id))
}

// Add makes an invoice.
func (b *Book) Add(ctx context.Context, customer string, cents int64, madeBy string) (Invoice, error) {
	return one(b.db.QueryRowContext(ctx, `INSERT INTO invoice (customer, cents, made_by) VALUES (?, ?, ?)
		RETURNING id, customer, cents, made_by, status`, customer, cents, madeBy))
}

// Settle gives an open invoice another status; one that is not open stays as it
// is. It returns the invoice, or ErrNotFound.
func (b *Book) Settle(ctx context.Context, id, status string) (Invoice, error) {
	return one(b.db.QueryRowContext(ctx, `UPDATE invoice SET status = iif(status = 'open', ?, status)
		WHERE CAST(id AS TEXT) = ? RETURNING id, customer, cents, made_by, status`, status, id))
}

func all(rows *sql.Rows, err error) ([]Invoice, error) {
	if err != nil {
		return nil, fmt.Errorf("invoice: %w", err)
	}
	defer rows.Close()
	list := []Invoice{}
	for rows.Next() {
		var i Invoice
		if err := rows.Scan(&i.ID, &i.Customer, &i.Cents, &i.MadeBy, &i.Status); err != nil {
			return nil, fmt.Errorf("invoice: %w", err)
		}
		list = append(list, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("invoice: %w", err)
	}
	return list, nil
}

func one(row *sql.Row) (Invoice, error) {
	var i Invoice
	switch err := row.Scan(&i.ID, &i.Customer, &i.Cents, &i.MadeBy, &i.Status); {
	case errors.Is(err, sql.ErrNoRows):
		return Invoice{}, ErrNotFound
	case err != nil:
		return Invoice{}, fmt.Errorf("invoice: %w", err)
	}
	return i, nil
}
