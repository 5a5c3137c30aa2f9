package rbachttp

import "net/http"

// probe is given to a ServeMux in place of the ResponseWriter. A route takes the
// real one out of it, so that what is written to a probe is an answer of the
// ServeMux's own: there was no route.
type probe struct {
	real   http.ResponseWriter
	served bool // by a route
	header http.Header
	status int
}

func (p *probe) Header() http.Header {
	if p.header == nil {
		p.header = http.Header{}
	}
	return p.header
}

func (p *probe) WriteHeader(status int) { p.status = status }

func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

func (p *probe) redirects() bool { return 300 <= p.status && p.status < 400 }

// redirect writes the ServeMux's redirection, which tells nothing but where the
// same resource is.
func (p *probe) redirect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, p.Header().Get("Location"), p.status)
}
