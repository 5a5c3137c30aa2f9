// Postgres is a host with a database of its own. When it invites somebody, it
// writes the invitation and the role in one transaction: either both are
// there afterwards, or none.
//
//	go run ./examples/postgres -dsn postgres://localhost/app
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/seed80bc5f17/rbac"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

func main() {
	dsn := flag.String("dsn", os.Getenv("DATABASE_URL"), "the database, as a `URL`; tables app_invitation and rbac_… are made")
	flag.Parse()
	if *dsn == "" {
		log.Fatal("postgres: no -dsn given, and DATABASE_URL is not set")
	}
	db, err := sql.Open("pgx", *dsn)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if err := run(context.Background(), os.Stdout, db, sqlstore.PostgreSQL); err != nil {
		log.Fatal(err)
	}
}

// host is an application and its database.
type host struct {
	db        *sql.DB
	store     *sqlstore.Store
	authority *rbac.Authority
}

func run(ctx context.Context, w io.Writer, db *sql.DB, dialect sqlstore.Dialect) error {
	h, err := prepare(ctx, db, dialect)
	if err != nil {
		return err
	}
	if _, err := h.authority.Bootstrap(ctx, rbac.System("sign-up"), "olivia"); err != nil {
		return err
	}

	// Olivia is the Owner. Carl is nobody, so that his invitation is refused,
	// and rolled back with it.
	for _, by := range []string{"carl", "olivia"} {
		err := h.invite(ctx, rbac.As(by), "dora", rbac.AdminRole)
		if err != nil && !errors.Is(err, rbac.ErrDenied) {
			return err
		}
		may, checkErr := h.authority.Can(ctx, rbac.As("dora"), "orders.view")
		if checkErr != nil {
			return checkErr
		}
		var invitations int
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM app_invitation").Scan(&invitations); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s invites dora: %v\n  invitations: %d, dora may view orders: %t\n", by, err, invitations, may)
	}
	return nil
}

func prepare(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect) (*host, error) {
	catalog, err := rbac.NewCatalog(rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{
		{ID: "orders.view", Label: "View orders"},
	}})
	if err != nil {
		return nil, err
	}
	// A host does this when it is deployed, with all its migrations.
	if err := sqlstore.Migrate(ctx, db, dialect, nil); err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS app_invitation (name TEXT PRIMARY KEY, invited_by TEXT NOT NULL)`)
	if err != nil {
		return nil, err
	}
	st, err := sqlstore.New(db, dialect, nil)
	if err != nil {
		return nil, err
	}
	authority, err := rbac.New(st, catalog, nil)
	return &host{db: db, store: st, authority: authority}, err
}

// invite writes an invitation and gives a role, in one transaction.
func (h *host) invite(ctx context.Context, actor rbac.Actor, name string, role rbac.RoleID) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit

	_, err = tx.ExecContext(ctx, `INSERT INTO app_invitation (name, invited_by) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
		name, actor.UserID())
	if err != nil {
		return err
	}
	// An Authority over the transaction lives as long as that. It judges by
	// what the transaction sees, and writes nowhere else. Other changes of the
	// tenant wait until the end of it, so it is kept short.
	inside := h.authority.Over(h.store.WithTx(tx))
	receipt, err := inside.Assign(ctx, actor, rbac.NewAssignment{Subject: rbac.User(name), Role: role})
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	// Checks go by what this process knows, and it is not told by the database.
	return h.authority.Published(receipt.Token)
}
