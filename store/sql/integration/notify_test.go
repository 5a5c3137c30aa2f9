package integration

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
	"github.com/seed80bc5f17/rbac/store/sql/integration/internal/server"
	"github.com/seed80bc5f17/rbac/store/sql/pgnotify"
)

// line is how a process gets at the hints, for tests to cut.
type line struct {
	dsn  string
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	down atomic.Bool   // no new connections
	pid  atomic.Uint32 // of the server's end of the last one
}

func (l *line) connect(ctx context.Context) (*pgx.Conn, error) {
	if l.down.Load() {
		return nil, errors.New("the line is down")
	}
	config, err := pgx.ParseConfig(l.dsn)
	if err != nil {
		return nil, err
	}
	if l.dial != nil {
		config.DialFunc = l.dial
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err == nil {
		l.pid.Store(conn.PgConn().PID())
	}
	return conn, err
}

// notifying returns a store that listens, with the triggers installed.
func notifying(t *testing.T, s *sqlstore.Store, at place, opts *sqlstore.Options, heartbeat time.Duration) (*pgnotify.Store, *line) {
	t.Helper()
	if err := pgnotify.Install(t.Context(), at.DB, opts); err != nil {
		t.Fatal(err)
	}
	l := &line{dsn: at.dsn}
	n, err := pgnotify.New(s, l.connect, &pgnotify.Options{Tables: opts, Heartbeat: heartbeat})
	if err != nil {
		t.Fatal(err)
	}
	return n, l
}

// TestNotify has a process whose leases last an hour hear of what another one
// does, lose the line, and find it again.
func TestNotify(t *testing.T) {
	t.Parallel()
	d := named(t, "postgres/pgx")
	s, at, opts := d.migrated(t)
	heard, line := notifying(t, s, at, opts, 0)
	writer := authority(t, s, "acme")
	var polls atomic.Int64
	reader, err := newAuthorityOf(heard, "acme", rbac.Options{MaxStaleness: time.Hour, Observe: func(o rbac.Observation) {
		if o.Event == rbac.ObservedPoll {
			polls.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	var l ledger
	role := l.must(t, writer, host, making("Role", "app.x")).Role.ID
	may := func(a *rbac.Authority, user string) bool {
		ok, err := a.Can(t.Context(), rbac.As(user), "app.x")
		if err != nil {
			t.Error(err)
		}
		return ok
	}
	if may(reader, "ann") { // from now on there is a lease
		t.Fatal("ann may without a role")
	}
	if err := reader.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	n := 0
	listening := func() { // by now: something has been heard
		before := polls.Load()
		until(t, "a hint", func() bool {
			n++
			l.must(t, writer, host, giving(fmt.Sprint("somebody", n), role))
			return polls.Load() > before
		})
	}
	given := func(user string) {
		l.must(t, writer, host, giving(user, role))
		until(t, user+" may", func() bool { return may(reader, user) })
	}
	taken := func(user string) { l.must(t, writer, host, rbac.Unassign(rbac.User(user), role)) }

	listening()
	given("ann")
	taken("ann")
	until(t, "ann may not", func() bool { return !may(reader, "ann") })

	given("bob")
	line.down.Store(true)
	execute(t, at.DB, fmt.Sprintf("SELECT pg_terminate_backend(%d, 60000)", line.pid.Load()))
	taken("bob")
	if may(reader.Fresh(), "bob") {
		t.Error("without hints, a fresh check is not")
	}

	line.down.Store(false)
	listening()
	given("eve")
	taken("eve")
	until(t, "eve may not", func() bool { return !may(reader, "eve") })
	l.settle(t, writer)
}

// hints are what Listen says, while it runs.
type hints struct {
	cancel func()
	heard  chan string
	ended  chan error
}

func listen(t *testing.T, n *pgnotify.Store) hints {
	ctx, cancel := context.WithCancel(t.Context())
	h := hints{cancel, make(chan string, 1000), make(chan error, 1)}
	var group sync.WaitGroup
	group.Go(func() { h.ended <- n.Listen(ctx, func(tenant string) { h.heard <- tenant }) })
	t.Cleanup(func() { cancel(); group.Wait() })
	return h
}

// through returns what is heard up to the given tenant, which is made to change
// until it is.
func (h hints) through(t *testing.T, s store.Store, last string) []string {
	t.Helper()
	var all []string
	seen := false
	until(t, "hearing of "+last, func() bool {
		change(t, s, last)
		for len(h.heard) > 0 {
			tenant := <-h.heard
			if seen = tenant == last; seen {
				return true
			}
			all = append(all, tenant)
		}
		select {
		case err := <-h.ended:
			t.Fatal(err)
		default:
		}
		return false
	})
	return all
}

// change makes a commit without changes.
func change(t *testing.T, s store.Store, tenant string) {
	t.Helper()
	at := head(t, s, tenant)
	if err := s.Commit(t.Context(), tenant, at, commits(fmt.Sprint("c", at.Revision+1))); err != nil {
		t.Fatal(err)
	}
}

// TestNotify_Hints looks at what is sent, with tables of any name.
func TestNotify_Hints(t *testing.T) {
	t.Parallel()
	odd := "o'dd \"id\" \\ \u2603 "
	long := strings.Repeat("x", 9000) // nothing that an Authority takes
	for _, prefix := range []string{"", "app_"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			t.Parallel()
			d := named(t, "postgres/pgx")
			at, opts := d.fresh(t)
			opts.Prefix = prefix
			s := d.store(t, at.DB, opts)
			n, _ := notifying(t, s, at, opts, 0)
			other, _, _ := d.migrated(t) // of another schema, not to be heard
			h := listen(t, n)
			h.through(t, s, "begin")
			change(t, s, "acme")
			change(t, s, "acme")
			change(t, s, odd)
			change(t, s, long)
			change(t, s, long)
			change(t, other, "elsewhere")
			if err := s.Exclusive(t.Context(), "acme", func(store.Store) error { return nil }); err != nil {
				t.Fatal(err)
			}
			execute(t, at.DB, "UPDATE "+table(opts, "tenant")+" SET revision = revision + 1, commit_id = '' WHERE id = 'acme'")
			got := slices.DeleteFunc(h.through(t, s, "end"), func(tenant string) bool { return tenant == "begin" })
			if diff := cmp.Diff([]string{"acme", "acme", odd, "acme"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			h.cancel()
			if err := <-h.ended; !errors.Is(err, context.Canceled) {
				t.Errorf("Listen ended with %v", err)
			}
		})
	}
}

// TestNotify_Install wants Listen to say that it would hear nothing.
func TestNotify_Install(t *testing.T) {
	t.Parallel()
	d := named(t, "postgres/pgx")
	at, opts := d.fresh(t)
	if err := pgnotify.Install(t.Context(), at.DB, opts); err == nil {
		t.Error("the triggers were installed on no table")
	}
	s := d.store(t, at.DB, opts)
	l := &line{dsn: at.dsn}
	n, err := pgnotify.New(s, l.connect, &pgnotify.Options{Tables: opts})
	if err != nil {
		t.Fatal(err)
	}
	deaf := func(when string) {
		t.Helper()
		if err := n.Listen(t.Context(), func(string) {}); !errors.Is(err, pgnotify.ErrNotInstalled) {
			t.Errorf("%s: Listen: %v", when, err)
		}
	}
	deaf("before Install")
	install := func() error { return pgnotify.Install(t.Context(), at.DB, opts) }
	if err := errors.Join(together(install, install, install)...); err != nil {
		t.Fatal(err)
	}
	listen(t, n).through(t, s, "acme")
	execute(t, at.DB, "ALTER TABLE "+table(opts, "tenant")+" DISABLE TRIGGER USER")
	deaf("with the triggers disabled")
	if err := pgnotify.Uninstall(t.Context(), at.DB, opts); err != nil {
		t.Fatal(err)
	}
	change(t, s, "acme")
	deaf("after Uninstall")
}

// TestNotify_Heartbeat has the line cut off without a word, as a firewall does.
func TestNotify_Heartbeat(t *testing.T) {
	t.Parallel()
	d := named(t, "postgres/pgx")
	s, at, opts := d.migrated(t)
	n, l := notifying(t, s, at, opts, 2*time.Second)
	cut, asked := make(chan struct{}), new(atomic.Int64)
	l.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &cuttable{Conn: c, cut: cut, written: asked}, err
	}
	h := listen(t, n)
	h.through(t, s, "acme")
	written := asked.Load()
	until(t, "a question for a sign of life", func() bool { return asked.Load() > written })
	h.through(t, s, "acme") // and it is listened to still
	close(cut)
	until(t, "Listen has ended", func() bool { return len(h.ended) > 0 })
	if err := <-h.ended; err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Listen ended with %v", err)
	}
}

// cuttable is a connection on which nothing arrives any more once it is cut.
type cuttable struct {
	net.Conn
	cut     chan struct{}
	written *atomic.Int64
}

func (c *cuttable) Write(b []byte) (int, error) {
	c.written.Add(1)
	return c.Conn.Write(b)
}

func (c *cuttable) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		select {
		case <-c.cut:
			if err == nil {
				continue // lost on the way; the deadline ends this
			}
		default:
		}
		return n, err
	}
}

// BenchmarkNotify measures what the triggers cost: commits of one tenant, and
// of many side by side, on a server whose commits are durable.
func BenchmarkNotify(b *testing.B) {
	own, err := begin(server.PostgreSQL)
	need(b, server.PostgreSQL, err)
	b.Cleanup(own.Stop)
	shared := &sharedServer{kind: server.PostgreSQL, dsn: own.DSN}
	shared.once.Do(func() {})
	d := database{"postgres/pgx", sqlstore.PostgreSQL, inSchema(shared, "pgx", "")}
	for _, tenants := range []int{1, 16} {
		for _, installed := range []bool{false, true} {
			b.Run(fmt.Sprintf("tenants=%d/notify=%t", tenants, installed), func(b *testing.B) {
				s, at, opts := d.migrated(b)
				if installed {
					if err := pgnotify.Install(b.Context(), at.DB, opts); err != nil {
						b.Fatal(err)
					}
				}
				var group sync.WaitGroup
				var left atomic.Int64
				left.Store(int64(b.N))
				for i := range tenants {
					group.Go(func() {
						tenant, at := fmt.Sprint("t", i), store.Head{}
						for left.Add(-1) >= 0 {
							next := store.Head{Revision: at.Revision + 1, Commit: fmt.Sprint("c", at.Revision+1)}
							if err := s.Commit(b.Context(), tenant, at, commits(next.Commit)); err != nil {
								b.Error(err)
							}
							at = next
						}
					})
				}
				group.Wait()
			})
		}
	}
}
