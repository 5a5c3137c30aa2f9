package integration

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/seed80bc5f17/rbac"
)

// world is the state that calls act on, as one place would have it.
type world struct {
	holds  [2]bool // people, the role
	has    [2]bool // the role, powers
	owners [2]bool
}

// linear says what calls may be answered.
var linear = porcupine.Model{
	Init: func() any { return world{owners: [2]bool{true, true}} },
	Step: func(state, input, output any) (bool, any) {
		w, c, yes := state.(world), input.(call), output.(bool)
		right := true
		switch c.Verb {
		case "check":
			return yes == (w.holds[c.Who] && w.has[c.What]), w
		case "assign", "unassign":
			w.holds[c.Who] = c.Verb == "assign"
		case "grant", "revoke":
			w.has[c.What] = c.Verb == "grant"
		case "crown":
			w.owners[c.Who] = true
		case "resign":
			if right = w.owners[1-c.Who] || !w.owners[c.Who]; right {
				w.owners[c.Who] = false
			}
		}
		return yes == right, w
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %t", input, output) },
}

// service is a serving process and the clients that wait for it.
type service struct {
	*process
	mu      sync.Mutex
	to      *json.Encoder
	answers []chan call
}

func newService(p *process, clients int) *service {
	s := &service{process: p, to: json.NewEncoder(p.in)}
	for range clients {
		s.answers = append(s.answers, make(chan call, 1))
	}
	go func() {
		for from := json.NewDecoder(p.out); ; {
			var c call
			if from.Decode(&c) != nil {
				for _, answer := range s.answers {
					close(answer)
				}
				return
			}
			s.answers[c.Client] <- c
		}
	}()
	return s
}

// ask returns a call with the times at which it was sent and answered, by the
// one clock of this process.
func (s *service) ask(c call, id int, start time.Time) (porcupine.Operation, error) {
	op := porcupine.Operation{ClientId: id, Input: c, Call: int64(time.Since(start))}
	s.mu.Lock()
	err := s.to.Encode(c)
	s.mu.Unlock()
	if err != nil {
		return op, err
	}
	answer, ok := <-s.answers[c.Client]
	op.Return = int64(time.Since(start))
	if !ok || answer.Error != "" {
		return op, fmt.Errorf("%+v: no answer: %s", c, answer.Error)
	}
	op.Output = answer.Yes
	return op, nil
}

// services starts processes on a new tenant.
func services(t *testing.T, d database, clients int, names ...string) ([]*service, *rbac.Authority) {
	t.Helper()
	s, at, opts := d.migrated(t)
	a := authority(t, s, "acme")
	var l ledger
	l.must(t, a, host, rbac.Bootstrap("o"+people[0]), owning("o"+people[1]), making("Subject"))
	var all []*service
	for _, name := range names {
		all = append(all, newService(d.spawn(t, at, opts, "serve", name, "acme"), clients))
	}
	t.Cleanup(func() {
		for _, s := range all {
			_ = s.in.Close()
			_ = s.Wait()
		}
	})
	return all, a
}

func judged(t *testing.T, ops []porcupine.Operation) porcupine.CheckResult {
	t.Helper()
	return porcupine.CheckOperationsTimeout(linear, ops, time.Minute)
}

// TestLinearizable has several processes with several clients each change and
// check one tenant, and looks for an order in which one place alone would have
// given every answer.
func TestLinearizable(t *testing.T) {
	const clients = 2
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	verbs := []string{"check", "check", "check", "check", "assign", "unassign", "grant", "revoke", "crown", "resign"}
	on(t, shared(), func(t *testing.T, d database) {
		all, a := services(t, d, clients, "a", "b", "c", "d")
		start := time.Now()
		var mu sync.Mutex
		var ops []porcupine.Operation
		var calls []func() error
		for i, s := range all {
			for client := range clients {
				id := i*clients + client
				random := rand.New(rand.NewPCG(seed, uint64(id)))
				calls = append(calls, func() error {
					for range size(10, 40, 2600) {
						c := call{Client: client, Verb: verbs[random.IntN(len(verbs))], Who: random.IntN(2), What: random.IntN(2)}
						op, err := s.ask(c, id, start)
						if err != nil {
							return err
						}
						mu.Lock()
						ops = append(ops, op)
						mu.Unlock()
					}
					return nil
				})
			}
		}
		for _, err := range together(calls...) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := judged(t, ops); got != porcupine.Ok {
			t.Errorf("%d calls: %v", len(ops), got)
		}
		justified(t, a)
	})
}

// TestCachedIsNotLinearizable is the control of TestLinearizable: answers that
// may be out of a cache must be noticed.
func TestCachedIsNotLinearizable(t *testing.T) {
	d := named(t, "sqlite/wal")
	all, _ := services(t, d, 1, "fresh", cached)
	start := time.Now()
	var ops []porcupine.Operation
	for i, c := range []call{{Verb: "check"}, {Verb: "grant"}, {Verb: "assign"}, {Verb: "check"}} {
		on := all[0]
		if c.Verb == "check" {
			on = all[1]
		}
		op, err := on.ask(c, i, start)
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, op)
	}
	if got := judged(t, ops); got != porcupine.Illegal {
		t.Errorf("answers out of a cache are %v, want illegal", got)
	}
}
