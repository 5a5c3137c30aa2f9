package rbachttp_test

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"net/http"
	"sync"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

func TestOncePerRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(nil)
	h := g.Require(rbachttp.SignedIn())(g.MustCheck(g.Require(rbachttp.Permission(view))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p, ok := rbachttp.PrincipalFrom(r.Context())
		if !ok || p.Actor().UserID() != "carl" || !rbachttp.Can(r.Context(), view) || rbachttp.Can(r.Context(), manage) {
			t.Errorf("PrincipalFrom = %v, %t", p, ok)
		}
		a, ok := rbachttp.AuthorityFrom(r.Context())
		if !ok || a.Check(r.Context(), p.Actor(), view) != nil {
			t.Error("AuthorityFrom")
		}
	}))))
	if rec := serve(h, request("GET", "/", "User: carl")); rec.Code != 200 || w.calls.Load() != 1 {
		t.Errorf("answered %d after %d calls", rec.Code, w.calls.Load())
	}
	serve(g.Require(rbachttp.Public("x"))(http.HandlerFunc(handler)), request("GET", "/", "User: carl"))
	if w.calls.Load() != 1 {
		t.Error("a public route asks who it is")
	}
}

// TestManyAskAtOnce is a handler that asks in several goroutines who it is.
func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.guard(nil).Require(rbachttp.Public("x"))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if !rbachttp.Can(r.Context(), view) || rbachttp.Check(r.Context(), view) != nil {
					t.Error("carl cannot")
				}
			})
		}
		wg.Wait()
	}))
	serve(h, request("GET", "/", "User: carl"))
	if w.calls.Load() != 1 {
		t.Errorf("asked %d times", w.calls.Load())
	}
}

func TestContextOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.guard(nil)
	for _, user := range []string{"", "!error", "!system", "!tenant"} {
		h := g.Require(rbachttp.Public("x"))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if p, ok := rbachttp.PrincipalFrom(r.Context()); ok || p.Can(view) || rbachttp.Can(r.Context(), view) || rbachttp.Check(r.Context(), view) == nil {
				t.Errorf("%q is somebody", user)
			}
		}))
		serve(h, request("GET", "/", "User: "+user))
	}
	for user, want := range map[string]rbac.Reason{"": rbac.ReasonActor, "carl": rbac.ReasonNotHeld, "!error": ""} {
		h := g.Require(rbachttp.Public("x"))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			err := rbachttp.Check(r.Context(), manage)
			var denied *rbac.DeniedError
			if errors.As(err, &denied) != (want != "") || denied != nil && denied.Reason != want || errors.Is(err, rbac.ErrUnavailable) != (want == "") {
				t.Errorf("%q: Check = %v", user, err)
			}
		}))
		serve(h, request("GET", "/", "User: "+user))
	}
	ctx := context.Background()
	if _, ok := rbachttp.PrincipalFrom(ctx); ok || rbachttp.Can(ctx, view) || rbachttp.Check(ctx, view) == nil {
		t.Error("a context that no guard has seen")
	}
	if _, ok := rbachttp.AuthorityFrom(ctx); ok {
		t.Error("AuthorityFrom without a guard")
	}
	h := g.Require(rbachttp.SignedIn())(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		if rbachttp.Can(ctx, view) || rbachttp.Check(ctx, view) == nil {
			t.Error("passes after the context has ended")
		}
		if err := rbachttp.Check(r.Context(), view, manage); !errors.Is(err, rbac.ErrDenied) {
			t.Errorf("Check = %v", err)
		}
		if rbachttp.Check(r.Context()) == nil || rbachttp.Check(r.Context(), "x") == nil {
			t.Error("Check of nothing or of the unknown")
		}
	}))
	serve(h, request("GET", "/", "User: carl"))
}

func TestFuncMap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := template.Must(template.New("").Funcs(rbachttp.FuncMap(context.Background())).
		Parse(`{{if signedIn}}in{{end}}{{if can "billing.view"}} view{{end}}{{if can "billing.manage"}} manage{{end}}`))
	wrong := template.Must(template.New("").Funcs(rbachttp.FuncMap(context.Background())).Parse(`{{if can "billing.veiw"}}x{{end}}`))
	var out bytes.Buffer
	h := w.guard(nil).Require(rbachttp.Public("x"))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		out.Reset()
		if err := template.Must(page.Clone()).Funcs(rbachttp.FuncMap(r.Context())).Execute(&out, nil); err != nil {
			t.Error(err)
		}
		if err := template.Must(wrong.Clone()).Funcs(rbachttp.FuncMap(r.Context())).Execute(&bytes.Buffer{}, nil); err == nil {
			t.Error("a template asked about an unknown permission")
		}
	}))
	for user, want := range map[string]string{"carl": "in view", "mona": "in view manage", "": "", "!error": ""} {
		serve(h, request("GET", "/", "User: "+user))
		if out.String() != want {
			t.Errorf("%q sees %q, want %q", user, out.String(), want)
		}
	}
	if err := template.Must(page.Clone()).Execute(&out, nil); err == nil {
		t.Error("a template without a guard")
	}
}
