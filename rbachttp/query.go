package rbachttp

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// query is a request's query parameters: each at most once, none that the
// endpoint does not take, none without a value.
type query map[string]string

func readQuery(raw string, takes []string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &rbac.InvalidError{Field: "query", Problem: "is malformed"}
	}
	q := query{}
	for _, name := range takes {
		switch given := values[name]; {
		case len(given) == 0:
			continue
		case len(given) > 1:
			return nil, &rbac.InvalidError{Field: name, Problem: "is given twice"}
		case given[0] == "":
			return nil, &rbac.InvalidError{Field: name, Problem: "is empty"}
		default:
			q[name] = given[0]
		}
	}
	for name := range values {
		if !slices.Contains(takes, name) {
			return nil, &rbac.InvalidError{Field: "query", Problem: "has a parameter that is not taken"}
		}
	}
	return q, nil
}

// text returns a parameter that must be there.
func (q query) text(name string) (string, error) {
	if q[name] == "" {
		return "", &rbac.InvalidError{Field: name, Problem: "is required"}
	}
	return q[name], nil
}

// subject returns the parameter "subject", as in user:carl or group:eng.
func (q query) subject() (rbac.Subject, error) {
	text, err := q.text("subject")
	if err != nil {
		return rbac.Subject{}, err
	}
	switch kind, id, ok := strings.Cut(text, ":"); {
	case ok && kind == "user":
		return rbac.User(id), nil
	case ok && kind == "group":
		return rbac.Group(id), nil
	}
	return rbac.Subject{}, &rbac.InvalidError{Field: "subject", Problem: "must begin with user: or group:"}
}

func (q query) page() (rbac.PageQuery, error) {
	limit, err := q.number("limit", 500)
	return rbac.PageQuery{After: q["after"], Limit: limit}, err
}

// number returns a parameter between 1 and most, or 0 if it is not there.
func (q query) number(name string, most int) (int, error) {
	text, ok := q[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most || strconv.Itoa(n) != text {
		return 0, &rbac.InvalidError{Field: name, Problem: "must be a number between 1 and " + strconv.Itoa(most)}
	}
	return n, nil
}

func (q query) review() (rbac.ReviewQuery, error) {
	days, err := q.number("days", 3650)
	return rbac.ReviewQuery{After: q["after"], Expiring: time.Duration(days) * 24 * time.Hour}, err
}
