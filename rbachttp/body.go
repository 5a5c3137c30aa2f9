package rbachttp

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/internal/strictjson"
)

// read decodes the request's body, which must be an object, into v.
func (c *call) read(v any) error {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") || c.r.Header.Get("Content-Encoding") != "" {
		return &requestError{status: http.StatusUnsupportedMediaType, field: "Content-Type", detail: "must be application/json, not encoded"}
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, c.api.options.MaxBody))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return &requestError{status: http.StatusRequestEntityTooLarge, field: "body", err: err}
	case err != nil:
		return &requestError{status: http.StatusBadRequest, reason: reasonInvalid, field: "body", detail: "was not sent in full", err: err}
	}
	if err := strictjson.Decode(data, v); err != nil {
		return &requestError{status: http.StatusBadRequest, reason: reasonInvalid, field: "body", detail: problemIn(err), err: err}
	}
	return nil
}

// problemIn returns what is wrong with JSON, but not where: the way there is
// made of keys that the client chose.
func problemIn(err error) string {
	var strict *strictjson.Error
	if errors.As(err, &strict) {
		return strict.Problem
	}
	return ""
}

// object is a JSON object whose members [rbac.Op] is to judge.
type object map[string]json.RawMessage

// change reads the body as an operation of a kind whose members the request
// fixes elsewhere, in the path or a header, are given; the body must not repeat
// them.
func (c *call) change(kind string, fixed map[string]any) (rbac.Op, error) {
	var given object
	if err := c.read(&given); err != nil {
		return rbac.Op{}, err
	}
	if given == nil {
		return rbac.Op{}, &rbac.InvalidError{Field: "body", Problem: "is not an object"}
	}
	all := map[string]any{"op": kind}
	for name, value := range fixed {
		all[name] = value
	}
	for name := range all {
		if _, ok := given[name]; ok {
			return rbac.Op{}, &rbac.InvalidError{Field: name, Problem: "is not taken here"}
		}
	}
	for name, value := range given {
		all[name] = value
	}
	return operation(all)
}

// operation decodes an operation by rbac's own rules.
func operation(members any) (rbac.Op, error) {
	data, err := json.Marshal(members)
	if err != nil {
		return rbac.Op{}, err
	}
	var op rbac.Op
	err = op.UnmarshalJSON(data) // not json.Unmarshal, which wraps its errors
	return op, err
}
