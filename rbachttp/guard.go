package rbachttp

import (
	"errors"
	"net/http"
	"net/textproto"

	"github.com/seed80bc5f17/rbac"
)

// GuardOptions configures [NewGuard]. The zero value works.
type GuardOptions struct {
	// Disclose adds to the body of a refusal what was refused and why: the
	// permission lacking, the user concerned, the text of the reason. For
	// internal tools. Default: false.
	Disclose bool

	// TokenHeader names a header, such as "Rbac-Token", that carries an
	// [rbac.Token] both ways: a request that names a state is judged on that
	// one or a later one, or answered with 503; what passes is told the state
	// it was judged on. A client that always returns the last one reads its own
	// writes on every instance. A token of another tenant, or garbage, is
	// answered with 400. Default: "", no header.
	TokenHeader string

	// Challenge is the WWW-Authenticate header of a 401, which HTTP requires.
	// Default: "Bearer", at which browsers do not ask for a password.
	Challenge string

	// Page answers the refusal of a browser's navigation: it redirects to the
	// sign-in page or writes an HTML page. The status is the problem's unless
	// Page writes another one that is not 2xx; if it writes nothing, the
	// problem is written. Default: nil, problems for browsers, too.
	Page func(http.ResponseWriter, *http.Request, Problem)

	// Observe is called after each rule was judged, with nil or why the request
	// did not pass, for what a handler asks of [Check] as for AllOf; and with the
	// zero Rule for an error that a handler gave to [Guard.Error]: for logs,
	// metrics and tests. The error is the whole truth and not for the client.
	// Default: nil, no call.
	Observe func(*http.Request, Rule, error)
}

// Guard knows who makes a request, and lets pass what its rules allow. It is
// immutable and safe for concurrent use.
type Guard struct {
	authority *rbac.Authority
	identify  func(*http.Request) (Identity, error)
	options   GuardOptions
}

// NewGuard returns a Guard over an Authority. The host's function identify
// says who makes a request; it is called at most once for each, with the
// request as it came to the outermost handler of this package, and authenticates
// it by the host's own means. What it said travels in the request's context, so
// that a request made from this one on behalf of somebody else needs a context of
// its own. An error of identify means that this could not be found out, and is
// answered with 503, unless it matches one of package rbac's, such as ErrNotFound
// for a tenant that there is not. For somebody who is signed out it returns the
// zero Identity and no error.
//
// NewGuard panics if authority or identify is nil, or an option is malformed:
// a service must not start with a guard that cannot work.
func NewGuard(authority *rbac.Authority, identify func(*http.Request) (Identity, error), o *GuardOptions) *Guard {
	if authority == nil {
		panic("rbachttp: NewGuard: authority is nil")
	}
	if identify == nil {
		panic("rbachttp: NewGuard: identify is nil")
	}
	g := &Guard{authority: authority, identify: identify}
	if o != nil {
		g.options = *o
	}
	if g.options.Challenge == "" {
		g.options.Challenge = "Bearer"
	}
	if name := g.options.TokenHeader; name != "" {
		if !headerName(name) {
			panic("rbachttp: NewGuard: TokenHeader is not the name of a header")
		}
		g.options.TokenHeader = textproto.CanonicalMIMEHeaderKey(name)
	}
	return g
}

// headerName reports whether name is made of the characters that are usual in
// a header's name, all of which RFC 9110 allows.
func headerName(name string) bool {
	for _, c := range []byte(name) {
		if c != '-' && (c < '0' || '9' < c) && (c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c) {
			return false
		}
	}
	return name != ""
}

// Require returns middleware that lets pass what the rule allows, and answers
// everything else with a [Problem]. It panics if the rule is the zero Rule or
// names a permission that is not in the catalogue, and the middleware does if
// the handler is nil.
func (g *Guard) Require(rule Rule) func(http.Handler) http.Handler {
	g.admit(rule)
	return func(next http.Handler) http.Handler {
		present(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v, r := g.enter(r)
			if err := g.judge(v, rule, r); err != nil {
				g.answer(w, r, rule.masked(err))
				return
			}
			g.pass(w, v, rule)
			next.ServeHTTP(w, r)
		})
	}
}

// admit panics unless rule can be judged with the guard's catalogue.
func (g *Guard) admit(rule Rule) {
	if rule.kind == 0 {
		panic("rbachttp: the zero Rule protects nothing; Public says why nothing is to be protected")
	}
	for _, p := range rule.permissions {
		if _, ok := g.authority.Catalog().Info(p); !ok {
			panic("rbachttp: permission " + string(p) + " is not in the catalogue")
		}
	}
}

// present panics if a handler is nil.
func present(next http.Handler) {
	f, ok := next.(http.HandlerFunc)
	if next == nil || ok && f == nil {
		panic("rbachttp: handler is nil")
	}
}

// judge returns nil if the request may pass.
func (g *Guard) judge(v *visit, rule Rule, r *http.Request) error {
	v.check()
	err := rule.judge(v, r)
	if g.options.Observe != nil {
		g.options.Observe(r, rule, err)
	}
	return err
}

// pass tells the client the state that a rule was judged on.
func (g *Guard) pass(w http.ResponseWriter, v *visit, rule Rule) {
	if g.options.TokenHeader != "" && rule.resolves() {
		g.SetToken(w, v.principal.Token())
	}
}

// SetToken tells the client of a change that a handler made, in the header that
// [GuardOptions].TokenHeader names; without that option it does nothing. Call
// it with [rbac.Receipt].Token before the response begins.
func (g *Guard) SetToken(w http.ResponseWriter, t rbac.Token) {
	if g.options.TokenHeader != "" {
		w.Header().Set(g.options.TokenHeader, string(t))
	}
}

// Error answers a request with the problem that an error of package rbac comes
// to, as the rules do; it is for handlers that call an [rbac.Authority]. An
// error that is none of package rbac's is answered with 500. If err is nil,
// Error answers 500 as well: there was something to tell.
func (g *Guard) Error(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		err = errors.New("rbachttp: Error was called without one")
	}
	v, r := g.enter(r)
	v.check()
	if g.options.Observe != nil {
		g.options.Observe(r, Rule{}, err)
	}
	g.answer(w, r, err)
}
