package rbachttp

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
)

// Mux is an [http.ServeMux] in which every route has a rule. Patterns are
// ServeMux's. What it answers itself, for want of a route, is a [Problem], too:
// 404, or 405 if only the method is wrong. It is safe for concurrent use.
type Mux struct {
	guard *Guard
	all   http.ServeMux
	open  http.ServeMux // without the concealed routes: the Mux as outsiders are to see it

	mu     sync.RWMutex
	routes map[string]*route // by pattern
}

// Route is one route of a Mux, for review.
type Route struct {
	Pattern string
	Rule    Rule
}

// NewMux returns a Mux without routes. It panics if the guard is nil.
func NewMux(g *Guard) *Mux {
	if g == nil {
		panic("rbachttp: NewMux: guard is nil")
	}
	return &Mux{guard: g, routes: map[string]*route{}}
}

// Handle registers a handler for the requests that match the pattern and pass
// the rule. It panics if the pattern is malformed, registered already or in
// conflict with another one, if the rule is refused by [Guard.Require], or if the
// handler is nil.
func (m *Mux) Handle(pattern string, rule Rule, handler http.Handler) {
	m.guard.admit(rule)
	present(handler)
	t := &route{mux: m, pattern: pattern, rule: rule, handler: handler}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all.Handle(pattern, t)
	m.routes[pattern] = t
	if !rule.concealed {
		m.open.Handle(pattern, t)
	}
}

// HandleFunc is Handle for a function.
func (m *Mux) HandleFunc(pattern string, rule Rule, handler func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, rule, http.HandlerFunc(handler))
}

// Routes returns the routes and their rules, by pattern. Of a Mux that is the
// handler of a route it returns nothing: ask that one.
func (m *Mux) Routes() []Route {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []Route
	for _, t := range m.routes {
		out = append(out, Route{t.pattern, t.rule})
	}
	slices.SortFunc(out, func(a, b Route) int { return cmp.Compare(a.Pattern, b.Pattern) })
	return out
}

// ServeHTTP answers with the route that matches the request, if its rule lets
// it pass.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, r := m.guard.enter(r)
	p := &probe{real: w}
	m.all.ServeHTTP(p, r)
	if p.served {
		return
	}
	// ServeMux redirects from /tree to /tree/ if that is a route. A concealed
	// one is there for those who pass.
	if t := m.route(r.Pattern); p.redirects() && t != nil && t.rule.concealed && m.guard.judge(v, t.rule, r) == nil {
		p.redirect(w, r)
		return
	}
	m.absent(w, r, v)
}

func (m *Mux) route(pattern string) *route {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.routes[pattern]
}

// absent answers as though the concealed routes were not registered. Where
// there are some, a request that fails before it is known who makes it fails
// here as well: otherwise a client could tell one from nothing by sending a
// token from the future.
func (m *Mux) absent(w http.ResponseWriter, r *http.Request, v *visit) {
	p := &probe{real: w}
	m.open.ServeHTTP(p, r)
	if p.served {
		return
	}
	v.check()
	if p.redirects() {
		p.redirect(w, r)
		return
	}
	if m.conceals() {
		if err := v.resolved(); err != nil && statusOf(err) != http.StatusUnauthorized {
			m.guard.answer(w, r, err)
			return
		}
	}
	if allow := p.Header()["Allow"]; p.status == http.StatusMethodNotAllowed {
		w.Header()["Allow"] = allow
	}
	m.guard.write(w, r, problem(p.status, ""))
}

func (m *Mux) conceals() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, t := range m.routes {
		if t.rule.concealed {
			return true
		}
	}
	return false
}

// route is what a Mux registers with its ServeMuxes.
type route struct {
	mux     *Mux
	pattern string
	rule    Rule
	handler http.Handler
}

func (t *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := w.(*probe) // nothing else reaches a route
	p.served = true
	w, g := p.real, t.mux.guard
	v := visitFrom(r.Context())
	err := g.judge(v, t.rule, r)
	_, object := err.(objection)
	switch {
	case err == nil:
		g.pass(w, v, t.rule)
		t.handler.ServeHTTP(w, r)
	case t.rule.concealed && (!object || hidden(err)):
		t.mux.absent(w, r, v)
	default:
		g.answer(w, r, err)
	}
}
