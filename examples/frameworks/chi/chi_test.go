package chi_test

import (
	"net/http"
	"testing"

	"github.com/seed80bc5f17/rbac/examples/frameworks/chi"
	"github.com/seed80bc5f17/rbac/examples/frameworks/internal/try"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

func TestService(t *testing.T) {
	t.Parallel()
	try.Router(t, func(guard *rbachttp.Guard) http.Handler {
		r := chi.New(guard)
		r.Get("/forgotten", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(try.Forgotten)) })
		return r
	})
}
