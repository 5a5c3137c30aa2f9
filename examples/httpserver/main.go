// Httpserver serves invoices on http://127.0.0.1:8080, to people who may do
// what their roles say, or with -before to everybody who has signed in.
// README.md shows a session.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go

	"github.com/seed80bc5f17/rbac/examples/httpserver/after"
	"github.com/seed80bc5f17/rbac/examples/httpserver/before"
	"github.com/seed80bc5f17/rbac/examples/httpserver/invoice"
)

func main() {
	address := flag.String("addr", "127.0.0.1:8080", "the `address` to listen on")
	path := flag.String("db", filepath.Join(os.TempDir(), "rbac-invoices.db"), "the SQLite `file`")
	unguarded := flag.Bool("before", false, "without roles")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *address, *path, *unguarded); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, address, path string, unguarded bool) error {
	db, err := open(path)
	if err != nil {
		return err
	}
	defer db.Close()
	handler, err := newHandler(ctx, db, unguarded)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	}()
	log.Printf("http://%s, stored in %s", address, path)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// open returns the database in a file, made if it does not exist.
func open(path string) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8) // and keep them: to open one costs more than to ask it
	db.SetMaxIdleConns(8)
	return db, nil
}

func newHandler(ctx context.Context, db *sql.DB, unguarded bool) (http.Handler, error) {
	book, err := invoice.Open(ctx, db)
	if err != nil || unguarded {
		return before.New(book), err
	}
	authority, err := after.Open(ctx, db)
	if err != nil {
		return nil, err
	}
	return after.New(book, authority), nil
}
