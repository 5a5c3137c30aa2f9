package connect_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	framework "connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/seed80bc5f17/rbac/examples/frameworks/connect"
	"github.com/seed80bc5f17/rbac/examples/frameworks/internal/try"
	"github.com/seed80bc5f17/rbac/examples/frameworks/notes"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// none is what the code of a call without an error is taken for.
const none framework.Code = 0

// TestService calls procedures by each of the protocols that Connect speaks.
func TestService(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]framework.ClientOption{
		"Connect": framework.WithProtoJSON(), "gRPC": framework.WithGRPC(), "gRPC-Web": framework.WithGRPCWeb(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guard, store := try.NewGuard(t)
			server := httptest.NewUnstartedServer(guard.MustCheck(connect.New(guard)))
			server.EnableHTTP2 = true
			server.StartTLS()
			defer server.Close()
			c := caller{server, protocol}
			for _, row := range []struct {
				name, user string
				call       func(t *testing.T, user string) (string, error)
				down       bool
				code       framework.Code
				text       string
			}{
				{"signed out", "", c.show("todo"), false, framework.CodeUnauthenticated, ""},
				{"denied", "nobody", c.show("todo"), false, framework.CodePermissionDenied, ""},
				{"allowed", "carl", c.show("todo"), false, none, "buy milk"},
				{"slash", "carl", c.show("a/b"), false, none, "for everybody"},
				{"not to be seen", "carl", c.show("a%2Fb"), false, framework.CodeNotFound, ""},
				{"seen", "mona", c.show("a%2Fb"), false, none, "not yet"},
				{"one of two lacking", "carl", c.write, false, framework.CodePermissionDenied, ""},
				{"both", "mona", c.write, false, none, ""},
				{"stream, signed out", "", c.watch, false, framework.CodeUnauthenticated, ""},
				{"stream, denied", "nobody", c.watch, false, framework.CodePermissionDenied, ""},
				{"stream", "carl", c.watch, false, none, "buy milk"},
				{"store down", "carl", c.show("todo"), true, framework.CodeUnavailable, ""},
				{"store down, signed out", "", c.show("todo"), true, framework.CodeUnauthenticated, ""},
				{"stream, store down", "carl", c.watch, true, framework.CodeUnavailable, ""},
			} {
				store.Fail(row.down)
				text, err := row.call(t, row.user)
				code := none
				if err != nil {
					code = framework.CodeOf(err)
				}
				if code != row.code || text != row.text {
					t.Errorf("%s: answered %v %q %v", row.name, code, text, err)
				}
				if err != nil && (strings.Contains(err.Error(), "notes.") || strings.Contains(err.Error(), "database")) {
					t.Errorf("%s: is told %v", row.name, err)
				}
			}
		})
	}
}

// caller calls the procedures of a server.
type caller struct {
	server   *httptest.Server
	protocol framework.ClientOption
}

func client[I, O any](c caller, procedure string) *framework.Client[I, O] {
	return framework.NewClient[I, O](c.server.Client(), c.server.URL+procedure, c.protocol)
}

func ask[I any](user string, message *I) *framework.Request[I] {
	r := framework.NewRequest(message)
	r.Header().Set("User", user)
	return r
}

func (c caller) show(name string) func(*testing.T, string) (string, error) {
	return func(t *testing.T, user string) (string, error) {
		resp, err := client[wrapperspb.StringValue, wrapperspb.StringValue](c, connect.Show).CallUnary(t.Context(), ask(user, wrapperspb.String(name)))
		if err != nil {
			return "", err
		}
		return resp.Msg.GetValue(), nil
	}
}

func (c caller) write(t *testing.T, user string) (string, error) {
	_, err := client[wrapperspb.StringValue, emptypb.Empty](c, connect.Write).CallUnary(t.Context(), ask(user, wrapperspb.String("x")))
	return "", err
}

func (c caller) watch(t *testing.T, user string) (string, error) {
	s, err := client[emptypb.Empty, wrapperspb.StringValue](c, connect.Watch).CallServerStream(t.Context(), ask(user, &emptypb.Empty{}))
	if err != nil {
		return "", err
	}
	text := ""
	for s.Receive() {
		text += s.Msg().GetValue()
	}
	err = s.Err()
	_ = s.Close() // what there was to read is read
	return text, err
}

// TestForgotten is a procedure without a rule, and one without the interceptor.
func TestForgotten(t *testing.T) {
	t.Parallel()
	guard, _ := try.NewGuard(t)
	said := func(context.Context, *framework.Request[emptypb.Empty]) (*framework.Response[wrapperspb.StringValue], error) {
		return framework.NewResponse(wrapperspb.String(try.Forgotten)), nil
	}
	streamed := func(_ context.Context, _ *framework.Request[emptypb.Empty], s *framework.ServerStream[wrapperspb.StringValue]) error {
		return s.Send(wrapperspb.String(try.Forgotten))
	}
	judged := framework.WithInterceptors(connect.NewInterceptor(guard, map[string]rbachttp.Rule{connect.Show: rbachttp.Permission(notes.View)}))
	for name, h := range map[string]http.Handler{
		"no rule":                framework.NewUnaryHandler("/x/Y", said, judged),
		"no rule, stream":        framework.NewServerStreamHandler("/x/Y", streamed, judged),
		"no interceptor":         framework.NewUnaryHandler("/x/Y", said),
		"no interceptor, stream": framework.NewServerStreamHandler("/x/Y", streamed),
	} {
		for _, kind := range []string{"application/json", "application/connect+json", "application/grpc-web+json"} {
			body := "{}"
			if kind != "application/json" {
				body = "\x00\x00\x00\x00\x02{}"
			}
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/x/Y", strings.NewReader(body))
			r.Header = http.Header{"Content-Type": {kind}, "User": {"olivia"}}
			rec := httptest.NewRecorder()
			mux := connect.New(guard)
			mux.Handle("/x/Y", h)
			guard.MustCheck(mux).ServeHTTP(rec, r)
			if rec.Code < 400 || strings.Contains(rec.Body.String(), try.Forgotten) {
				t.Errorf("%s, %s: answered %d %q", name, kind, rec.Code, rec.Body)
			}
		}
	}
}

// TestUnguarded is a service that is served as it is, by mistake.
func TestUnguarded(t *testing.T) {
	t.Parallel()
	guard, _ := try.NewGuard(t)
	server := httptest.NewServer(connect.New(guard))
	defer server.Close()
	text, err := caller{server, framework.WithProtoJSON()}.show("todo")(t, "olivia")
	if framework.CodeOf(err) != framework.CodeInternal {
		t.Errorf("answered %q %v", text, err)
	}
}

func TestNewInterceptorPanics(t *testing.T) {
	t.Parallel()
	guard, _ := try.NewGuard(t)
	for name, rule := range map[string]rbachttp.Rule{
		"zero":    {},
		"unknown": rbachttp.Permission("notes.veiw"),
		"any of":  rbachttp.AnyOf(notes.View, notes.Edit),
		"public":  rbachttp.Public("x"),
		"hidden":  rbachttp.Conceal(rbachttp.Permission(notes.View)),
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			connect.NewInterceptor(guard, map[string]rbachttp.Rule{connect.Show: rule})
		}()
	}
}
