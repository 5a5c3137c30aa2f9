package rbachttp

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/seed80bc5f17/rbac"
)

// APIOptions configures [NewAPI]. The zero value works.
type APIOptions struct {
	// MaxBody is how long a request's body may be, in bytes; a longer one is
	// answered with 413. Default: 1 MiB.
	MaxBody int64

	// CrossOrigin decides which requests of browsers that change something
	// come from the host's own pages; others are answered with 403. Default:
	// what net/http takes for the same origin, and no other.
	CrossOrigin *http.CrossOriginProtection
}

// NewAPI returns a handler that serves the administration of roles as JSON. It
// is described by the OpenAPI document that it serves at /openapi.json, which
// everybody may read; all else is for those who have signed in. Mount it with
// [http.StripPrefix], in a [Mux] under a rule of the host's choice such as
// SignedIn or Conceal(Permission(rbac.RolesView)).
//
// It does nothing but decode a request, call the public method of
// [rbac.Authority] with the request's actor, and encode the answer: who may do
// what is decided there alone. Bodies must be exactly what the document says;
// an unknown or repeated key or query parameter is answered with 400.
//
// A role's version is its ETag, and must be sent back as If-Match to edit or to
// delete it; 412 says that somebody else was faster. In a batch, "$0" in place of
// a role's id names the role that the batch's first operation creates, "$1" that
// of its second, and so on; an operation can name earlier ones only.
//
// It panics if the guard is nil or an option is negative.
func NewAPI(g *Guard, o *APIOptions) http.Handler {
	if g == nil {
		panic("rbachttp: NewAPI: guard is nil")
	}
	a := &api{guard: g, mux: NewMux(g)}
	if o != nil {
		a.options = *o
	}
	switch {
	case a.options.MaxBody < 0:
		panic("rbachttp: NewAPI: MaxBody is negative")
	case a.options.MaxBody == 0:
		a.options.MaxBody = 1 << 20
	}
	if a.options.CrossOrigin == nil {
		a.options.CrossOrigin = http.NewCrossOriginProtection()
	}
	a.mux.HandleFunc("GET /openapi.json", Public("the description of this API, the same for everybody"), describe)
	for _, e := range endpoints {
		a.mux.HandleFunc(e.pattern, Rule{kind: identified}, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, e) })
	}
	return a
}

// endpoint is one thing that the API can be asked for.
type endpoint struct {
	pattern string
	query   []string // the parameters it takes
	answer  func(*call) (reply, error)
}

var (
	paging  = []string{"after", "limit"}
	subject = []string{"subject"}
)

var endpoints = []endpoint{
	{"GET /me", nil, (*call).me},
	{"GET /permissions", []string{"user"}, (*call).permissionsOf},
	{"GET /who-can", append([]string{"permission"}, paging...), (*call).whoCan},
	{"GET /explain", []string{"subject", "permission"}, (*call).explain},

	{"GET /roles", paging, (*call).roles},
	{"POST /roles", nil, (*call).createRole},
	{"GET /new-role", nil, (*call).newRole},
	{"GET /roles/{role}", nil, (*call).role},
	{"PATCH /roles/{role}", nil, (*call).editRole},
	{"DELETE /roles/{role}", []string{"reassign", "reason"}, (*call).deleteRole},
	{"GET /roles/{role}/view", nil, (*call).roleView},
	{"GET /roles/{role}/holders", paging, (*call).holders},
	{"POST /roles/{role}/grant", nil, (*call).grant},
	{"POST /roles/{role}/revoke", nil, (*call).revoke},

	{"GET /assignments", append(subject, paging...), (*call).assignments},
	{"POST /assignments", nil, (*call).assign},
	{"DELETE /assignments", []string{"subject", "role", "reason"}, (*call).unassign},
	{"GET /assignable", append(subject, paging...), (*call).assignable},
	{"POST /offboard", nil, (*call).offboard},

	{"GET /groups", paging, (*call).groups},
	{"GET /members", append([]string{"group"}, paging...), (*call).members},
	{"POST /members", nil, (*call).addMember},
	{"DELETE /members", []string{"group", "subject", "reason"}, (*call).removeMember},
	{"GET /memberships", append(subject, paging...), (*call).memberships},

	{"POST /preview", nil, (*call).preview},
	{"POST /batch", nil, (*call).batch},
	{"GET /review", []string{"after", "days"}, (*call).review},
	{"GET /history", paging, (*call).history},
}

type api struct {
	guard   *Guard
	mux     *Mux
	options APIOptions
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := a.options.CrossOrigin.Check(r); err != nil {
		a.guard.Error(w, r, &requestError{status: http.StatusForbidden, reason: reasonCrossOrigin, err: err})
		return
	}
	a.mux.ServeHTTP(w, r)
}

// call is one request to an endpoint.
type call struct {
	api       *api
	w         http.ResponseWriter
	r         *http.Request
	authority *rbac.Authority
	actor     rbac.Actor
	query     query
}

// reply is what an endpoint has to say.
type reply struct {
	status   int // zero = 200
	token    rbac.Token
	location string
	version  uint64 // of the role that the answer is about; zero = none
	body     any
}

func (a *api) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	v := visitFrom(r.Context())
	if v.known() != nil { // the rule saw to that
		a.guard.Error(w, r, errSignedOut)
		return
	}
	c := &call{api: a, w: w, r: r, authority: v.authority, actor: v.actor}
	out, err := c.answer(e)
	if err != nil {
		a.guard.Error(w, r, err)
		return
	}
	body, err := json.Marshal(out.body)
	if err != nil {
		a.guard.Error(w, r, err)
		return
	}
	h := w.Header()
	if out.token != "" {
		a.guard.SetToken(w, out.token)
	}
	if out.version != 0 {
		h.Set("ETag", etag(out.version))
	}
	if out.location != "" {
		h.Set("Location", out.location)
	}
	body = append(body, '\n')
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if out.status != 0 {
		w.WriteHeader(out.status)
	}
	_, _ = w.Write(body) // the client is gone if this fails
}

func (c *call) answer(e endpoint) (reply, error) {
	var err error
	if c.query, err = readQuery(c.r.URL.RawQuery, e.query); err != nil {
		return reply{}, err
	}
	// A body that nobody reads could say what the query does not.
	if m := c.r.Method; m != http.MethodPost && m != http.MethodPatch && c.r.ContentLength != 0 {
		return reply{}, &requestError{status: http.StatusBadRequest, reason: reasonInvalid, field: "body", detail: "is not taken"}
	}
	return e.answer(c)
}

// list answers with a page.
func list[T any](page rbac.Page[T], err error) (reply, error) {
	return reply{token: page.Token, body: page}, err
}

// precondition turns the refusal for a version that was sent as If-Match into
// what HTTP calls it.
func precondition(err error) error {
	var denied *rbac.DeniedError
	if errors.As(err, &denied) && denied.Reason == rbac.ReasonVersion {
		return &requestError{status: http.StatusPreconditionFailed, reason: string(denied.Reason), err: err}
	}
	return err
}
