package integration

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite"

	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

func Example() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has its own :memory:
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite, nil); err != nil {
		log.Fatal(err)
	}
	st, err := sqlstore.New(db, sqlstore.SQLite, nil)
	if err != nil {
		log.Fatal(err)
	}
	first := store.Commit{ID: "k7Qw", Entry: []byte(`{"op":"sign-up"}`)}
	if err := st.Commit(ctx, "acme", store.Head{}, []store.Commit{first}); err != nil {
		log.Fatal(err)
	}
	heads, err := st.Heads(ctx, []string{"acme", "globex"})
	fmt.Println(heads, err)
	// Output: [{1 k7Qw} {0 }] <nil>
}

// A change of roles and the host's own change, in one transaction.
func Example_transaction() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite, &sqlstore.Options{Prefix: "auth_"}); err != nil {
		log.Fatal(err)
	}
	st, err := sqlstore.New(db, sqlstore.SQLite, &sqlstore.Options{Prefix: "auth_"})
	if err != nil {
		log.Fatal(err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "CREATE TABLE invoice (id TEXT)"); err != nil {
		log.Fatal(err)
	}
	if err := st.WithTx(tx).Commit(ctx, "acme", store.Head{}, []store.Commit{{ID: "k7Qw", Entry: []byte("{}")}}); err != nil {
		log.Fatal(err)
	}
	if err := tx.Rollback(); err != nil { // both are undone
		log.Fatal(err)
	}
	heads, err := st.Heads(ctx, []string{"acme"})
	fmt.Println(heads, err)
	// Output: [{0 }] <nil>
}
