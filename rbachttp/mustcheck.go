package rbachttp

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"time"
)

// errUnchecked is what [GuardOptions].Observe gets to see.
var errUnchecked = errors.New("rbachttp: a handler answered without any check")

// MustCheck returns a handler in which a response that begins before any rule
// of a guard was judged, and before [Check] or [Guard.Error] was called, becomes
// a 500, whatever its status was to be, and is discarded with all that the handler
// put into its header. It is the net under a router that knows nothing of rules,
// whose not-found handler then needs one as well. It panics if next is nil.
func (g *Guard) MustCheck(next http.Handler) http.Handler {
	present(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, r := g.enter(r)
		c := &checkedWriter{inner: w, before: w.Header().Clone(), visit: v, request: r}
		next.ServeHTTP(c, r)
		c.begin() // a handler that writes nothing answers 200
	})
}

// checkedWriter is a ResponseWriter that asks for a check before it writes. It
// has no Unwrap, which would lead around it.
type checkedWriter struct {
	inner   http.ResponseWriter
	before  http.Header // as it was
	visit   *visit
	request *http.Request
	refused bool
	begun   bool
}

// begin reports whether the response may be written.
func (c *checkedWriter) begin() bool {
	if c.begun {
		return !c.refused
	}
	c.begun = true
	if c.visit.checked.Load() {
		return true
	}
	c.refused = true
	h := c.inner.Header()
	clear(h)
	maps.Copy(h, c.before)
	g := c.visit.guard
	if g.options.Observe != nil {
		g.options.Observe(c.request, Rule{}, errUnchecked)
	}
	g.answer(c.inner, c.request, errUnchecked)
	return false
}

func (c *checkedWriter) Header() http.Header {
	if c.refused {
		return http.Header{}
	}
	return c.inner.Header()
}

// WriteHeader lets informational responses pass once something was checked;
// they do not begin the response.
func (c *checkedWriter) WriteHeader(status int) {
	if 100 <= status && status < 200 && status != http.StatusSwitchingProtocols && !c.begun {
		if c.visit.checked.Load() {
			c.inner.WriteHeader(status)
		}
		return
	}
	if c.begin() {
		c.inner.WriteHeader(status)
	}
}

func (c *checkedWriter) Write(b []byte) (int, error) {
	if !c.begin() {
		return len(b), nil
	}
	return c.inner.Write(b)
}

// ReadFrom keeps what io.Copy gains from a writer that can send files.
func (c *checkedWriter) ReadFrom(src io.Reader) (int64, error) {
	if !c.begin() {
		return io.Copy(io.Discard, src)
	}
	return io.Copy(c.inner, src)
}

func (c *checkedWriter) control() *http.ResponseController {
	return http.NewResponseController(c.inner)
}

func (c *checkedWriter) Flush() { _ = c.FlushError() }

func (c *checkedWriter) FlushError() error {
	if !c.begin() {
		return nil
	}
	return c.control().Flush()
}

func (c *checkedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !c.begin() {
		return nil, nil, errUnchecked
	}
	return c.control().Hijack()
}

func (c *checkedWriter) SetReadDeadline(t time.Time) error { return c.control().SetReadDeadline(t) }

func (c *checkedWriter) SetWriteDeadline(t time.Time) error { return c.control().SetWriteDeadline(t) }

func (c *checkedWriter) EnableFullDuplex() error { return c.control().EnableFullDuplex() }
