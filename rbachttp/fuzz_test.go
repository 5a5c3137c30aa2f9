package rbachttp_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// FuzzBody sends anything to the endpoints that take a body. Whatever comes, it
// is no failure; what is refused changes nothing; what is accepted, and every
// answer, is as the document describes.
func FuzzBody(f *testing.F) {
	names := slices.Sorted(maps.Keys(bodies))
	for i, name := range names {
		f.Add(uint8(i), bodies[name])
		f.Add(uint8(i), `{"ops":[{"op":"create_role","name":"N","permissions":["billing.view"],"status":"suspended","metadata":{"k":"v"}},`+
			`{"op":"edit_role","role":"user","version":1,"description":"d"},{"op":"grant","role":"$0","permissions":["billing.view"]},{"op":"delete_role","role":"$0","version":1,"reassign":"admin"}]}`)
		f.Add(uint8(i), `{"subject":{"kind":"group","id":"eng"},"role":"admin","from":"2026-01-02T03:04:05Z","until":"2030-01-02T03:04:05.123456Z","reason":"r","group":"g"}`)
		f.Add(uint8(i), `{"ops":[{"op":"offboard","subject":{"kind":"user","id":"carl"}},{"op":"bootstrap","subject":{"kind":"user","id":"x"}},{"op":"sweep"},{"op":"erase_tenant"}]}`)
	}
	f.Fuzz(func(t *testing.T, endpoint uint8, body string) {
		if body == "" {
			return
		}
		w := newWorld(t)
		c := w.api(nil)
		name := names[int(endpoint)%len(names)]
		method, path, _ := strings.Cut(name, " ")
		before := w.token(t)
		rec := c.do("olivia", method, strings.ReplaceAll(path, "{role}", string(w.clerk)), body, `If-Match: "1"`)
		if rec.Code >= 500 {
			t.Errorf("%s %q answered %s", name, body, wire(rec))
		}
		if after := w.token(t); rec.Code >= 400 && after != before {
			t.Errorf("%s %q was refused and changed something: %s", name, body, wire(rec))
		}
		rec = c.do("mona", method, strings.ReplaceAll(path, "{role}", string(w.manager)), body, `If-Match: "1"`)
		if rec.Code >= 400 && rec.Code != 400 {
			discreet(t, rec)
		}
	})
}

func (w *world) token(t *testing.T) rbac.Token {
	t.Helper()
	p, err := w.Resolve(context.Background(), rbac.As("olivia"))
	if err != nil {
		t.Fatal(err)
	}
	return p.Token()
}

// FuzzRequest sends anything in the places beside the body.
func FuzzRequest(f *testing.F) {
	names := slices.Sorted(maps.Keys(rbachttp.Endpoints()))
	for i := range names {
		f.Add(uint8(i), "admin", "subject=user:carl&limit=5&after=x", `"1"`, "v1.x")
		f.Add(uint8(i), "a%2Fb", "permission=billing.view&user=carl&role=user&group=eng", `W/"1"`, "")
		f.Add(uint8(i), "..", "days=1;&reason=%ff&reassign=%00", "*", "")
	}
	f.Fuzz(func(t *testing.T, endpoint uint8, role, query, match, token string) {
		w := newWorld(t)
		c := w.api(nil)
		method, path, _ := strings.Cut(names[int(endpoint)%len(names)], " ")
		r := httptest.NewRequest(method, "/", nil)
		r.URL.Path, r.URL.RawQuery = strings.ReplaceAll(path, "{role}", role), query
		r.Header = http.Header{"User": {"olivia"}, "If-Match": {match}, "Content-Type": {"application/json"}}
		if token != "" {
			r.Header["Rbac-Token"] = []string{token}
		}
		rec := serve(c.api, r)
		if rec.Code >= 500 && (token == "" || rec.Code != 503) {
			t.Errorf("%s %s?%s answered %s", method, r.URL.Path, query, wire(rec))
		}
	})
}
