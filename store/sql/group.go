package sqlstore

import (
	"context"
	"errors"
	"slices"

	"github.com/seed80bc5f17/rbac/store"
)

var errNoID = errors.New("a group has no id")

// scanGroups lists the groups that any row names, by way of the three columns
// that name them.
func (s *Store) scanGroups(ctx context.Context, r runner, tenant string, q store.Query) (store.Page, error) {
	limit := q.Limit + 1
	if q.Count {
		q.After, limit = store.Key{}, 0
	}
	sources := []source{
		{"a", s.names.assignment, "subject_id", "subject_kind"},
		{"m", s.names.membership, "member_id", "member_kind"},
		{"g", s.names.membership, "group_id", ""},
	}
	with, list := new(statement), new(statement)
	for i, src := range sources {
		if i > 0 {
			list.add(" UNION ")
		}
		if s.dialect.skipScan {
			with.append(src.walk(i == 0, tenant, q.After.Group))
		}
		list.append(src.distinct(s, tenant, q.After.Group, limit))
	}
	if q.Count {
		return s.scanCount(ctx, r, tenant, with, newStatement("SELECT COUNT(*) FROM (").append(list).add(") AS list"))
	}
	return s.pageGroups(ctx, r, tenant, with, list, q.Limit)
}

func (s *Store) pageGroups(ctx context.Context, r runner, tenant string, with, list *statement, limit int) (store.Page, error) {
	with.add("SELECT commit_id AS id, revision FROM "+s.names.tenant+" WHERE id = ? UNION ALL ", tenant)
	with.append(s.page(newStatement("SELECT id, 0 FROM (").append(list).add(") AS list ORDER BY id LIMIT ?", limit+1)))
	var page store.Page
	err := s.dialect.query(ctx, r, with, func(scan func(...any) error) error {
		var id string
		var revision uint64
		switch err := scan(&id, &revision); {
		case err != nil:
			return err
		case revision != 0:
			page.Head = store.Head{Revision: revision, Commit: id}
		case id == "":
			return errNoID
		default:
			page.Groups = append(page.Groups, id)
		}
		return nil
	})
	slices.Sort(page.Groups)
	if len(page.Groups) > limit {
		page.Groups, page.More = page.Groups[:limit], true
	}
	return page, err
}
