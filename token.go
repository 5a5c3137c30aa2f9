package rbac

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// Token names a state of a tenant, for [Authority.AtLeast]. It is text fit for
// a header or a URL, opaque, and no secret: it grants nothing.
type Token string

const tokenPrefix = "v1."

func newToken(tenant string, h store.Head) Token {
	text := strconv.FormatUint(h.Revision, 10) + "\x00" + h.Commit + "\x00" + tenant
	return Token(tokenPrefix + base64.RawURLEncoding.EncodeToString([]byte(text)))
}

func (t Token) parse() (tenant string, h store.Head, err error) {
	invalid := &InvalidError{"token", "is not one"}
	text, ok := strings.CutPrefix(string(t), tokenPrefix)
	if !ok || len(text) > 1024 {
		return "", h, invalid
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", h, invalid
	}
	parts := strings.SplitN(string(data), "\x00", 3)
	if len(parts) != 3 {
		return "", h, invalid
	}
	h.Commit = parts[1]
	if h.Revision, err = strconv.ParseUint(parts[0], 10, 64); err != nil || newToken(parts[2], h) != t {
		return "", store.Head{}, invalid
	}
	return parts[2], h, nil
}
