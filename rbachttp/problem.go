package rbachttp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/internal/strictjson"
)

// Problem is the body of what did not pass (RFC 9457). Of the members after
// Status, a refusal by a Rule has none unless [GuardOptions].Disclose is set.
type Problem struct {
	Type       string            `json:"type"` // "about:blank": Status and Reason say all
	Title      string            `json:"title"`
	Status     int               `json:"status"`
	Reason     string            `json:"reason,omitempty"`     // for programs: an rbac.Reason, or one of the Problem reasons
	Detail     string            `json:"detail,omitempty"`     // for people, in English
	Field      string            `json:"field,omitempty"`      // what is malformed
	Index      *int              `json:"index,omitempty"`      // which operation of a batch, from 0
	Count      int               `json:"count,omitempty"`      // of assignments, if a role is in use
	Token      rbac.Token        `json:"token,omitempty"`      // "outcome_unknown": of the change, if it was written
	Permission rbac.Permission   `json:"permission,omitempty"` // disclosed: the one lacking
	Missing    []rbac.Permission `json:"missing,omitempty"`    // disclosed: of those supplied, the ones not held
	Subject    *rbac.Subject     `json:"subject,omitempty"`    // disclosed: who outranks the actor or would lose something
}

// Reasons of a Problem that are none of package rbac's.
const (
	reasonUnavailable    = "unavailable"
	reasonStale          = "stale"
	reasonClock          = "clock"
	reasonOutcomeUnknown = "outcome_unknown"
	reasonInvalid        = "invalid"
	reasonCrossOrigin    = "cross_origin"
)

// requestError is what HTTP itself has against a request.
type requestError struct {
	status int
	reason string
	field  string
	detail string // names nothing that the client sent
	err    error
}

func (e *requestError) Error() string {
	text := "rbachttp: " + http.StatusText(e.status)
	if e.detail != "" {
		text += ": " + e.detail
	}
	return text
}

func (e *requestError) Unwrap() error { return e.err }

// inBatch is a refusal of one of several operations.
type inBatch struct{ error }

func (b inBatch) Unwrap() error { return b.error }

func statusOf(err error) int { return problemOf(err, false).Status }

// problemOf translates an error. "Could not find out" comes before "no": an
// error that is both is no answer.
func problemOf(err error, disclose bool) Problem {
	var (
		request *requestError
		denied  *rbac.DeniedError
		invalid *rbac.InvalidError
		unknown *rbac.OutcomeUnknownError
	)
	switch {
	case errors.As(err, &request):
		p := problem(request.status, request.reason)
		p.Field, p.Detail = request.field, request.detail
		var strict *strictjson.Error
		if disclose && errors.As(err, &strict) {
			p.Detail = strict.Error()
		}
		return p
	case errors.Is(err, errSignedOut):
		return problem(http.StatusUnauthorized, "")
	case errors.As(err, &unknown):
		p := problem(http.StatusServiceUnavailable, reasonOutcomeUnknown)
		p.Token = unknown.Token
		return p
	case errors.Is(err, rbac.ErrOutcomeUnknown):
		return problem(http.StatusServiceUnavailable, reasonOutcomeUnknown)
	case errors.Is(err, rbac.ErrStale) && !errors.Is(err, rbac.ErrUnavailable): // the store answers, but not recently enough
		return problem(http.StatusServiceUnavailable, reasonStale)
	case errors.Is(err, rbac.ErrClock):
		return problem(http.StatusServiceUnavailable, reasonClock)
	case errors.Is(err, rbac.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return problem(http.StatusServiceUnavailable, reasonUnavailable)
	case errors.As(err, &denied):
		return refusal(denied, errors.As(err, new(inBatch)), disclose)
	case errors.As(err, &invalid):
		return malformed(invalid, disclose)
	case errors.Is(err, rbac.ErrNotFound):
		return problem(http.StatusNotFound, "")
	case errors.Is(err, rbac.ErrInUse):
		return problem(http.StatusConflict, string(rbac.ReasonInUse))
	case errors.Is(err, rbac.ErrConflict):
		return problem(http.StatusConflict, "")
	case errors.Is(err, rbac.ErrInvalid):
		return problem(http.StatusBadRequest, reasonInvalid)
	case errors.Is(err, rbac.ErrDenied):
		return problem(http.StatusForbidden, "")
	}
	return problem(http.StatusInternalServerError, "")
}

func problem(status int, reason string) Problem {
	return Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Reason: reason}
}

// refusal translates a DeniedError. A missing role and an invisible one are the
// same to the byte (S20).
func refusal(e *rbac.DeniedError, batch, disclose bool) Problem {
	var p Problem
	switch {
	case e.Reason == rbac.ReasonActor:
		p = problem(http.StatusUnauthorized, "")
	case errors.Is(e, rbac.ErrNotFound):
		p = problem(http.StatusNotFound, "")
	case errors.Is(e, rbac.ErrConflict), errors.Is(e, rbac.ErrInUse):
		p = problem(http.StatusConflict, string(e.Reason))
	case e.Reason == rbac.ReasonNotHeld && !disclose:
		p = problem(http.StatusForbidden, "")
	default:
		p = problem(http.StatusForbidden, string(e.Reason))
	}
	p.Count = e.Count
	if batch {
		p.Index = &e.Index
	}
	if disclose && p.Status != http.StatusNotFound {
		p.Detail, p.Permission, p.Missing = e.Reason.Text(), e.Permission, e.Missing
		if e.Subject != (rbac.Subject{}) {
			p.Subject = &e.Subject
		}
	}
	return p
}

// malformed translates an InvalidError. What is wrong with the actor or the
// tenant is the host's mistake. The text about permissions may repeat what the
// client sent, and so does the place in an operation's JSON.
func malformed(e *rbac.InvalidError, disclose bool) Problem {
	if e.Field == "tenant" || e.Field == "actor" || strings.HasPrefix(e.Field, "actor.") {
		return problem(http.StatusInternalServerError, "")
	}
	p := problem(http.StatusBadRequest, reasonInvalid)
	p.Field, p.Detail = e.Field, e.Problem
	last := e.Field[strings.LastIndexByte(e.Field, '.')+1:]
	switch {
	case disclose:
	case strings.HasPrefix(last, "permission"):
		p.Detail = ""
	case last == "operation":
		p.Detail, _, _ = strings.Cut(p.Detail, " at ")
	}
	return p
}

// answer writes what an error comes to.
func (g *Guard) answer(w http.ResponseWriter, r *http.Request, err error) {
	g.write(w, r, problemOf(err, g.options.Disclose))
}

// write answers with a problem. Nothing that was meant for the response that
// did not come to be stays in its header.
func (g *Guard) write(w http.ResponseWriter, r *http.Request, p Problem) {
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Type", "Etag", "Last-Modified", "Location", g.options.TokenHeader} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", g.options.Challenge)
	case http.StatusServiceUnavailable:
		if p.Reason != reasonOutcomeUnknown { // a client must not simply try that again
			h.Set("Retry-After", "1")
		}
	}
	if g.options.Page != nil && navigation(r) {
		pw := &pageWriter{inner: w, status: p.Status}
		h.Del("Content-Length")
		g.options.Page(pw, r, p)
		if pw.begun {
			return
		}
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic("rbachttp: a problem must encode: " + err.Error())
	}
	body = append(body, '\n')
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the client is gone if this fails
}
