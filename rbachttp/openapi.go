package rbachttp

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var openapi []byte

// describe serves the OpenAPI document. It is public and may be kept.
func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(openapi)
}
