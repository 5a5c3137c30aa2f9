package storetest_test

import (
	"context"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

var recordFlaws = []flaw{
	{"drops metadata", "record/role", writesBent(func(c *store.Commit) {
		each(c.Roles, func(r *store.Role) { r.Metadata = nil })
	})},
	{"takes the host's own roles for the creator's", "record/role", writesBent(func(c *store.Commit) {
		each(c.Roles, func(r *store.Role) {
			if r.SetBy == "" {
				r.SetBy = r.CreatedBy + "system"
			}
		})
	})},
	{"takes an unknown status for active", "record/status", writesBent(func(c *store.Commit) {
		each(c.Roles, func(r *store.Role) {
			if r.Status != "suspended" && r.Status != "blocked" {
				r.Status = "active"
			}
		})
	})},
	{"keeps permissions with commas between", "record/permissions", loadsBent(func(_ *bent, _ context.Context, _ string, _ store.Selection, st *store.State) {
		var roles []store.Role
		for _, r := range st.Roles {
			r.Permissions = strings.Split(strings.Join(r.Permissions, ","), ",")
			roles = append(roles, r)
		}
		st.Roles = roles
	})},
	{"cuts descriptions at the end of the line", "record/texts", writesBent(func(c *store.Commit) {
		each(c.Roles, func(r *store.Role) { r.Description, _, _ = strings.Cut(r.Description, "\n") })
	})},
	{"keeps three bytes of a rune", "record/texts", writesBent(func(c *store.Commit) {
		each(c.Memberships, func(m *store.Membership) { m.Reason = strings.ReplaceAll(m.Reason, "😀", "?") })
	})},
	{"keeps times in float64", "record/numbers", writesBent(func(c *store.Commit) {
		each(c.Assignments, func(a *store.Assignment) {
			if a.Until < 1<<62 {
				a.Until = int64(float64(a.Until))
			}
		})
	})},
	{"keeps times in milliseconds", "record/numbers", writesBent(func(c *store.Commit) { c.Time -= c.Time % 1000 })},
	{"takes 0 for a time long ago", "record/window 0 is open", func(b *bent) {
		b.scan = func(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
			if q.Rows != store.ExpiredRows || q.Count {
				return b.Store.Scan(ctx, tenant, q)
			}
			rows := q
			rows.Rows = store.AllRows
			page := b.everything(ctx, tenant, rows)
			page.Assignments = kept(page.Assignments, func(a store.Assignment) bool { return a.Until <= q.At })
			return page, ctx.Err()
		}
	}},
	{"joins assignments with roles", "record/without its role or group", loadsBent(func(_ *bent, _ context.Context, _ string, sel store.Selection, st *store.State) {
		if !sel.Model {
			return
		}
		st.Assignments = kept(st.Assignments, func(a store.Assignment) bool {
			for _, r := range st.Roles {
				if r.ID == a.Role {
					return true
				}
			}
			return false
		})
	})},
}
