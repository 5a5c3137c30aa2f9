package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

var faults = []fault{
	{name: "fails", err: errFault},
	{name: "is a bad connection", err: driver.ErrBadConn},
	{name: "loses its answer", perform: true, err: errFault},
	{name: "loses its answer with the connection", perform: true, err: driver.ErrBadConn},
	{name: "meets a caller who gives up", giveUp: true},
	{name: "fails, and the caller gives up", err: errFault, giveUp: true},
	{name: "loses its answer, and the caller gives up", perform: true, err: errFault, giveUp: true},
	{name: "hangs until the caller gives up", giveUp: true, hang: obedient},
	{name: "is done, and hangs until the caller gives up", perform: true, giveUp: true, hang: obedient},
	{name: "hangs on when the caller has given up, and is done", perform: true, giveUp: true, hang: deaf},
	{name: "hangs on when the caller has given up, and fails", err: errFault, giveUp: true, hang: deaf},
	{name: "does not connect", where: connecting, err: errFault},
	{name: "connects badly", where: connecting, err: driver.ErrBadConn},
	{name: "connects for nothing", where: connecting, perform: true, err: errFault},
	{name: "connects until the caller gives up", where: connecting, giveUp: true, hang: obedient},
	{name: "connects when the caller has given up", where: connecting, perform: true, giveUp: true, hang: deaf},
	{name: "COMMIT hangs on when the caller has given up, and is done", where: committing, perform: true, giveUp: true, hang: deaf},
	{name: "COMMIT is in flight, and early", where: committing, err: errFault, flight: early},
	{name: "COMMIT is in flight, and late", where: committing, err: driver.ErrBadConn, flight: late},
	{name: "COMMIT is in flight, and dropped", where: committing, err: errFault, flight: dropped},
	{name: "COMMIT is in flight, and the caller gives up", where: committing, err: errFault, giveUp: true, flight: detained},
}

// rare reports whether a fault is tried at a few calls only: it takes time, or
// differs little from others.
func (f fault) rare() bool { return f.giveUp && (f.err != nil || f.perform) }

var (
	founded = time.Date(2030, time.January, 1, 12, 0, 0, 0, time.UTC)
	changed = founded.Add(time.Hour)
)

// attempt is one change of each kind, to a tenant that is made for it.
type attempt struct {
	name  string
	found []rbac.Op
	actor rbac.Actor
	ops   []rbac.Op
	races bool // another process is faster, so that the change is made under the lock
}

func attempts() []attempt {
	clerk, typist := making("Clerk", "app.x"), making("Typist", "app.x", "app.y")
	found := []rbac.Op{
		rbac.Bootstrap("ann"), clerk, typist, giving("bob", clerk.RoleID()), rbac.AddMember("g", rbac.User("bob")),
		rbac.Assign(rbac.NewAssignment{Subject: rbac.User("eve"), Role: clerk.RoleID(), Until: founded.Add(time.Minute)}),
		rbac.Assign(rbac.NewAssignment{Subject: rbac.Group("g"), Role: clerk.RoleID()}),
	}
	text, made := "It is new.", making("New", "app.x", "app.z")
	ann, bob := rbac.As("ann"), rbac.User("bob")
	one := func(name string, actor rbac.Actor, ops ...rbac.Op) attempt {
		return attempt{name: name, found: found, actor: actor, ops: ops}
	}
	all := []attempt{
		one("create", ann, making("New", "app.x")),
		one("edit", ann, rbac.EditRole(rbac.RoleEdit{ID: clerk.RoleID(), Version: 1, Description: &text})),
		one("grant", ann, rbac.Grant(clerk.RoleID(), "app.z")),
		one("revoke", ann, rbac.Revoke(clerk.RoleID(), "app.x")),
		one("delete", ann, rbac.DeleteRole(rbac.RoleDeletion{ID: typist.RoleID(), Version: 1})),
		one("reassign", ann, rbac.DeleteRole(rbac.RoleDeletion{ID: clerk.RoleID(), Version: 1, Reassign: typist.RoleID()})),
		one("assign", ann, giving("carl", clerk.RoleID())),
		one("unassign", ann, rbac.Unassign(bob, clerk.RoleID())),
		one("add a member", ann, rbac.AddMember("g", rbac.User("dora"))),
		one("remove a member", ann, rbac.RemoveMember("g", bob)),
		one("offboard", ann, rbac.Offboard(bob)),
		one("sweep", host, rbac.Sweep()),
		one("a batch", ann, made, giving("carl", made.RoleID()), rbac.AddMember("h", rbac.User("carl"))),
		one("erase", host, rbac.EraseTenant()),
		{name: "bootstrap", actor: host, ops: []rbac.Op{rbac.Bootstrap("ann")}},
		one("create, under the lock", ann, making("New", "app.x")),
	}
	all[len(all)-1].races = true
	return all
}

// failing is a database, once with faults and once without.
type failing struct {
	faults        *faulty
	pool          *sql.DB // with faults
	faulty, sound *sqlstore.Store
	runs, met     int
}

func (w *failing) authority(t *testing.T, s store.Store, tenant string, now time.Time) *rbac.Authority {
	t.Helper()
	a, err := newAuthorityAt(s, tenant, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// try makes the n-th attempt with a fault at a call. It returns how many calls
// there were.
func (w *failing) try(t *testing.T, n int, what fault, at int) int {
	t.Helper()
	w.runs++
	c := attempts()[n]
	tenant := fmt.Sprint("acme-", w.runs)
	label := fmt.Sprintf("%s: call %d %s", c.name, at, what.name)
	sound := w.authority(t, w.sound, tenant, changed)
	var l ledger
	if c.found != nil {
		l.must(t, w.authority(t, w.sound, tenant, founded), host, c.found...)
	}
	s := &counting{Store: w.faulty}
	if c.races {
		s.ahead = func() {
			s.ahead = nil
			l.must(t, sound, host, making("Ahead"))
		}
	}
	a := w.authority(t, s, tenant, changed)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	idle := 2 // connections that the pool keeps; as database/sql does
	if what.where == connecting {
		idle = -1
	}
	w.pool.SetMaxIdleConns(idle)
	disarm := w.faults.arm(what, at, ctx, cancel)
	// The caller of what hangs gets an answer nevertheless, and what is not deaf
	// is told that nobody waits any more; neither only when the Authority itself
	// loses its patience with the store, which is 30 seconds.
	free := sync.OnceFunc(func() { close(w.faults.release) })
	defer free()
	rescue := time.AfterFunc(20*time.Second, func() {
		t.Errorf("%s: it hangs, and so does the caller, or it is not told to end", label)
		free()
	})
	defer rescue.Stop()
	r, err := l.apply(ctx, a, c.actor, c.ops...)
	calls, met := disarm()
	if met {
		w.met++
	}
	if what.hang == deaf && met && what.where == committing {
		w.pending(t, label, sound, err)
	}
	if what.hang == deaf {
		free()
	}
	w.faults.landed.Wait()
	rescue.Stop()
	var unknown *rbac.OutcomeUnknownError
	switch {
	case err == nil && !r.Changed:
		t.Fatalf("%s: nothing changed", label)
	case err == nil:
	case errors.As(err, &unknown) && errors.Is(err, rbac.ErrOutcomeUnknown) && what.giveUp:
		w.resolve(t, label, what, sound, &l, unknown.Token)
	case !errors.Is(err, rbac.ErrUnavailable), errors.Is(err, rbac.ErrDenied), errors.Is(err, rbac.ErrConflict), errors.Is(err, rbac.ErrOutcomeUnknown):
		t.Fatalf("%s: %v", label, err)
	}
	if c.name == "erase" && len(logged(t, sound)) == 1 { // it took the entries before it
		l.tokens = l.tokens[len(l.tokens)-1:]
	}
	// Both go on, and know the same.
	for i, a := range []*rbac.Authority{a, sound} {
		if _, err := l.apply(t.Context(), a, host, making(fmt.Sprint("After ", i))); err != nil {
			t.Fatalf("%s: afterwards: %v", label, err)
		}
	}
	l.settle(t, a)
	return calls
}

// pending wants a change whose COMMIT hangs to be unknown, to the caller and to
// who asks.
func (w *failing) pending(t *testing.T, label string, a *rbac.Authority, err error) {
	t.Helper()
	var unknown *rbac.OutcomeUnknownError
	if !errors.As(err, &unknown) {
		t.Fatalf("%s: %v, want an unknown outcome", label, err)
	}
	if written, err := a.Outcome(t.Context(), unknown.Token); !errors.Is(err, rbac.ErrOutcomeUnknown) {
		t.Fatalf("%s: while it hangs, Outcome says %t, %v", label, written, err)
	}
}

// resolve asks what became of a change until there is an answer, and wants the
// answer to be right.
func (w *failing) resolve(t *testing.T, label string, what fault, a *rbac.Authority, l *ledger, token rbac.Token) {
	t.Helper()
	written, err := a.Outcome(t.Context(), token)
	if what.flight == detained {
		if !errors.Is(err, rbac.ErrOutcomeUnknown) {
			t.Fatalf("%s: while in flight, Outcome says %t, %v", label, written, err)
		}
		if err := w.faults.land(true); err != nil {
			t.Fatalf("%s: landing: %v", label, err)
		}
		if written, err = a.Outcome(t.Context(), token); err != nil || !written {
			t.Fatalf("%s: after it has landed, Outcome says %t, %v", label, written, err)
		}
	}
	if errors.Is(err, rbac.ErrOutcomeUnknown) {
		// Whatever takes the place settles it.
		l.must(t, a, host, making("Settles it"))
		written, err = a.Outcome(t.Context(), token)
	}
	if err != nil {
		t.Fatalf("%s: Outcome: %v", label, err)
	}
	if written {
		l.note(token) // settle finds out whether it is true
	}
}

// TestFailures has the driver go wrong at a call of every kind of change: at
// each of them on SQLite, at a random few elsewhere. What is acknowledged is
// logged once, what failed has left nothing, and what is unknown can be asked
// for.
func TestFailures(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for _, name := range []string{"sqlite/wal", "postgres/pgx", "mariadb/interpolated"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := named(t, name)
			if d.dialect == sqlstore.SQLite { // nothing here is about power cuts
				d.fresh = sqliteFile("sqlite", "?_pragma=journal_mode(wal)&_pragma=busy_timeout(1000)&_pragma=synchronous(off)")
			}
			random := rand.New(rand.NewPCG(seed, 0))
			at, opts := d.fresh(t)
			db, f := newFaulty(t, at)
			w := &failing{faults: f, pool: db, sound: d.store(t, at.DB, opts), faulty: d.store(t, db, opts)}
			sample, all := size(1, 2, 40), 1<<20
			if d.dialect != sqlstore.SQLite || testing.Short() {
				all = sample
			}
			for n := range attempts() {
				calls := map[door]int{
					anywhere:   w.try(t, n, fault{}, 0),
					connecting: w.try(t, n, fault{where: connecting}, 0),
					committing: 1,
				}
				// Half a second passes until the caller of what is deaf has an
				// answer: usually there is one such fault for each kind of change.
				deafs := slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return f.hang != deaf })
				turn := deafs[random.IntN(len(deafs))].name
				for _, what := range faults {
					if what.hang == deaf && what.name != turn && size(0, 0, 1) == 0 {
						continue
					}
					calls := random.Perm(calls[what.where])
					few := all
					switch {
					case what.hang == deaf:
						few = size(1, 1, 5)
					case what.rare() || what.where == connecting:
						few = (sample + 1) / 2
					}
					for _, k := range calls[:min(few, len(calls))] {
						w.try(t, n, what, k+1)
					}
				}
			}
			t.Logf("%d changes, %d of them met a fault", w.runs, w.met)
			if w.met < w.runs*3/4 {
				t.Errorf("only %d of %d changes met a fault", w.met, w.runs)
			}
		})
	}
}
