// Package echo protects the routes of an Echo instance.
package echo

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/frameworks/notes"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// New returns an Echo in which each route names its rule. Serve
// guard.MustCheck(e): then a route that is added without one answers 500.
func New(guard *rbachttp.Guard) *echo.Echo {
	e := echo.New()

	// Handlers return what package rbac said. What there is not, and what is
	// concealed, are told in the same words.
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		var missing *echo.HTTPError
		if errors.As(err, &missing) && (missing.Code == http.StatusNotFound || missing.Code == http.StatusMethodNotAllowed) {
			err = rbac.ErrNotFound
		}
		if !c.Response().Committed {
			c.Response().Header().Del(echo.HeaderAllow)
			guard.Error(c.Response(), c.Request(), err)
		}
	}

	require := func(rule rbachttp.Rule) echo.MiddlewareFunc { return echo.WrapMiddleware(guard.Require(rule)) }
	e.GET("/health", text("ok"), require(rbachttp.Public("for the load balancer")))
	e.GET("/notes/:name", show, require(rbachttp.Permission(notes.View)))
	e.PUT("/notes/:name", text("written"), require(rbachttp.Permission(notes.Edit)))
	e.GET("/drafts", text("a%2Fb"), require(rbachttp.Conceal(rbachttp.Permission(notes.Edit))))
	e.Any("/rbac/*", echo.WrapHandler(http.StripPrefix("/rbac", rbachttp.NewAPI(guard, nil))), require(rbachttp.SignedIn()))
	return e
}

func show(c echo.Context) error {
	name, err := param(c, "name")
	if err != nil {
		return rbac.ErrNotFound
	}
	reader, _ := rbachttp.PrincipalFrom(c.Request().Context()) // the zero Principal may see nothing
	n, err := notes.Get(reader, name)
	if err != nil {
		return err
	}
	return c.String(http.StatusOK, n.Text)
}

// param returns the last part of the path. Echo lets it have slashes, so that
// /notes/a/b is the note a/b, too; here that is none of its names. Echo routes by the path as it was sent if
// that cannot be told from the decoded one, and then its parameters are still
// encoded; otherwise they are not, and to decode them would be to do so twice.
func param(c echo.Context, name string) (string, error) {
	value := c.Param(name)
	switch {
	case strings.Contains(value, "/"):
		return "", rbac.ErrNotFound
	case c.Request().URL.RawPath == "":
		return value, nil
	}
	return url.PathUnescape(value)
}

func text(s string) echo.HandlerFunc {
	return func(c echo.Context) error { return c.String(http.StatusOK, s) }
}
