package integration

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
)

// writers is how many changes a writing process has under way at once.
const writers = 3

// write changes a tenant until it is killed, or its input ends. What has been
// acknowledged it says on its output, one token a line.
func write(ctx context.Context, o order, a *rbac.Authority) error {
	errs := make(chan error)
	for w := range writers {
		go func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("%s.%d.%d", o.Name, w, n)
				first, second := making(name, "app.x"), making(name+" (2)", "app.x", "app.y")
				for _, ops := range [][]rbac.Op{
					{first, second, giving(name, first.RoleID()), rbac.AddMember(name, rbac.User(name))},
					{rbac.DeleteRole(rbac.RoleDeletion{ID: first.RoleID(), Version: 1, Reassign: second.RoleID()})},
					{rbac.Offboard(rbac.User(name)), rbac.Grant(second.RoleID(), "app.z")},
				} {
					r, err := a.Apply(ctx, host, ops...)
					if err == nil {
						_, err = os.Stdout.WriteString(string(r.Token) + "\n")
					}
					if err != nil {
						errs <- err
						return
					}
				}
			}
		}()
	}
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		errs <- err
	}()
	return <-errs
}

// TestKill kills processes amid their writing. What they have acknowledged is
// there, and nothing is there by halves.
func TestKill(t *testing.T) {
	const crowd = 2 // processes at once
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for _, test := range []struct {
		database string
		rounds   int
	}{
		{"sqlite/wal", size(1, 2, 50)},
		{"sqlite/file", size(1, 1, 50)},
		{"postgres/pgx", size(1, 1, 25)},
		{"mariadb/prepared", size(1, 1, 25)},
	} {
		t.Run(test.database, func(t *testing.T) {
			t.Parallel()
			d := named(t, test.database)
			random := rand.New(rand.NewPCG(seed, 0))
			s, at, opts := d.migrated(t)
			a := authority(t, s, "acme")
			var l ledger
			l.must(t, a, host, rbac.Bootstrap("ann"))
			for round := range test.rounds {
				var all []*process
				for i := range crowd {
					all = append(all, d.spawn(t, at, opts, "write", fmt.Sprintf("%d.%d", round, i), "acme"))
				}
				var calls []func() error
				for _, p := range all {
					enough := 1 + random.IntN(20)
					calls = append(calls, func() error { return p.kill(&l, enough) })
				}
				for _, err := range together(calls...) {
					if err != nil {
						t.Fatal(err)
					}
				}
				// From this change on nothing can come from the dead: whatever
				// a server still has of theirs is not on the present head.
				l.must(t, a, host, making(fmt.Sprint("After round ", round)))
				l.survive(t, a, (round+1)*crowd*writers)
			}
			t.Logf("%d processes killed, %d changes acknowledged, %d logged", test.rounds*crowd, len(l.tokens), len(logged(t, a)))
		})
	}
}

// kill waits until the process has had some changes acknowledged, kills it, and
// notes everything that it has said.
func (p *process) kill(l *ledger, enough int) error {
	said := bufio.NewReader(p.out)
	for n := 0; ; n++ {
		line, err := said.ReadString('\n')
		if err != nil {
			break // a line cut short was not said
		}
		l.note(rbac.Token(strings.TrimSuffix(line, "\n")))
		if n+1 == enough {
			if err := p.Process.Kill(); err != nil {
				return err
			}
		}
	}
	if err := p.Wait(); p.ProcessState.Exited() {
		return fmt.Errorf("a writer ended by itself: %w: %s", err, p.errors)
	}
	return nil
}

// survive wants everything acknowledged to be logged, once, and no more beyond
// that than may have been under way.
func (l *ledger) survive(t *testing.T, a *rbac.Authority, atMost int) {
	t.Helper()
	justified(t, a)
	logged := logged(t, a)
	slices.Sort(logged)
	if len(slices.Compact(slices.Clone(logged))) != len(logged) {
		t.Error("something is logged twice")
	}
	for _, token := range l.tokens {
		if _, found := slices.BinarySearch(logged, token); !found {
			t.Errorf("%s was acknowledged and is not there", token)
		}
		if written, err := a.Outcome(t.Context(), token); err != nil || !written {
			t.Errorf("%s was acknowledged; Outcome: %t, %v", token, written, err)
		}
	}
	if more := len(logged) - len(l.tokens); more < 0 || more > atMost {
		t.Errorf("%d changes are logged that were not acknowledged, of at most %d under way", more, atMost)
	}
}
