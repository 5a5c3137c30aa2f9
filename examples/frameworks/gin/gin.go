// Package gin protects the routes of a Gin engine.
package gin

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/frameworks/notes"
	"github.com/seed80bc5f17/rbac/rbachttp"
)

// New returns an engine in which each route names its rule. Serve
// guard.MustCheck(engine): then a route that is added without one answers 500.
func New(guard *rbachttp.Guard) *gin.Engine {
	e := gin.New()

	// By default, Gin decodes a%2Fb to a/b before it looks for the route, and
	// redirects from /drafts/ to /drafts, which tells that it exists.
	e.UseRawPath, e.UnescapePathValues = true, true
	e.RedirectTrailingSlash, e.RedirectFixedPath = false, false

	// What there is not, and what is concealed, are told in the same words.
	e.NoRoute(func(c *gin.Context) { guard.Error(c.Writer, c.Request, rbac.ErrNotFound) })

	e.GET("/health", require(guard, rbachttp.Public("for the load balancer")), text("ok"))
	e.GET("/notes/:name", require(guard, rbachttp.Permission(notes.View)), show(guard))
	e.PUT("/notes/:name", require(guard, rbachttp.Permission(notes.Edit)), text("written"))
	e.GET("/drafts", require(guard, rbachttp.Conceal(rbachttp.Permission(notes.Edit))), text("a%2Fb"))
	e.Any("/rbac/*any", require(guard, rbachttp.SignedIn()), gin.WrapH(http.StripPrefix("/rbac", rbachttp.NewAPI(guard, nil))))
	return e
}

// require is [rbachttp.Guard.Require] for Gin: nothing after it is called unless
// the rule lets the request pass.
func require(guard *rbachttp.Guard, rule rbachttp.Rule) gin.HandlerFunc {
	middleware := guard.Require(rule) // a rule that cannot be judged panics now
	return func(c *gin.Context) {
		passed := false
		middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r // its context has the Principal
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}

func show(guard *rbachttp.Guard) gin.HandlerFunc {
	return func(c *gin.Context) {
		reader, _ := rbachttp.PrincipalFrom(c.Request.Context()) // the zero Principal may see nothing
		n, err := notes.Get(reader, c.Param("name"))
		if err != nil {
			guard.Error(c.Writer, c.Request, err)
			return
		}
		c.String(http.StatusOK, "%s", n.Text)
	}
}

func text(s string) gin.HandlerFunc {
	return func(c *gin.Context) { c.String(http.StatusOK, "%s", s) }
}
