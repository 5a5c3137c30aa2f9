package rbachttp_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// receipt is the answer to a change.
type receipt struct {
	Changed bool
	Token   rbac.Token
	Role    *rbac.Role
	Roles   []*rbac.Role
}

// TestDocument compares the OpenAPI document with the endpoints.
func TestDocument(t *testing.T) {
	t.Parallel()
	c := newWorld(t).api(nil)
	want := maps.Clone(rbachttp.Endpoints())
	want["GET /openapi.json"] = nil
	got := map[string][]string{}
	for name, op := range c.doc.operations() {
		got[name] = c.doc.parameters(op, "query")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("query parameters of routes (-handlers +document)\n%s", diff)
	}
	ids := map[any]bool{}
	for name, op := range c.doc.operations() {
		if ids[op["operationId"]] || op["operationId"] == nil || op["summary"] == nil {
			t.Errorf("%s: operationId %v", name, op["operationId"])
		}
		ids[op["operationId"]] = true
		if (len(c.doc.parameters(op, "path")) > 0) != strings.Contains(name, "{role}") {
			t.Errorf("%s: path parameters", name)
		}
	}
	var refs func(v any)
	refs = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["$ref"] != nil && c.doc.deref(v) == nil {
				t.Errorf("%v leads nowhere", v["$ref"])
			}
			for _, x := range v {
				refs(x)
			}
		case []any:
			for _, x := range v {
				refs(x)
			}
		}
	}
	refs(map[string]any(c.doc))
	if c.doc["openapi"] != "3.1.0" {
		t.Errorf("openapi: %v", c.doc["openapi"])
	}
}

// bodies is an acceptable body for each endpoint that takes one.
var bodies = map[string]string{
	"POST /roles":               `{"name":"New","permissions":[]}`,
	"PATCH /roles/{role}":       `{"description":"new"}`,
	"POST /roles/{role}/grant":  `{"permissions":["billing.view"]}`,
	"POST /roles/{role}/revoke": `{"permissions":["billing.view"]}`,
	"POST /assignments":         `{"subject":{"kind":"user","id":"nina"},"role":"user"}`,
	"POST /offboard":            `{"subject":{"kind":"user","id":"nina"}}`,
	"POST /members":             `{"group":"eng","subject":{"kind":"user","id":"nina"}}`,
	"POST /preview":             `{"ops":[{"op":"create_role","name":"New","permissions":[]}]}`,
	"POST /batch":               `{"ops":[{"op":"create_role","name":"Newer","permissions":[]}]}`,
}

// target returns a request line for an endpoint about a role.
func target(name string, role rbac.RoleID, query []string) string {
	_, path, _ := strings.Cut(name, " ")
	values := map[string]string{
		"user": "nina", "permission": "billing.view", "subject": "user:nina", "group": "eng", "role": string(role), "days": "7", "limit": "5", "reason": "why",
	}
	var pairs []string
	for _, p := range query {
		if values[p] != "" {
			pairs = append(pairs, p+"="+values[p])
		}
	}
	return strings.ReplaceAll(path, "{role}", string(role)) + "?" + strings.Join(pairs, "&")
}

// TestEveryStatus provokes each status that the document describes, at each
// endpoint, and sees that answers are as described; nothing in a refusal names
// anybody.
func TestEveryStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.api(&rbachttp.APIOptions{MaxBody: 200})
	for i, name := range slices.Sorted(maps.Keys(rbachttp.Endpoints())) {
		query := rbachttp.Endpoints()[name]
		method, _, _ := strings.Cut(name, " ")
		about := func(role rbac.RoleID) string { return target(name, role, query) }
		spare := decoded[receipt](t, c.want(201, "olivia", "POST", "/roles", fmt.Sprintf(`{"name":"For %d","permissions":[]}`, i))).Role.ID
		body := bodies[name]
		match := []string{"If-Match: \"1\""}
		ask := func(status int, user, target, body string, headers ...string) {
			t.Helper()
			rec := c.want(status, user, method, target, body, headers...)
			if status >= 400 {
				discreet(t, rec)
			}
		}
		ask(401, "", about(spare), body, match...)
		ask(500, "!system", about(spare), body, match...)
		ask(400, "olivia", about(spare)+"&unknown=1", body, match...)
		ask(400, "olivia", about(spare), body, append(match, "Rbac-Token: garbage")...)
		if len(query) > 0 {
			ask(400, "olivia", about(spare)+"&"+query[0]+"=", body, match...)
			ask(400, "olivia", about(spare)+"&"+query[0]+"=1&"+query[0]+"=2", body, match...)
		}
		w.store.down.Store(true)
		w.now = w.now.Add(time.Minute)
		ask(503, "olivia", about(spare), body, match...)
		w.store.down.Store(false)
		if method != "GET" {
			ask(403, "olivia", about(spare), body, append(match, "Sec-Fetch-Site: cross-site")...)
		}
		described := func(status int) bool { return c.doc.response(c.doc.operations()[name], status) != nil }
		if described(403) {
			denied := about(w.manager) // which mona holds and carl sees nothing of
			if strings.Contains(name, "{role}") && method != "GET" {
				ask(403, "mona", denied, body, match...)
			} else if strings.Contains(name, "{role}") {
				ask(403, "carl", about(w.clerk), body, match...)
			} else {
				ask(403, "carl", about(rbac.UserRole), body, match...)
			}
		}
		if described(404) && strings.Contains(name, "role") && body == "" || strings.Contains(name, "{role}") {
			ask(404, "olivia", about("role_nowhere"), body, match...)
			ask(404, "carl", about(w.manager), body, match...)
		}
		if described(428) {
			ask(428, "olivia", about(spare), body)
			ask(412, "olivia", about(spare), body, `If-Match: "2"`)
			for _, wrong := range []string{`*`, `W/"1"`, `"01"`, `"0"`, `1`, `"1", "2"`, `"x"`, ``, `""1""`} {
				ask(400, "olivia", about(spare), body, "If-Match: "+wrong)
			}
			ask(400, "olivia", about(spare), body, `If-Match: "1"`, `If-Match: "1"`)
		}
		if body == "" {
			if method != "GET" {
				ask(400, "olivia", about(spare), "{}", match...)
			}
		} else {
			ask(413, "olivia", about(spare), body[:1]+strings.Repeat(" ", 200)+body[1:], match...)
			for _, kind := range []string{"text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded", "", "a/b/c"} {
				r := httptest.NewRequest(method, about(spare), strings.NewReader(body))
				r.Header = http.Header{"User": {"olivia"}, "If-Match": {`"1"`}, "Content-Type": {kind}}
				if rec := c.ask(r, body); rec.Code != 415 {
					t.Errorf("%s with %q: answered %s", name, kind, wire(rec))
				}
			}
			ask(415, "olivia", about(spare), body, append(match, "Content-Encoding: gzip")...)
			for _, wrong := range []string{
				`null`, `[]`, `"x"`, `{`, body + body, body[:1] + `"carl":1,` + body[1:], body[:1] + body[1:len(body)-1] + `,` + body[1:],
				strings.ToUpper(body), strings.Replace(body, ":", ":null,\"x\":", 1), `{"ops":null}`, `{"ops":[null]}`, `{"ops":[]}`, `{"ops":[1]}`, body[:len(body)-1] + `,"reason":null}`,
			} {
				ask(400, "olivia", about(spare), wrong, match...)
			}
		}
		ok := 200
		if name == "POST /roles" {
			ok = 201
		}
		ask(ok, "olivia", about(spare), body, match...)
	}
	c.conflicts(w)
	for name, op := range c.doc.operations() {
		for status := range op["responses"].(map[string]any) {
			var code int
			if _, err := fmt.Sscan(status, &code); err != nil {
				t.Fatal(err)
			}
			// A conflict can befall every change, if the store says so.
			if !c.seen[name][code] && code != 409 && name != "GET /openapi.json" {
				t.Errorf("%s: status %s is described and was not seen", name, status)
			}
		}
	}
}

// conflicts provokes 404 and 409 where a body names what there is not.
func (c *client) conflicts(w *world) {
	c.want(409, "olivia", "POST", "/roles", `{"name":"CLERK","permissions":[]}`)
	c.want(409, "olivia", "POST", "/batch", `{"ops":[{"op":"create_role","name":"clerk","permissions":[]}]}`)
	c.want(409, "olivia", "POST", "/preview", `{"ops":[{"op":"create_role","name":"clerk","permissions":[]}]}`)
	c.want(409, "olivia", "PATCH", "/roles/"+string(w.clerk), `{"name":"manager"}`, `If-Match: "1"`)
	rec := c.want(409, "olivia", "DELETE", "/roles/"+string(w.clerk), "", `If-Match: "1"`)
	if got := decoded[rbachttp.Problem](c.t, rec); got.Reason != "in_use" || got.Count != 1 {
		c.t.Errorf("answered %s", wire(rec))
	}
	c.want(409, "olivia", "POST", "/members", `{"group":"eng","subject":{"kind":"group","id":"eng"}}`)
	c.want(404, "olivia", "POST", "/assignments", `{"subject":{"kind":"user","id":"x"},"role":"role_nowhere"}`)
	c.want(404, "olivia", "DELETE", "/assignments?subject=user:x&role=role_nowhere", "")
	for _, target := range []string{"/batch", "/preview"} {
		c.want(404, "olivia", "POST", target, `{"ops":[{"op":"grant","role":"role_nowhere","permissions":["billing.view"]}]}`)
	}
}

func TestNewAPIPanics(t *testing.T) {
	t.Parallel()
	panics(t, "nil guard", func() { rbachttp.NewAPI(nil, nil) })
	panics(t, "negative size", func() { rbachttp.NewAPI(newWorld(t).guard(nil), &rbachttp.APIOptions{MaxBody: -1}) })
}

// TestMounted is the API under a prefix and a rule of the host's.
func TestMounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(nil)
	m := rbachttp.NewMux(g)
	m.Handle("/admin/rbac/", rbachttp.Conceal(rbachttp.Permission(rbac.RolesView)), http.StripPrefix("/admin/rbac", rbachttp.NewAPI(g, nil)))
	for user, want := range map[string]int{"mona": 200, "carl": 404, "": 404} {
		if rec := serve(m, request("GET", "/admin/rbac/roles", "User: "+user)); rec.Code != want {
			t.Errorf("%q: answered %s", user, wire(rec))
		}
	}
	if missing, hidden := serve(m, request("GET", "/nowhere")), serve(m, request("GET", "/admin/rbac/roles")); wire(missing) != wire(hidden) {
		t.Error("concealed differs from missing")
	}
	r := httptest.NewRequest("POST", "/admin/rbac/roles", bytes.NewReader([]byte(`{"name":"R","permissions":["billing.view"]}`)))
	r.Header = http.Header{"User": {"mona"}, "Content-Type": {"application/json"}}
	rec := serve(m, r)
	location, err := r.URL.Parse(rec.Header().Get("Location"))
	if err != nil || rec.Code != 201 {
		t.Fatalf("answered %s", wire(rec))
	}
	if rec := serve(m, request("GET", location.String(), "User: mona")); rec.Code != 200 || rec.Header().Get("ETag") != `"1"` {
		t.Errorf("%s answered %s", location, wire(rec))
	}
}
