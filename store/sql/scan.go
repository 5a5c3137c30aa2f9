package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// Scan returns one page of a list, or a count, in one statement. An unknown
// List, or a Limit that is not in 1–[store.MaxPage], is an error.
//
// Pages of assignments by [store.ExpiredRows] walk over all rows with an end
// on SQLite and PostgreSQL, and over all rows on MySQL; other pages read
// little more than what they bring. Count reads what it counts.
func (s *Store) Scan(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
	if err := s.checkQuery(q); err != nil {
		return store.Page{}, s.explain(ctx, "scan", tenant, err)
	}
	var page store.Page
	err := s.read(ctx, "scan", tenant, func(r runner) (err error) {
		switch {
		case q.List == store.Groups:
			page, err = s.scanGroups(ctx, r, tenant, q)
		case q.Count:
			page, err = s.scanCount(ctx, r, tenant, new(statement), s.listed(selectCount, tenant, q))
		default:
			page, err = s.scanEdges(ctx, r, tenant, q)
		}
		return err
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

func (s *Store) checkQuery(q store.Query) error {
	switch q.List {
	case store.Assignments, store.Memberships, store.Groups:
	default:
		return fmt.Errorf("there is no list %d", q.List)
	}
	if q.Count {
		return nil
	}
	return checkLimit(q.Limit)
}

func checkLimit(limit int) error {
	if limit < 1 || limit > store.MaxPage {
		return fmt.Errorf("limit %d is not in 1–%d", limit, store.MaxPage)
	}
	return nil
}

const selectCount = "SELECT COUNT(*)"

// listed returns a SELECT of something of all rows of the list; "" is what
// edges are made of.
func (s *Store) listed(what, tenant string, q store.Query) *statement {
	var list *statement
	kind := ""
	if q.List == store.Memberships {
		list, kind = s.memberships(cmp.Or(what, selectMemberships), tenant), "member_kind"
		if q.Group != "" {
			list.add(" AND group_id = ?", q.Group)
		}
	} else {
		what, kind = cmp.Or(what, selectAssignments), "subject_kind"
		if q.Role != "" {
			list = s.holders(what, tenant, q.Role)
		} else {
			list = s.assignments(what, tenant)
		}
		switch q.Rows {
		case store.LiveRows:
			list.add(" AND (valid_until = 0 OR valid_until > ?)", q.At)
		case store.ExpiredRows:
			list.add(" AND valid_until <> 0 AND valid_until <= ?", q.At)
		}
	}
	if q.Kind != "" {
		list.add(" AND "+kind+" = ?", string(q.Kind))
	}
	return list
}

// order returns the columns that order the list.
func order(q store.Query) []column {
	if q.List == store.Memberships {
		return []column{
			{name: "group_id", after: q.After.Group, fixed: q.Group},
			{name: "member_kind", after: string(q.After.Subject.Kind), fixed: string(q.Kind)},
			{name: "member_id", after: q.After.Subject.ID},
		}
	}
	return []column{
		{name: "subject_kind", after: string(q.After.Subject.Kind), fixed: string(q.Kind)},
		{name: "subject_id", after: q.After.Subject.ID},
		{name: "role_id", after: q.After.Role, fixed: q.Role},
	}
}

func (s *Store) scanEdges(ctx context.Context, r runner, tenant string, q store.Query) (store.Page, error) {
	var parts []*statement
	columns := order(q)
	if where, some := whereAfter(s.dialect, columns); some {
		list := s.listed("", tenant, q)
		if q.After != (store.Key{}) {
			list.append(where)
		}
		var by []string
		for _, c := range columns {
			// Those with one value only would keep some planners from
			// seeing that the index is in this order.
			if c.fixed == "" {
				by = append(by, c.name)
			}
		}
		if len(by) > 0 {
			list.add(" ORDER BY " + strings.Join(by, ", "))
		}
		list.add(" LIMIT ?", q.Limit+1)
		parts = append(parts, s.page(list))
	}
	var page store.Page
	at, err := s.edges(ctx, r, tenant, parts, func(e edge) error { return e.addTo(&page.Assignments, &page.Memberships) })
	if err != nil {
		return page, err
	}
	page.Head = at.head
	// SQL does not promise an order of rows around a UNION ALL.
	slices.SortFunc(page.Assignments, compareAssignments)
	slices.SortFunc(page.Memberships, compareMemberships)
	if len(page.Assignments) > q.Limit {
		page.Assignments, page.More = page.Assignments[:q.Limit], true
	}
	if len(page.Memberships) > q.Limit {
		page.Memberships, page.More = page.Memberships[:q.Limit], true
	}
	return page, nil
}

// page makes a part of a UNION ALL of a SELECT with ORDER BY and LIMIT.
func (s *Store) page(list *statement) *statement {
	before, after, _ := strings.Cut(s.dialect.paged, "%s")
	return newStatement(before).append(list).add(after)
}

// scanCount brings the head and what count, a SELECT of one number, counts.
// with goes before it all.
func (s *Store) scanCount(ctx context.Context, r runner, tenant string, with, count *statement) (store.Page, error) {
	var page store.Page
	q := with.add("SELECT revision, commit_id, (").append(count).add(") FROM "+s.names.tenant+" WHERE id = ?", tenant)
	err := s.dialect.query(ctx, r, q, func(scan func(...any) error) error {
		return scan(&page.Head.Revision, &page.Head.Commit, &page.Count)
	})
	return page, err
}
