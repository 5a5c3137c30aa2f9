package rbachttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed80bc5f17/rbac/rbachttp"
)

// client asks an API and holds every answer against the OpenAPI document.
type client struct {
	t   testing.TB
	api http.Handler
	doc document

	mu   sync.Mutex
	seen map[string]map[int]bool // statuses by operation
}

// The document is the same for every API.
var (
	once      sync.Once
	described document
)

func newClient(t testing.TB, api http.Handler) *client {
	t.Helper()
	rec := serve(api, request("GET", "/openapi.json"))
	if rec.Code != 200 {
		t.Fatalf("no document: %s", wire(rec))
	}
	once.Do(func() { described = readDocument(t, rec.Body.Bytes()) })
	return &client{t: t, api: api, doc: described, seen: map[string]map[int]bool{}}
}

// do makes a request, with a body unless it is empty.
func (c *client) do(user, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := request(method, target, headers...)
	if body != "" {
		r = httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header = request(method, target, append([]string{"Content-Type: application/json"}, headers...)...).Header
	}
	r.Header.Set("User", user)
	return c.ask(r, body)
}

func (c *client) ask(r *http.Request, body string) *httptest.ResponseRecorder {
	c.t.Helper()
	rec := serve(c.api, r)
	name, op := c.doc.find(r.Method, r.URL.EscapedPath())
	if op == nil {
		return rec
	}
	c.mu.Lock()
	if c.seen[name] == nil {
		c.seen[name] = map[int]bool{}
	}
	c.seen[name][rec.Code] = true
	c.mu.Unlock()
	described := c.doc.response(op, rec.Code)
	if described == nil {
		c.t.Errorf("%s: status %d is not described: %s", name, rec.Code, rec.Body)
		return rec
	}
	kind, schema := schemaOf(described)
	var v any
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		c.t.Errorf("%s: %v in %s", name, err, rec.Body)
		return rec
	}
	if problem := c.doc.validate(schema, v); problem != "" {
		c.t.Errorf("%s: answer %d%s: %s", name, rec.Code, problem, rec.Body)
	}
	if got := rec.Header().Get("Content-Type"); got != kind || rec.Header().Get("Cache-Control") != "no-store" {
		c.t.Errorf("%s: answered %s", name, wire(rec))
	}
	headers, _ := described["headers"].(map[string]any)
	for name := range rec.Header() {
		if _, ok := headers[name]; !ok && !slices.Contains([]string{"Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "Rbac-Token"}, name) &&
			(name != "Etag" || headers["ETag"] == nil) && (name != "Www-Authenticate" || headers["WWW-Authenticate"] == nil) {
			c.t.Errorf("%s: header %s is not described", r.URL, name)
		}
	}
	if rec.Code < 300 && body != "" {
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			c.t.Errorf("%s: accepted a body that is not JSON: %v", name, err)
			return rec
		}
		if _, schema := schemaOf(op["requestBody"].(map[string]any)); schema != nil {
			if problem := c.doc.validate(schema, v); problem != "" {
				c.t.Errorf("%s: accepted a body that is not described:%s: %s", name, problem, body)
			}
		}
	}
	return rec
}

// want is do with the status that must come of it.
func (c *client) want(status int, user, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	rec := c.do(user, method, target, body, headers...)
	if rec.Code != status {
		c.t.Errorf("%s %s %s by %s: want %d, answered %s", method, target, body, user, status, wire(rec))
	}
	return rec
}

// decoded returns the body of an answer.
func decoded[T any](t testing.TB, rec *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, rec.Body)
	}
	return v
}

// api returns a client of the API over a world.
func (w *world) api(o *rbachttp.APIOptions) *client {
	return newClient(w.t, rbachttp.NewAPI(w.guard(&rbachttp.GuardOptions{TokenHeader: "Rbac-Token"}), o))
}
