// Package connect protects the procedures of a Connect service. Its messages are
// well-known types, so that it needs no generated code; with that it is the same.
package connect

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/frameworks/notes"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// The procedures.
const (
	Show  = "/notes.v1.Notes/Show"
	Write = "/notes.v1.Notes/Write"
	Watch = "/notes.v1.Notes/Watch"
)

// New returns the service. Serve guard.MustCheck(mux): it makes who asks known
// to the interceptor, without which nothing passes, and answers 500 for a handler
// that is added without the interceptor.
func New(guard *rbachttp.Guard) *http.ServeMux {
	judged := connect.WithInterceptors(NewInterceptor(guard, map[string]rbachttp.Rule{
		Show:  rbachttp.Permission(notes.View),
		Watch: rbachttp.Permission(notes.View),
		Write: rbachttp.AllOf(notes.View, notes.Edit),
	}))
	mux := http.NewServeMux()
	mux.Handle(Show, connect.NewUnaryHandler(Show, show, judged))
	mux.Handle(Write, connect.NewUnaryHandler(Write, write, judged))
	mux.Handle(Watch, connect.NewServerStreamHandler(Watch, watch, judged))
	return mux
}

// Interceptor lets pass the calls of procedures whose permissions the user has.
// A procedure without a rule is refused, whoever calls it.
type Interceptor struct{ permissions map[string][]rbac.Permission }

// NewInterceptor returns the interceptor for the handlers of a service. The
// rules are [rbachttp.Permission] and [rbachttp.AllOf]; with any other it panics.
func NewInterceptor(guard *rbachttp.Guard, rules map[string]rbachttp.Rule) *Interceptor {
	i := &Interceptor{map[string][]rbac.Permission{}}
	for procedure, rule := range rules {
		guard.Require(rule) // panics at a permission that is not in the catalogue
		p := rule.Permissions()
		if len(p) == 0 || rule.String() != rbachttp.AllOf(p...).String() {
			panic("connect: " + procedure + " has the rule " + rule.String())
		}
		i.permissions[procedure] = p
	}
	return i
}

// WrapUnary judges a call.
func (i *Interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
		if err := i.judge(ctx, r.Spec().Procedure); err != nil {
			return nil, err
		}
		return next(ctx, r)
	}
}

// WrapStreamingHandler judges a stream when it begins. One that stays open long
// asks again, by an [rbac.Authority], not by the Principal of its beginning.
func (i *Interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, c connect.StreamingHandlerConn) error {
		if err := i.judge(ctx, c.Spec().Procedure); err != nil {
			return err
		}
		return next(ctx, c)
	}
}

// WrapStreamingClient does nothing: clients judge nobody.
func (i *Interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func (i *Interceptor) judge(ctx context.Context, procedure string) error {
	// Of a procedure without a rule these are none, for which Check is an error.
	err := rbachttp.Check(ctx, i.permissions[procedure]...)
	if err == nil {
		return nil
	}
	return failure(err)
}

// failure is what a caller is told: the code and nothing else. "Could not find
// out" comes before "no".
func failure(err error) error {
	var denied *rbac.DeniedError
	code := connect.CodeInternal
	switch {
	case errors.Is(err, rbac.ErrUnavailable), errors.Is(err, rbac.ErrStale), errors.Is(err, rbac.ErrClock):
		code = connect.CodeUnavailable
	case errors.Is(err, rbac.ErrNotFound):
		code = connect.CodeNotFound
	case errors.As(err, &denied) && denied.Reason == rbac.ReasonActor:
		code = connect.CodeUnauthenticated
	case errors.Is(err, rbac.ErrDenied):
		code = connect.CodePermissionDenied
	}
	return connect.NewError(code, errors.New(code.String()))
}

func show(ctx context.Context, r *connect.Request[wrapperspb.StringValue]) (*connect.Response[wrapperspb.StringValue], error) {
	reader, _ := rbachttp.PrincipalFrom(ctx) // the zero Principal may see nothing
	n, err := notes.Get(reader, r.Msg.GetValue())
	if err != nil {
		return nil, failure(err)
	}
	return connect.NewResponse(wrapperspb.String(n.Text)), nil
}

func write(context.Context, *connect.Request[wrapperspb.StringValue]) (*connect.Response[emptypb.Empty], error) {
	return connect.NewResponse(&emptypb.Empty{}), nil
}

func watch(ctx context.Context, _ *connect.Request[emptypb.Empty], s *connect.ServerStream[wrapperspb.StringValue]) error {
	reader, _ := rbachttp.PrincipalFrom(ctx)
	n, err := notes.Get(reader, "todo")
	if err != nil {
		return failure(err)
	}
	return s.Send(wrapperspb.String(n.Text))
}
