package rbachttp

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/seed80bc5f17/rbac"
)

// etag is the entity tag of a role at a version. Prebuilt roles, which nobody
// can change, have none.
func etag(version uint64) string { return `"` + strconv.FormatUint(version, 10) + `"` }

// version returns the version that If-Match names. It must name one: "*" would
// be to change what nobody has looked at.
func (c *call) version() (uint64, error) {
	given := c.r.Header["If-Match"]
	if len(given) == 0 {
		return 0, &requestError{status: http.StatusPreconditionRequired, field: "If-Match", detail: "must be the ETag of the role"}
	}
	digits := strings.TrimSuffix(strings.TrimPrefix(given[0], `"`), `"`)
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || len(given) > 1 || etag(n) != given[0] {
		return 0, &rbac.InvalidError{Field: "If-Match", Problem: "must be one ETag of a role"}
	}
	return n, nil
}
