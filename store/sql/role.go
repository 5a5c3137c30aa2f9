package sqlstore

import (
	"context"
	"encoding/json"

	"github.com/seed80bc5f17/rbac/store"
)

const roleColumns = "id, name, description, status, permissions, metadata, version, created_by, created_at, set_by, set_at"

// roles returns the tenant's roles, or those of the ids if any are given, and
// the head they belong to.
func (s *Store) roles(ctx context.Context, r runner, tenant string, ids ...string) ([]store.Role, position, error) {
	q := newStatement("SELECT 1 AS head, commit_id AS id, '' AS name, '' AS description, '' AS status, '' AS permissions, '' AS metadata, "+
		"revision AS version, '' AS created_by, committed_at AS created_at, '' AS set_by, 0 AS set_at FROM "+s.names.tenant+" WHERE id = ?", tenant)
	q.add(" UNION ALL SELECT 0, "+roleColumns+" FROM "+s.names.role+" WHERE tenant_id = ?", tenant)
	if len(ids) > 0 {
		q.add(" AND ").in("id", ids)
	}
	var roles []store.Role
	var at position
	err := s.dialect.query(ctx, r, q, func(scan func(...any) error) error {
		var role store.Role
		var head int
		var permissions, metadata []byte
		err := scan(&head, &role.ID, &role.Name, &role.Description, &role.Status, &permissions, &metadata,
			&role.Version, &role.CreatedBy, &role.CreatedAt, &role.SetBy, &role.SetAt)
		switch {
		case err != nil:
			return err
		case head == 1:
			at = position{head: store.Head{Revision: role.Version, Commit: role.ID}, time: role.CreatedAt}
			return nil
		}
		decodeRole(&role, permissions, metadata)
		roles = append(roles, role)
		return nil
	})
	return roles, at, err
}

// damaged is the key under which the permissions of a damaged role that was
// written again are kept: it must not come back as a sound one. What knows only
// lists cannot decode it, and is right.
const damaged = "damaged"

// decodeRole fills in what is stored as JSON. A role that cannot be decoded
// has no permissions, and says so.
func decodeRole(r *store.Role, permissions, metadata []byte) {
	var marked map[string][]string
	if json.Unmarshal(permissions, &marked) == nil && json.Unmarshal(metadata, &r.Metadata) == nil {
		if names, ok := marked[damaged]; ok {
			r.Permissions, r.Damaged = names, true
			return
		}
	}
	if json.Unmarshal(permissions, &r.Permissions) != nil || json.Unmarshal(metadata, &r.Metadata) != nil {
		r.Permissions, r.Metadata, r.Damaged = nil, nil, true
	}
}

// roleRow returns the role's columns in the order of roleColumns.
func roleRow(r *store.Role) ([]any, error) {
	permissions, metadata := "[]", "{}"
	var err error
	if len(r.Permissions) > 0 {
		if permissions, err = encode(r.Permissions); err != nil {
			return nil, err
		}
	}
	if r.Damaged {
		if permissions, err = encode(map[string][]string{damaged: r.Permissions}); err != nil {
			return nil, err
		}
	}
	if len(r.Metadata) > 0 {
		if metadata, err = encode(r.Metadata); err != nil {
			return nil, err
		}
	}
	return []any{
		r.ID, r.Name, r.Description, r.Status, permissions, metadata, int64(r.Version),
		r.CreatedBy, r.CreatedAt, r.SetBy, r.SetAt,
	}, nil
}
