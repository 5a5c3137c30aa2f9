// Package pgnotify lets the processes that share a PostgreSQL database hear of
// each other's changes at once, by LISTEN and NOTIFY, instead of at their next
// poll. It is a [store.Notifier] around a store of package sqlstore:
//
//	err = pgnotify.Install(ctx, db, nil) // when deploying, after sqlstore.Migrate
//	…
//	st, err := sqlstore.New(db, sqlstore.PostgreSQL, nil)
//	…
//	notifying, err := pgnotify.New(st, connect, nil)
//	…
//	authority, err := rbac.New(notifying, catalog, &rbac.Options{MaxStaleness: time.Minute})
//	…
//	err = authority.Start(ctx) // listens
//	defer authority.Close()
//
// It is an optimisation, and nothing depends on it: a hint that is lost, or a
// connection that is down, costs no more than MaxStaleness, as without it. What
// it buys is a longer MaxStaleness, and so fewer polls, with changes that are
// seen within milliseconds all the same.
//
// # What it costs
//
// A connection for each process that listens, and a trigger on the table of
// heads that calls pg_notify once a change. PostgreSQL lets one transaction
// that notifies commit at a time, on the whole server: changes to different
// tenants, which otherwise go side by side, then share one queue. [Install] has
// figures.
//
// # Where it works
//
// On the primary: a standby cannot LISTEN. The connection that listens must be
// PostgreSQL's own, or of a pooler in session mode: in transaction mode, as
// PgBouncer's usual one, nothing is heard. The store's pool, which is another
// one, may go through either.
package pgnotify
