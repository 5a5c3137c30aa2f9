package rbachttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac/rbachttp"
)

func TestMustCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(nil)
	other := w.guard(nil)
	rule := rbachttp.Permission(view)
	for _, row := range []struct {
		name    string
		handler func(http.ResponseWriter, *http.Request)
		status  int
	}{
		{"writes", handler, 500},
		{"writes nothing", func(http.ResponseWriter, *http.Request) {}, 500},
		{"writes a status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 500},
		{"redirects", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/secret", http.StatusFound) }, 500},
		{"is missing", http.NotFound, 500},
		{"flushes", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, 500},
		{"flushes by the controller", func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() }, 500},
		{"copies", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, struct{ io.Reader }{strings.NewReader(passed)})
		}, 500},
		{"sends early hints", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "secret")
			w.WriteHeader(103)
		}, 500},
		{"asks Can only", func(w http.ResponseWriter, r *http.Request) {
			rbachttp.Can(r.Context(), view)
			rbachttp.PrincipalFrom(r.Context())
			handler(w, r)
		}, 500},
		{"checks too late", func(w http.ResponseWriter, r *http.Request) {
			handler(w, r)
			_ = rbachttp.Check(r.Context(), view)
			handler(w, r)
		}, 500},
		{"checks the unknown", func(w http.ResponseWriter, r *http.Request) {
			_ = rbachttp.Check(r.Context(), "x")
			handler(w, r)
		}, 500},
		{"requires", g.Require(rule)(http.HandlerFunc(handler)).ServeHTTP, 200},
		{"requires by another guard", other.Require(rule)(http.HandlerFunc(handler)).ServeHTTP, 200},
		{"is public", g.Require(rbachttp.Public("x"))(http.HandlerFunc(handler)).ServeHTTP, 200},
		{"is checked twice", g.MustCheck(g.Require(rule)(http.HandlerFunc(handler))).ServeHTTP, 200},
		{"refuses", g.Require(rbachttp.Permission(manage))(http.HandlerFunc(handler)).ServeHTTP, 403},
		{"checks", func(w http.ResponseWriter, r *http.Request) {
			if err := rbachttp.Check(r.Context(), view); err != nil {
				t.Error(err)
			}
			handler(w, r)
		}, 200},
		{"checks and refuses", func(w http.ResponseWriter, r *http.Request) { g.Error(w, r, rbachttp.Check(r.Context(), manage)) }, 403},
		{"tells an error", func(w http.ResponseWriter, r *http.Request) { g.Error(w, r, io.EOF) }, 500},
		{"tells no error", func(w http.ResponseWriter, r *http.Request) { g.Error(w, r, nil) }, 500},
		{"is a Mux without the route", rbachttp.NewMux(g).ServeHTTP, 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := g.MustCheck(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Secret", "billing.view")
				w.Header().Set("Content-Encoding", "gzip")
				row.handler(w, r)
			}))
			outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Request-Id", "7")
				h.ServeHTTP(w, r)
			})
			rec := serve(outer, request("GET", "/", "User: carl"))
			if rec.Code != row.status || rec.Header().Get("Request-Id") != "7" {
				t.Errorf("answered %s", wire(rec))
			}
			if unchecked := rec.Header().Get("Secret") == ""; unchecked && strings.Contains(rec.Body.String(), passed) {
				t.Errorf("answered %s", wire(rec))
			}
			if row.status == 500 && !strings.HasPrefix(row.name, "tells") {
				discreet(t, rec)
				if rec.Body.String() != `{"type":"about:blank","title":"Internal Server Error","status":500}`+"\n" {
					t.Errorf("answered %s", wire(rec))
				}
			}
		})
	}
}

// TestMustCheckKeepsTheWriter asks for what a ResponseWriter can do beside
// writing, on a real connection.
func TestMustCheckKeepsTheWriter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(nil)
	mux := http.NewServeMux()
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		if err := rbachttp.Check(r.Context(), view); err != nil {
			t.Error(err)
		}
		c := http.NewResponseController(w)
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		err := errors.Join(c.SetWriteDeadline(time.Now().Add(time.Minute)), c.SetReadDeadline(time.Now().Add(time.Minute)), c.EnableFullDuplex())
		_, copied := io.Copy(w, strings.NewReader(passed))
		if err := errors.Join(err, copied, c.Flush()); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Checked") != "" {
			_ = rbachttp.Check(r.Context(), view)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if (err == nil) != (r.Header.Get("Checked") != "") {
			t.Errorf("Hijack = %v", err)
		}
		if err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 299 Mine\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			_ = conn.Close()
		}
	})
	server := httptest.NewServer(g.MustCheck(mux))
	defer server.Close()
	for _, row := range []struct {
		target, checked string
		status          int
		body            string
	}{{"/stream", "", 200, passed}, {"/hijack", "", 500, ""}, {"/hijack", "yes", 299, ""}} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+row.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User", "carl")
		if row.checked != "" {
			r.Header.Set("Checked", row.checked)
		}
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != row.status || row.body != "" && string(body) != row.body {
			t.Errorf("%s answered %d %q %v", row.target, resp.StatusCode, body, err)
		}
	}
}
