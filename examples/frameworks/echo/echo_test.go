package echo_test

import (
	"net/http"
	"testing"

	framework "github.com/labstack/echo/v4"

	"github.com/seed80bc5f17/rbac/examples/frameworks/echo"
	"github.com/seed80bc5f17/rbac/examples/frameworks/internal/try"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

func TestService(t *testing.T) {
	t.Parallel()
	try.Router(t, func(guard *rbachttp.Guard) http.Handler {
		e := echo.New(guard)
		e.GET("/forgotten", func(c framework.Context) error { return c.String(http.StatusOK, try.Forgotten) })
		return guard.MustCheck(e)
	})
}
