package gin_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	framework "github.com/gin-gonic/gin"

	"github.com/seed80bc5f17/rbac/examples/frameworks/gin"
	"github.com/seed80bc5f17/rbac/examples/frameworks/internal/try"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

func TestService(t *testing.T) {
	t.Parallel()
	try.Router(t, func(guard *rbachttp.Guard) http.Handler {
		e := gin.New(guard)
		e.GET("/forgotten", func(c *framework.Context) { c.String(http.StatusOK, try.Forgotten) })
		return guard.MustCheck(e)
	})
}

// TestWithoutTheNet is the engine as it is: the rules do not need MustCheck.
func TestWithoutTheNet(t *testing.T) {
	t.Parallel()
	guard, _ := try.NewGuard(t)
	for user, status := range map[string]int{"": 401, "nobody": 403, "carl": 200} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/notes/todo", nil)
		r.Header.Set("User", user)
		rec := httptest.NewRecorder()
		gin.New(guard).ServeHTTP(rec, r)
		if rec.Code != status {
			t.Errorf("%q is answered %d %s", user, rec.Code, rec.Body)
		}
	}
}
