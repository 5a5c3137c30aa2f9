package storetest_test

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/seed80bc5f17/rbac/store"
)

func lower(id string) string { return strings.ToLower(id) }

func trimmed(id string) string { return strings.TrimSpace(id) }

func composed(id string) string { return norm.NFC.String(id) }

func firstBytes(n int) func(string) string {
	return func(id string) string { return id[:min(len(id), n)] }
}

// merges keeps subjects of a kind as they are, and yet takes those for one
// that fold makes equal: in keys, and when it looks for them.
func merges(kind store.Kind, fold func(string) string) func(*bent) {
	return func(b *bent) {
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			keys := make(map[string]bool)
			for _, a := range b.all(ctx, tenant).Assignments {
				if a.Subject.Kind == kind {
					keys[fold(a.Subject.ID)+"\x00"+a.Role] = true
				}
			}
			for _, c := range cs {
				for _, ch := range c.Assignments {
					if ch.Before != nil || ch.After.Subject.Kind != kind {
						continue
					}
					key := fold(ch.After.Subject.ID) + "\x00" + ch.After.Role
					if keys[key] {
						return store.ErrCorrupt
					}
					keys[key] = true
				}
			}
			return b.Store.Commit(ctx, tenant, expect, cs)
		}
	}
}

// finds keeps subjects apart, but takes those for the one asked for that fold
// makes equal.
func finds(kind store.Kind, fold func(string) string) func(*bent) {
	return loadsBent(func(b *bent, ctx context.Context, tenant string, sel store.Selection, st *store.State) {
		if len(sel.Subjects) != 1 || sel.Model || st.All {
			return
		}
		like := func(s store.Subject) bool {
			return s == sel.Subjects[0] || s.Kind == kind && sel.Subjects[0].Kind == kind && fold(s.ID) == fold(sel.Subjects[0].ID)
		}
		all := b.all(ctx, tenant)
		st.Assignments = kept(all.Assignments, func(a store.Assignment) bool { return like(a.Subject) })
		st.Memberships = kept(all.Memberships, func(m store.Membership) bool { return like(m.Member) })
	})
}

// renames gives tenants the name that fold makes.
func renames(fold func(string) string) func(*bent) {
	return func(b *bent) {
		right := b.Store
		b.heads = func(ctx context.Context, tenants []string) ([]store.Head, error) {
			var names []string
			for _, t := range tenants {
				names = append(names, fold(t))
			}
			return right.Heads(ctx, names)
		}
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			return right.Load(ctx, fold(tenant), sel)
		}
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			return right.Scan(ctx, fold(tenant), q)
		}
		b.log = func(ctx context.Context, tenant string, q store.LogQuery) ([]store.Commit, error) {
			return right.Log(ctx, fold(tenant), q)
		}
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			return right.Commit(ctx, fold(tenant), expect, cs)
		}
	}
}

// joins keeps assignments under one text made of the parts of their keys, in
// all tenants together.
func joins(key func(tenant string, a *store.Assignment) string) func(*bent) {
	return func(b *bent) {
		taken := make(map[string]bool)
		b.commit = func(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			fresh := make(map[string]bool)
			for _, c := range cs {
				for _, ch := range c.Assignments {
					if ch.Before != nil {
						continue
					}
					k := key(tenant, ch.After)
					if taken[k] || fresh[k] {
						return store.ErrCorrupt
					}
					fresh[k] = true
				}
			}
			err := b.Store.Commit(ctx, tenant, expect, cs)
			for _, c := range cs {
				for _, ch := range c.Assignments {
					if err == nil && ch.Before != nil {
						delete(taken, key(tenant, ch.Before))
					}
					if err == nil && ch.After != nil {
						taken[key(tenant, ch.After)] = true
					}
				}
			}
			return err
		}
	}
}

var identifierFlaws = []flaw{
	{"has a unique index without case", "identifier/users", merges(store.User, lower)},
	{"has a unique index without trailing spaces", "identifier/users", merges(store.User, trimmed)},
	{"has a unique index of 64 bytes", "identifier/long users", merges(store.User, firstBytes(64))},
	{"has a unique index of 254 bytes", "identifier/long groups", merges(store.Group, firstBytes(254))},
	{"finds users without case", "identifier/users", finds(store.User, lower)},
	{"finds users without trailing spaces", "identifier/users", finds(store.User, trimmed)},
	{"finds users by canonical equivalence", "identifier/users", finds(store.User, composed)},
	{"finds groups by canonical equivalence", "identifier/groups", finds(store.Group, composed)},
	{"finds groups by their first 128 bytes", "identifier/long groups", finds(store.Group, firstBytes(128))},
	{"takes a backslash for an escape", "identifier/users", finds(store.User, func(id string) string { return strings.ReplaceAll(id, "\\", "") })},
	{"writes ids in lower case", "identifier/users", writesBent(func(c *store.Commit) {
		each(c.Assignments, func(a *store.Assignment) { a.Subject.ID = lower(a.Subject.ID) })
	})},
	{"trims ids", "identifier/users", writesBent(func(c *store.Commit) {
		each(c.Memberships, func(m *store.Membership) { m.Member.ID = trimmed(m.Member.ID) })
	})},
	{"truncates ids at 64 bytes", "identifier/long users", writesBent(func(c *store.Commit) {
		each(c.Assignments, func(a *store.Assignment) { a.Subject.ID = firstBytes(64)(a.Subject.ID) })
	})},
	{"normalizes who granted", "identifier/as text of records", writesBent(func(c *store.Commit) {
		each(c.Assignments, func(a *store.Assignment) { a.GrantedBy = composed(a.GrantedBy) })
	})},
	{"finds roles without case", "identifier/roles", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			if q.Role == "" || q.Count {
				return b.Store.Scan(ctx, tenant, q)
			}
			role := q.Role
			q.Role = ""
			page := b.everything(ctx, tenant, q)
			page.Assignments = kept(page.Assignments, func(a store.Assignment) bool { return lower(a.Role) == lower(role) })
			return page, ctx.Err()
		}
	}},
	{"finds tenants without case", "identifier/tenants", renames(lower)},
	{"finds tenants without accents", "identifier/tenants", renames(func(id string) string {
		return strings.Map(func(r rune) rune {
			if r >= 0x300 && r < 0x370 {
				return -1
			}
			return r
		}, norm.NFD.String(id))
	})},
	{"finds tenants by their first 127 bytes", "identifier/long tenants", renames(firstBytes(127))},
	{"takes users and groups for one another", "identifier/user and group of one id", func(b *bent) {
		b.load = func(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
			st, err := b.Store.Load(ctx, tenant, sel)
			if err == nil && len(sel.Subjects) == 1 && !sel.Model && !st.All {
				all := b.all(ctx, tenant)
				st.Assignments = kept(all.Assignments, func(a store.Assignment) bool { return a.Subject.ID == sel.Subjects[0].ID })
				st.Memberships = kept(all.Memberships, func(m store.Membership) bool { return m.Member.ID == sel.Subjects[0].ID })
			}
			return st, err
		}
	}},
	{"joins subject and role by a slash", "identifier/separators", joins(func(tenant string, a *store.Assignment) string {
		return fmt.Sprint(tenant, "\x00", a.Subject.Kind, "\x00", a.Subject.ID, "/", a.Role)
	})},
	{"joins subject and role by a colon", "identifier/separators", joins(func(tenant string, a *store.Assignment) string {
		return fmt.Sprint(tenant, "\x00", a.Subject.Kind, "\x00", a.Subject.ID, ":", a.Role)
	})},
	{"joins tenant and subject by a colon", "tenant/names that run into ids", joins(func(tenant string, a *store.Assignment) string {
		return fmt.Sprint(tenant, ":", a.Subject.Kind, ":", a.Subject.ID, ":", a.Role)
	})},
	{"joins tenant and subject by nothing", "tenant/names that run into ids", joins(func(tenant string, a *store.Assignment) string {
		return fmt.Sprint(tenant, a.Subject.Kind, a.Subject.ID, a.Role)
	})},
}
