package rbachttp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// TestLifeOfARole goes from creating a role to replacing it.
func TestLifeOfARole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.api(nil)
	rec := c.want(201, "mona", "POST", "/roles", `{"name":"Junior","description":"new here","permissions":["billing.view"],"metadata":{"colour":"red"},"reason":"team grows"}`)
	junior := *decoded[receipt](t, rec).Role
	path := "/roles/" + string(junior.ID)
	if rec.Header().Get("Location") != path[1:] || rec.Header().Get("ETag") != `"1"` || rec.Header().Get("Rbac-Token") == "" || junior.CreatedBy != "mona" {
		t.Errorf("answered %s", wire(rec))
	}
	c.want(200, "mona", "POST", "/assignments", `{"subject":{"kind":"user","id":"nina"},"role":"`+string(junior.ID)+`","until":"2026-02-01T00:00:00Z"}`)

	read := c.want(200, "mona", "GET", path, "")
	if diff := cmp.Diff(junior, decoded[rbac.Role](t, read), cmp.AllowUnexported(rbac.PermissionSet{})); diff != "" || read.Header().Get("ETag") != `"1"` {
		t.Errorf("(-created +read)\n%s", diff)
	}
	edited := c.want(200, "mona", "PATCH", path, `{"name":"Trainee","permissions":["billing.view","billing.manage"]}`, "If-Match: "+read.Header().Get("ETag"))
	if got := *decoded[receipt](t, edited).Role; edited.Header().Get("ETag") != `"2"` || got.Name != "Trainee" || got.Description != "new here" || got.Permissions.Len() != 2 {
		t.Errorf("answered %s", wire(edited))
	}
	for _, member := range []string{`"role":"` + string(w.clerk) + `"`, `"version":3`, `"op":"delete_role"`} { // told by path, header and method
		c.want(400, "mona", "PATCH", path, `{"name":"Novice",`+member+`}`, `If-Match: "2"`)
	}
	late := c.want(412, "mona", "PATCH", path, `{"name":"Novice"}`, "If-Match: "+read.Header().Get("ETag"))
	if decoded[rbachttp.Problem](t, late).Reason != "version" || late.Header().Get("ETag") != "" {
		t.Errorf("answered %s", wire(late))
	}
	if rec := c.want(200, "mona", "POST", path+"/revoke", `{"permissions":["billing.manage"]}`); rec.Header().Get("ETag") != `"3"` {
		t.Errorf("answered %s", wire(rec))
	}
	if rec := c.want(200, "mona", "POST", path+"/grant", `{"permissions":["billing.view"]}`); rec.Header().Get("ETag") != `"3"` || decoded[receipt](t, rec).Changed {
		t.Errorf("granting what is there answered %s", wire(rec))
	}
	c.want(409, "mona", "DELETE", path, "", `If-Match: "3"`)
	gone := c.want(200, "mona", "DELETE", path+"?reassign="+string(w.clerk)+"&reason=merged", "", `If-Match: "3"`)
	if decoded[receipt](t, gone).Role != nil {
		t.Errorf("answered %s", wire(gone))
	}
	c.want(404, "mona", "GET", path, "")
	held := decoded[rbac.Page[rbac.Assignment]](t, c.want(200, "mona", "GET", "/assignments?subject=user:nina", ""))
	if len(held.Items) != 1 || held.Items[0].Role != w.clerk || held.Items[0].Until.IsZero() {
		t.Errorf("nina holds %+v", held.Items)
	}
	history := decoded[rbac.Page[rbac.Event]](t, c.want(200, "olivia", "GET", "/history?limit=1", ""))
	if e := history.Items[0]; e.User != "mona" || e.Operations[0].String() != "delete_role" || e.Operations[0].Reason() != "merged" || history.Next == "" {
		t.Errorf("history is %+v", history)
	}
	// A prebuilt role has no version and says so itself.
	if rec := c.want(200, "mona", "GET", "/roles/admin", ""); rec.Header().Get("ETag") != "" {
		t.Errorf("answered %s", wire(rec))
	}
	rec = c.want(403, "mona", "PATCH", "/roles/admin", `{"name":"Boss"}`, `If-Match: "1"`)
	if decoded[rbachttp.Problem](t, rec).Reason != "prebuilt" {
		t.Errorf("answered %s", wire(rec))
	}
}

// TestBatchReferences names roles that the batch itself makes.
func TestBatchReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.api(nil)
	const make2 = `{"op":"create_role","name":"A","permissions":["billing.view"]},{"op":"create_role","name":"B","permissions":[]}`
	body := `{"ops":[` + make2 + `,{"op":"grant","role":"$1","permissions":["billing.view"]},{"op":"assign","role":"$0","subject":{"kind":"user","id":"nina"}},{"op":"add_member","group":"g","subject":{"kind":"user","id":"nina"}}]}`
	impact := decoded[rbac.Impact](t, c.want(200, "mona", "POST", "/preview", body))
	if len(impact.Roles) != 2 || impact.Gaining != 1 || impact.Users[0].User != "nina" {
		t.Errorf("impact is %+v", impact)
	}
	done := decoded[receipt](t, c.want(200, "mona", "POST", "/batch", body))
	if len(done.Roles) != 5 || done.Roles[1].ID != done.Roles[2].ID || !done.Roles[2].Permissions.Has(view) || done.Roles[3].ID != done.Roles[0].ID || done.Roles[4] != nil || done.Role != nil {
		t.Errorf("receipt is %+v", done)
	}
	for _, wrong := range []string{"$2", "$3", "$-1", "$00", "$", "$x", "$18446744073709551616", "$1 "} {
		ops := `{"ops":[` + make2 + `,{"op":"assign","role":"` + wrong + `","subject":{"kind":"user","id":"nina"}}]}`
		rec := c.want(400, "mona", "POST", "/batch", ops)
		if got := decoded[rbachttp.Problem](t, rec); got.Field != "ops[2].role" {
			t.Errorf("%s answered %s", wrong, wire(rec))
		}
	}
	c.want(400, "mona", "POST", "/batch", `{"ops":[{"op":"sweep"},{"op":"delete_role","role":"user","version":1,"reassign":"$0"}]}`)
	rec := c.want(403, "mona", "POST", "/batch", `{"ops":[{"op":"unassign","role":"user","subject":{"kind":"user","id":"nina"}},{"op":"sweep"}]}`)
	if got := decoded[rbachttp.Problem](t, rec); got.Index == nil || *got.Index != 1 || got.Reason != "permission" {
		t.Errorf("answered %s", wire(rec))
	}
	rec = c.want(409, "mona", "POST", "/batch", `{"ops":[{"op":"delete_role","role":"`+string(w.clerk)+`","version":7}]}`)
	if got := decoded[rbachttp.Problem](t, rec); got.Reason != "version" {
		t.Errorf("answered %s", wire(rec))
	}
	many := `{"op":"sweep"}`
	for range 1000 {
		many += `,{"op":"sweep"}`
	}
	c.want(400, "olivia", "POST", "/batch", `{"ops":[`+many+`]}`)
	// Nothing but a string that is a role's id is a reference.
	c.want(201, "mona", "POST", "/roles", `{"name":"$0","permissions":[]}`)
	c.want(404, "mona", "POST", "/roles/$0/grant", `{"permissions":["billing.view"]}`)
	c.want(400, "mona", "POST", "/batch", `{"ops":[`+make2+`,{"op":"assign","role":0,"subject":{"kind":"user","id":"nina"}}]}`)
}

func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.api(nil)
	for i := range 7 {
		c.want(200, "olivia", "POST", "/members", fmt.Sprintf(`{"group":"g","subject":{"kind":"user","id":"u%d"}}`, i))
	}
	var got []string
	for after, moved := "", false; ; {
		page := decoded[rbac.Page[rbac.Membership]](t, c.want(200, "mona", "GET", "/members?group=g&limit=3"+after, ""))
		moved = moved || page.Moved
		for _, m := range page.Items {
			got = append(got, m.Member.ID())
		}
		if page.Next == "" {
			if moved {
				t.Error("moved")
			}
			break
		}
		after = "&after=" + page.Next
	}
	if diff := cmp.Diff([]string{"u0", "u1", "u2", "u3", "u4", "u5", "u6"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, wrong := range []string{"limit=0", "limit=501", "limit=-1", "limit=1e1", "limit=+1", "limit=01", "after=x", "after=%ff", "a;b", "%zz"} {
		c.want(400, "mona", "GET", "/members?group=g&"+wrong, "")
	}
	for _, wrong := range []string{"carl", "User:carl", "user:", "role:x", "user", ":carl", "user:%00"} {
		c.want(400, "mona", "GET", "/assignments?subject="+wrong, "")
	}
}

// TestToggles is the page of a role: what is enabled is accepted.
func TestToggles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.api(nil)
	page := decoded[rbac.RoleView](t, c.want(200, "mona", "GET", "/roles/"+string(w.clerk)+"/view", ""))
	for _, section := range page.Sections {
		for _, toggle := range section.Toggles {
			action, status := "grant", 403
			if toggle.On {
				action = "revoke"
			}
			if toggle.Enabled {
				status = 200
			}
			rec := c.want(status, "mona", "POST", "/roles/"+string(w.clerk)+"/"+action, `{"permissions":["`+string(toggle.Permission)+`"]}`)
			if status == 403 && decoded[rbachttp.Problem](t, rec).Reason != string(toggle.Reason) {
				t.Errorf("%s: the page says %s, the change %s", toggle.Permission, toggle.Reason, rec.Body)
			}
			if status == 200 { // back again
				action = map[string]string{"grant": "revoke", "revoke": "grant"}[action]
				c.want(200, "mona", "POST", "/roles/"+string(w.clerk)+"/"+action, `{"permissions":["`+string(toggle.Permission)+`"]}`)
			}
		}
	}
}

// TestCrossOrigin is a change that a page of somebody else asks for.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.api(nil)
	const body = `{"group":"g","subject":{"kind":"user","id":"x"}}`
	for _, header := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example", "Origin: null"} {
		rec := c.want(403, "olivia", "POST", "/members", body, header)
		if decoded[rbachttp.Problem](t, rec).Reason != "cross_origin" {
			t.Errorf("%s answered %s", header, wire(rec))
		}
		c.want(200, "olivia", "GET", "/members?group=g", "", header)
	}
	for _, header := range []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none", "Origin: http://example.com", "X: y"} {
		c.want(200, "olivia", "POST", "/members", body, header)
	}
	trusting := http.NewCrossOriginProtection()
	if err := trusting.AddTrustedOrigin("https://friend.example"); err != nil {
		t.Fatal(err)
	}
	c = w.api(&rbachttp.APIOptions{CrossOrigin: trusting})
	c.want(200, "olivia", "POST", "/members", body, "Origin: https://friend.example", "Sec-Fetch-Site: cross-site")
	c.want(403, "olivia", "POST", "/members", body, "Origin: https://evil.example")
}

// TestDisclosedRefusals is the API of an internal tool.
func TestDisclosedRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := newClient(t, rbachttp.NewAPI(w.guard(&rbachttp.GuardOptions{Disclose: true}), nil))
	for _, row := range []struct {
		status         int
		body, contains string
	}{
		{403, `{"name":"N","permissions":["billing.manage","rbac.audit.view"]}`, `"missing":["rbac.audit.view"]`},
		{400, `{"name":"N","permissions":["billing.x"]}`, `"detail":"has \"billing.x\", which is not in the catalogue"`},
		{400, `{"name":"N","metadata":{"a":{}},"permissions":[]}`, `at metadata`},
		{400, `{"name":"N","colour":1}`, `"detail":"unknown key at colour"`},
		{400, `{"name":"N","name":"M"}`, `"detail":"duplicate key at name"`},
	} {
		rec := c.want(row.status, "mona", "POST", "/roles", row.body)
		if !strings.Contains(rec.Body.String(), row.contains) {
			t.Errorf("%s answered %s", row.body, rec.Body)
		}
	}
}
