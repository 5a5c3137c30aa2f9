package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// load is a server under requests from several people at once.
type load struct {
	t      *testing.T
	ctx    context.Context
	cancel context.CancelFunc
	url    string
	client *http.Client
	left   atomic.Int64 // requests
	asked  atomic.Int64

	// change counts the begin and the end of each change to what dora may do:
	// at 4n+2 she may see her invoices, at 4n she may not, and while it is odd
	// nobody knows.
	change atomic.Int64
}

var passwords = map[string]string{"olivia": "olive", "adam": "apple", "carl": "carrot", "dora": "date"}

// ask returns the status and the body of the answer. An answer of the 5xx, or
// none, is a failure.
func (l *load) ask(user, method, target, body string) (int, []byte) {
	r, err := http.NewRequestWithContext(l.ctx, method, l.url+target, strings.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return 0, nil
	}
	r.SetBasicAuth(user, passwords[user])
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("If-Match", `"1"`) // heeded where a role is deleted
	resp, err := l.client.Do(r)
	if err != nil {
		l.fail("%s %s by %s: %v", method, target, user, err)
		return 0, nil
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	l.asked.Add(1)
	if err != nil || resp.StatusCode >= 500 {
		l.fail("%s %s by %s: answered %d %s %v", method, target, user, resp.StatusCode, data, err)
	}
	return resp.StatusCode, data
}

// fail notes the first failure and ends the load.
func (l *load) fail(format string, args ...any) {
	if l.ctx.Err() == nil {
		l.t.Errorf(format, args...)
	}
	l.cancel()
	l.left.Store(0)
}

// want is ask with the only right answer.
func (l *load) want(status int, user, method, target, body string) []byte {
	got, data := l.ask(user, method, target, body)
	if got != status {
		l.fail("%s %s %s by %s: want %d, answered %d %s", method, target, body, user, status, got, data)
	}
	return data
}

// role makes a role and returns its id.
func (l *load) role(name, permissions string) string {
	var made struct{ Role struct{ ID string } }
	data := l.want(201, "olivia", "POST", "/rbac/roles", `{"name":"`+name+`","permissions":[`+permissions+`]}`)
	if err := json.Unmarshal(data, &made); err != nil || made.Role.ID == "" {
		l.fail("%v in %s", err, data)
	}
	return made.Role.ID
}

func assignment(user, role string) string {
	return fmt.Sprintf(`{"subject":{"kind":"user","id":%q},"role":%q}`, user, role)
}

// TestLoad asks much and from many sides, while people and roles change, and
// holds each answer against what must be so.
func TestLoad(t *testing.T) {
	t.Parallel()
	seed, budget := rand.Uint64(), int64(5_000)
	if os.Getenv("RBAC_LONG") == "1" {
		budget = 200_000
	}
	t.Logf("seed %d", seed)
	server := serve(t, false)
	l := &load{t: t, url: server.URL, client: newClient(server)}
	l.ctx, l.cancel = context.WithTimeout(t.Context(), 5*time.Minute)
	defer l.cancel()
	l.left.Store(budget)

	clerk, seller := l.role("Clerk", `"invoices.view"`), l.role("Seller", ``)
	l.want(200, "olivia", "POST", "/rbac/assignments", assignment("adam", "admin"))
	l.want(200, "olivia", "POST", "/rbac/assignments", assignment("carl", clerk))

	var wg sync.WaitGroup
	var sure atomic.Int64
	repeat := func(id uint64, f func(*rand.Rand)) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, id))
			for l.left.Add(-1) >= 0 {
				f(r)
			}
		})
	}
	repeat(0, func(r *rand.Rand) { l.turn(r, seller) })
	repeat(1, func(r *rand.Rand) { l.bustle(r, clerk, seller) })
	for id := range uint64(3) {
		repeat(10+id, func(r *rand.Rand) { l.steady(r) })
		repeat(20+id, func(*rand.Rand) {
			if l.changing() {
				sure.Add(1)
			}
		})
	}
	start := time.Now()
	wg.Wait()
	turns := l.change.Load() / 2
	t.Logf("%d requests in %v, %d changes to what dora may do, %d answers to her between two of them",
		l.asked.Load(), time.Since(start).Round(time.Millisecond), turns, sure.Load())
	if err := l.ctx.Err(); err != nil && !t.Failed() {
		t.Error(err)
	}
	if !t.Failed() && (turns < 10 || sure.Load() == 0) {
		t.Error("too little has happened to say anything")
	}
}

// turn gives and takes what lets dora see her invoices, in one of the ways there
// are, and asks at once. The role is to be as it was after a round.
func (l *load) turn(r *rand.Rand, seller string) {
	view := `{"permissions":["invoices.view"]}`
	drop := "/rbac/assignments?subject=user:dora&role=" + seller
	l.want(200, "adam", "POST", "/rbac/roles/"+seller+"/grant", view)
	l.settle("POST", "/rbac/assignments", assignment("dora", seller))
	switch r.IntN(3) {
	case 0:
		l.settle("DELETE", drop, "")
	case 1:
		l.settle("POST", "/rbac/roles/"+seller+"/revoke", view)
		l.settle("POST", "/rbac/roles/"+seller+"/grant", view)
		l.settle("POST", "/rbac/roles/"+seller+"/revoke", view)
		l.want(200, "adam", "DELETE", drop, "")
	case 2:
		l.settle("POST", "/rbac/offboard", `{"subject":{"kind":"user","id":"dora"}}`)
	}
}

// settle makes a change that turns what dora may do, and asks on her behalf
// once it is acknowledged.
func (l *load) settle(method, target, body string) {
	l.change.Add(1)
	l.want(200, "adam", method, target, body)
	status := 403
	if l.change.Add(1)%4 == 2 {
		status = 200
	}
	l.want(status, "dora", "GET", "/invoices", "")
}

// changing asks on behalf of dora. Where no change was under way meanwhile, one
// answer is right; it reports whether that was so.
func (l *load) changing() bool {
	before := l.change.Load()
	status, data := l.ask("dora", "GET", "/invoices", "")
	if status != 200 && status != 403 {
		l.fail("dora is answered %d %s", status, data)
	}
	if before%2 != 0 || l.change.Load() != before {
		return false
	}
	if allowed := before%4 == 2; allowed != (status == 200) {
		l.fail("dora is answered %d after change %d was acknowledged and before the next one began", status, before/2)
	}
	return true
}

// steady asks on behalf of people for whom nothing changes.
func (l *load) steady(r *rand.Rand) {
	switch r.IntN(8) {
	case 0:
		l.want(404, "carl", "GET", "/invoices/2", "") // dora's
	case 1:
		l.want(403, "carl", "POST", "/invoices/1/void", "")
	case 2:
		l.want(404, "carl", "GET", "/ledger.csv", "") // concealed
	case 3:
		l.want(200, "olivia", "GET", "/ledger.csv", "")
	case 4:
		l.want(401, "nobody", "GET", "/invoices", "")
	case 5:
		l.want(200, "carl", "GET", "/", "")
	default:
		l.want(200, "carl", "GET", "/invoices", "")
	}
}

// bustle changes what concerns neither carl's nor dora's answers: other
// permissions of their roles, other people, other roles.
func (l *load) bustle(r *rand.Rand, clerk, seller string) {
	pay := `{"permissions":["invoices.pay"]}`
	someone := fmt.Sprintf("user-%d", r.IntN(50))
	switch r.IntN(6) {
	case 0:
		l.want(200, "olivia", "POST", "/rbac/roles/"+clerk+"/grant", pay)
	case 1:
		l.want(200, "olivia", "POST", "/rbac/roles/"+clerk+"/revoke", pay)
	case 2:
		l.want(200, "olivia", "POST", "/rbac/roles/"+seller+"/grant", pay)
	case 3:
		l.want(200, "olivia", "POST", "/rbac/assignments", assignment(someone, clerk))
	case 4:
		l.want(200, "olivia", "POST", "/rbac/offboard", `{"subject":{"kind":"user","id":"`+someone+`"}}`)
	case 5:
		l.want(200, "olivia", "DELETE", "/rbac/roles/"+l.role("Passing", `"invoices.view"`), "")
	}
}

// newClient returns a client that keeps its connections to a server.
func newClient(server *httptest.Server) *http.Client {
	client := server.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 32
	return client
}

// TestReport compares the service with and without roles, and asserts nothing:
// how fast a machine is, is no property of the code.
func TestReport(t *testing.T) {
	const rounds, clients = 8, 8
	each := 100
	if os.Getenv("RBAC_LONG") == "1" {
		each = 3_000
	}
	spent := map[bool]time.Duration{}
	servers := map[bool]*httptest.Server{true: serve(t, true), false: serve(t, false)}
	for range rounds {
		for unguarded, server := range servers {
			l := &load{t: t, ctx: t.Context(), cancel: func() {}, url: server.URL, client: newClient(server)}
			l.left.Store(int64(each))
			var wg sync.WaitGroup
			start := time.Now()
			for range clients {
				wg.Go(func() {
					for l.left.Add(-1) >= 0 {
						l.want(200, "olivia", "GET", "/invoices", "")
					}
				})
			}
			wg.Wait()
			spent[unguarded] += time.Since(start)
		}
	}
	rate := func(unguarded bool) float64 { return float64(rounds*each) / spent[unguarded].Seconds() }
	t.Logf("GET /invoices by %d clients: %.0f/s before, %.0f/s after, ratio %.2f", clients, rate(true), rate(false), rate(false)/rate(true))
}
