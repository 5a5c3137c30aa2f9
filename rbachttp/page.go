package rbachttp

import (
	"net/http"
	"strings"
)

// navigation reports whether a browser asks for a page to show, rather than a
// program for data.
func navigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	for _, accepted := range r.Header["Accept"] {
		if strings.Contains(accepted, "text/html") {
			return true
		}
	}
	return false
}

// pageWriter lets [GuardOptions].Page answer a refusal, but not as a success.
type pageWriter struct {
	inner  http.ResponseWriter
	status int // of the problem
	begun  bool
}

func (p *pageWriter) Header() http.Header { return p.inner.Header() }

func (p *pageWriter) WriteHeader(status int) {
	if p.begun {
		return
	}
	p.begun = true
	if status < 300 {
		status = p.status
	}
	p.inner.WriteHeader(status)
}

func (p *pageWriter) Write(b []byte) (int, error) {
	p.WriteHeader(p.status)
	return p.inner.Write(b)
}
