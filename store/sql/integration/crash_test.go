package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
	"github.com/seed80bc5f17/rbac/store/sql/integration/internal/server"
)

// outage is a server being up, being stopped, and being up again.
type outage struct {
	mu      sync.Mutex
	changed sync.Cond // of the numbers
	acks    int       // changes acknowledged
	waiting int       // writers that wait for the server
	over    bool      // no more changes

	up    chan struct{}   // closed when the server is back
	hasty context.Context //nolint:containedctx // of those who give up when it stops
	stop  context.CancelFunc
}

// next begins another round.
func (o *outage) next(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.up != nil {
		close(o.up)
	}
	o.up, o.waiting = make(chan struct{}), 0
	o.hasty, o.stop = context.WithCancel(ctx)
}

// note changes the numbers.
func (o *outage) note(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
	o.changed.Broadcast()
}

// await returns when the numbers are right.
func (o *outage) await(right func() bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !right() {
		o.changed.Wait()
	}
}

// more returns when some more changes have been acknowledged.
func (o *outage) more(changes int) {
	enough := -1
	o.await(func() bool {
		if enough < 0 {
			enough = o.acks + changes
		}
		return o.acks >= enough
	})
}

func (o *outage) now() (hasty context.Context, up chan struct{}, over bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hasty, o.up, o.over
}

// write makes changes until the end. It notes which were acknowledged, and of
// which the outcome is unknown; the others were not made if the Authority is to
// be believed. Patient writers wait for an answer whatever becomes of the
// server, the others give up when it stops.
func (o *outage) write(ctx context.Context, a *rbac.Authority, name string, patient bool, acknowledged, unknown *ledger) error {
	for n := 0; ; n++ {
		user := fmt.Sprintf("%s.%d", name, n)
		first, second := making(user, "app.x"), making(user+" (2)", "app.x", "app.y")
		for _, ops := range [][]rbac.Op{
			{first, second, giving(user, first.RoleID()), rbac.AddMember(user, rbac.User(user))},
			{rbac.DeleteRole(rbac.RoleDeletion{ID: first.RoleID(), Version: 1, Reassign: second.RoleID()})},
			{rbac.Offboard(rbac.User(user)), rbac.Grant(second.RoleID(), "app.z")},
		} {
			use, up, over := o.now()
			if over {
				return nil
			}
			if patient {
				use = ctx
			}
			_, err := acknowledged.apply(use, a, host, ops...)
			if err == nil {
				o.note(func() { o.acks++ })
				continue
			}
			var lost *rbac.OutcomeUnknownError
			if errors.As(err, &lost) {
				unknown.note(lost.Token)
			} else if !errors.Is(err, rbac.ErrUnavailable) || errors.Is(err, rbac.ErrDenied) {
				return err
			}
			if !patient {
				o.note(func() { o.waiting++ })
			}
			<-up
			break // what comes next rests on it
		}
	}
}

// TestServerCrash stops a database server at once while processes' changes are
// under way, and starts it again. What was acknowledged is there, what was said
// to have failed is not, what is unknown can be asked for, and nothing is there
// by halves.
func TestServerCrash(t *testing.T) {
	const processes, crowd = 2, 4
	rounds := size(1, 1, 10)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for _, test := range []struct {
		kind    server.Kind
		driver  string
		dialect sqlstore.Dialect
	}{
		{server.PostgreSQL, "pgx", sqlstore.PostgreSQL},
		{server.MariaDB, "mysql", sqlstore.MySQL},
	} {
		t.Run(test.kind.Name, func(t *testing.T) {
			t.Parallel()
			srv, err := begin(test.kind)
			need(t, test.kind, err)
			t.Cleanup(srv.Stop)
			random := rand.New(rand.NewPCG(seed, 0))
			opts := &sqlstore.Options{Schema: "rbac_crash"}
			execute(t, open(t, test.driver, srv.DSN), "CREATE SCHEMA rbac_crash")
			var authorities []*rbac.Authority
			for range processes {
				s := database{dialect: test.dialect}.store(t, pooled(t, test.driver, srv.DSN, crowd), opts)
				authorities = append(authorities, authority(t, s, "acme"))
			}
			var acknowledged, unknown ledger
			acknowledged.must(t, authorities[0], host, rbac.Bootstrap("ann"))
			o := &outage{}
			o.changed.L = &o.mu
			o.next(t.Context())
			var writers sync.WaitGroup
			for i, a := range authorities {
				for w := range crowd {
					writers.Go(func() {
						if err := o.write(t.Context(), a, fmt.Sprintf("%d.%d", i, w), w%2 == 0, &acknowledged, &unknown); err != nil {
							t.Error(err)
							o.note(func() { o.acks, o.waiting = math.MaxInt/2, math.MaxInt/2 }) // nobody is to wait in vain
						}
					})
				}
			}
			for range rounds {
				o.more(20 + random.IntN(100))
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
				err := srv.Crash(ctx, func() {
					o.stop()
					o.await(func() bool { return o.waiting >= processes*crowd/2 })
				})
				cancel()
				if err != nil {
					t.Fatal(err)
				}
				o.next(t.Context())
			}
			o.more(20)
			o.note(func() { o.over = true })
			o.stop()
			o.next(t.Context()) // for those who wait
			writers.Wait()
			a := authorities[0]
			made := len(acknowledged.tokens)
			acknowledged.must(t, a, host, making("Settles it"))
			lost := 0
			for _, token := range unknown.tokens {
				written, err := a.Outcome(t.Context(), token)
				if err != nil {
					t.Fatalf("Outcome: %v", err)
				}
				if written {
					acknowledged.note(token) // settle finds out whether it is true
				} else {
					lost++
				}
			}
			acknowledged.settle(t, a)
			t.Logf("%d stops, %d changes acknowledged, %d unknown, of which %d were not made", rounds, made, len(unknown.tokens), lost)
		})
	}
}

// pooled returns a pool of connections as a process would have it.
func pooled(t *testing.T, driver, dsn string, connections int) *sql.DB {
	t.Helper()
	db := open(t, driver, dsn)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}
