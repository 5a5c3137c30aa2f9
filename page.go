package rbac

import (
	"encoding/base64"
	"iter"
	"strconv"
	"strings"

	"github.com/seed80bc5f17/rbac/internal/naming"
	"github.com/seed80bc5f17/rbac/internal/strictjson"
	"github.com/seed80bc5f17/rbac/store"
)

// PageQuery asks for one page of a list.
type PageQuery struct {
	After string // Page.Next of the page before; "" = the first page
	Limit int    // 1–500; zero = 100
}

// Page is one page of a list. A list is complete when Next is empty, and never
// cut without it.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`  // for PageQuery.After
	Token Token  `json:"token"`           // the state the page was read at
	Moved bool   `json:"moved,omitempty"` // the page before was read at another state
}

// Each iterates over a whole list, page by page, as in
//
//	for role, err := range rbac.Each(func(q rbac.PageQuery) (rbac.Page[rbac.Role], error) {
//		return authority.Roles(ctx, actor, q)
//	}) { … }
//
// An error ends it. The pages may come from different states.
func Each[T any](list func(PageQuery) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for q := (PageQuery{Limit: maxLimit}); ; {
			page, err := list(q)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if q.After = page.Next; q.After == "" {
				return
			}
		}
	}
}

const (
	defaultLimit = 100
	maxLimit     = 500
)

// cursor is where a page begins: after a key, the page before having been read
// at a head.
type cursor struct {
	after string
	head  store.Head
	limit int
}

// position reads a store.Key that travelled in a page's Next, where anybody
// could have changed it: nothing that is no identifier may reach a store.
func position(after string, key *store.Key) error {
	if err := strictjson.Decode([]byte(after), key); err != nil {
		return err
	}
	return checkKey(*key)
}

func checkKey(key store.Key) error {
	for _, id := range []string{key.Subject.ID, key.Role, key.Group} {
		if problem := naming.Identifier(id, naming.MaxSubject); id != "" && problem != "" {
			return &InvalidError{"after", problem}
		}
	}
	switch key.Subject.Kind {
	case "", store.User, store.Group:
		return nil
	}
	return &InvalidError{"after", "has a subject that is neither user nor group"}
}

// openPage decodes a query; position reads its key, if there is one.
func openPage(q PageQuery, position func(after string) error) (cursor, error) {
	c := cursor{limit: q.Limit}
	switch {
	case q.Limit == 0:
		c.limit = defaultLimit
	case q.Limit < 0 || q.Limit > maxLimit:
		return c, &InvalidError{"limit", "must lie between 1 and 500"}
	}
	if q.After == "" {
		return c, nil
	}
	invalid := &InvalidError{"after", "is not the Next of a page"}
	data, err := base64.RawURLEncoding.DecodeString(q.After)
	parts := strings.SplitN(string(data), "\x00", 3)
	if err != nil || len(parts) != 3 || parts[2] == "" {
		return c, invalid
	}
	if c.head.Revision, err = strconv.ParseUint(parts[0], 10, 64); err != nil {
		return c, invalid
	}
	c.head.Commit, c.after = parts[1], parts[2]
	if position != nil && position(c.after) != nil {
		return c, invalid
	}
	return c, nil
}

func (c cursor) next(head store.Head, key string) string {
	text := strconv.FormatUint(head.Revision, 10) + "\x00" + head.Commit + "\x00" + key
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// closePage makes a page of items, of which there may be one more than asked
// for.
func closePage[T any](a *Authority, c cursor, head store.Head, items []T, key func(T) string) Page[T] {
	p := Page[T]{Items: items, Token: newToken(a.tenant, head), Moved: c.after != "" && c.head != head}
	if len(items) > c.limit {
		p.Items = items[:c.limit]
		p.Next = c.next(head, key(p.Items[c.limit-1]))
	}
	if p.Items == nil {
		p.Items = []T{}
	}
	return p
}
