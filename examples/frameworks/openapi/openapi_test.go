// Package openapi holds the API for the administration of roles, and the
// document that describes it, against a validator that is not this project's.
package openapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/seed80bc5f17/rbac/examples/frameworks/internal/try"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// client asks the API, and its document about each answer.
type client struct {
	t      *testing.T
	api    http.Handler
	router routers.Router
}

func newClient(t *testing.T) *client {
	t.Helper()
	guard, _ := try.NewGuard(t)
	c := &client{t: t, api: rbachttp.NewAPI(guard, nil)}
	rec := httptest.NewRecorder()
	c.api.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/openapi.json", nil))
	document, err := openapi3.NewLoader().LoadFromData(rec.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaDefaultsValidation()); err != nil {
		t.Fatal(err)
	}
	document.Servers = nil // here, it is not mounted anywhere
	if c.router, err = legacy.NewRouter(document); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends a request and returns the answer, which must be as described; so
// must the request be, if it is accepted.
func (c *client) ask(user, method, target, body string, header ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	request := func() *http.Request {
		r := httptest.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		r.Header.Set("User", user)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return r
	}
	rec := httptest.NewRecorder()
	c.api.ServeHTTP(rec, request())
	route, parameters, err := c.router.FindRoute(request())
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, target, err)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: request(), PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
	if rec.Code < 300 {
		if err := openapi3filter.ValidateRequest(c.t.Context(), in); err != nil {
			c.t.Errorf("%s %s %s was accepted and is not as described: %v", method, target, body, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: rec.Code, Header: rec.Header(), Options: in.Options}
	if err := openapi3filter.ValidateResponse(c.t.Context(), out.SetBodyBytes(rec.Body.Bytes())); err != nil {
		c.t.Errorf("%s %s by %s: the answer is not as described: %v", method, target, user, err)
	}
	return rec
}

func (c *client) want(status int, user, method, target, body string, header ...string) (etag, location string) {
	c.t.Helper()
	rec := c.ask(user, method, target, body, header...)
	if rec.Code != status {
		c.t.Errorf("%s %s by %s: want %d, answered %d %s", method, target, user, status, rec.Code, rec.Body)
	}
	return rec.Header().Get("ETag"), rec.Header().Get("Location")
}

// TestAnswersAreDescribed goes through every endpoint.
func TestAnswersAreDescribed(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	etag, location := c.want(201, "olivia", "POST", "/roles", `{"name":"Lead","permissions":["notes.view"],"description":"d","metadata":{"k":"v"}}`)
	role := "/" + location
	id := strings.TrimPrefix(location, "roles/")
	etag, _ = c.want(200, "olivia", "PATCH", role, `{"name":"Leader","permissions":["notes.view","notes.edit"]}`, "If-Match", etag)
	c.want(200, "olivia", "POST", role+"/grant", `{"permissions":["rbac.roles.view"],"reason":"r"}`)
	c.want(200, "olivia", "POST", role+"/revoke", `{"permissions":["rbac.roles.view"]}`)
	c.want(412, "olivia", "PATCH", role, `{"name":"Late"}`, "If-Match", etag)
	c.want(428, "olivia", "PATCH", role, `{"name":"Late"}`)
	c.want(415, "olivia", "PATCH", role, `{"name":"Late"}`, "If-Match", etag, "Content-Type", "text/plain")
	c.want(400, "olivia", "POST", "/roles", `{"name":"","permissions":[]}`)
	c.want(409, "olivia", "POST", "/roles", `{"name":"LEADER","permissions":[]}`)
	c.want(403, "carl", "POST", "/roles", `{"name":"Mine","permissions":[]}`)
	c.want(401, "", "GET", "/roles", "")
	c.want(200, "olivia", "POST", "/assignments", `{"subject":{"kind":"user","id":"zoe"},"role":"`+id+`","until":"2099-01-02T03:04:05Z","reason":"r"}`)
	c.want(200, "olivia", "POST", "/assignments", `{"subject":{"kind":"group","id":"eng"},"role":"`+id+`"}`)
	c.want(200, "olivia", "POST", "/members", `{"group":"eng","subject":{"kind":"user","id":"yan"}}`)
	c.want(200, "olivia", "POST", "/preview", `{"ops":[{"op":"create_role","name":"New","permissions":[]},{"op":"assign","role":"$0","subject":{"kind":"user","id":"zoe"}}]}`)
	c.want(200, "olivia", "POST", "/batch", `{"ops":[{"op":"create_role","name":"New","permissions":[]},{"op":"assign","role":"$0","subject":{"kind":"user","id":"zoe"}}]}`)
	for _, target := range []string{
		"/me", "/permissions?user=zoe", "/who-can?permission=notes.view", "/explain?subject=user:yan&permission=notes.view", "/explain?subject=user:x&permission=notes.view",
		"/roles", "/roles?limit=1", "/new-role", role, role + "/view", role + "/holders", "/assignments?subject=user:zoe", "/assignable?subject=user:zoe",
		"/groups", "/members?group=eng", "/memberships?subject=user:yan", "/review?days=3650", "/history", "/openapi.json",
	} {
		c.want(200, "olivia", "GET", target, "")
	}
	c.want(404, "carl", "GET", role, "")
	c.want(400, "olivia", "GET", "/roles?limit=0", "")
	c.want(409, "olivia", "DELETE", role, "", "If-Match", `"4"`)
	c.want(200, "olivia", "DELETE", "/members?group=eng&subject=user:yan", "")
	c.want(200, "olivia", "DELETE", "/assignments?subject=group:eng&role="+id, "")
	c.want(200, "olivia", "DELETE", role+"?reassign=user", "", "If-Match", `"4"`)
	c.want(200, "olivia", "POST", "/offboard", `{"subject":{"kind":"user","id":"zoe"}}`)
}
