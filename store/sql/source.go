package sqlstore

// source is a column that names groups, in a table that has an index
// beginning with the tenant, the kind if there is one, and the column.
type source struct {
	alias  string
	table  string
	column string
	kind   string // the column that is 'group' where column names one; "" = always
}

// from returns "FROM …" for the rows after a value that is itself SQL.
func (c source) from(after string, tenant string, args ...any) *statement {
	q := newStatement(" FROM "+c.table+" WHERE tenant_id = ?", tenant)
	if c.kind != "" {
		q.add(" AND " + c.kind + " = 'group'")
	}
	return q.add(" AND "+c.column+" > "+after, args...)
}

// walk returns the part of a WITH that leaps from one value to the next. A
// plain DISTINCT walks over every row: over all members of a group of a
// million, to find that they name one group.
func (c source) walk(first bool, tenant, after string) *statement {
	q := newStatement(", ")
	if first {
		q = newStatement("WITH RECURSIVE ")
	}
	next := " ORDER BY " + c.column + " LIMIT 1)"
	return q.add(c.alias + "(id) AS (SELECT (SELECT " + c.column).append(c.from("?", tenant, after)).add(next).
		add(" UNION ALL SELECT (SELECT " + c.column).append(c.from(c.alias+".id", tenant)).add(next).
		add(" FROM " + c.alias + " WHERE " + c.alias + ".id IS NOT NULL) ")
}

// distinct returns the SELECT of the source's values after one, in order, at
// most limit of them if that is not 0.
func (c source) distinct(s *Store, tenant, after string, limit int) *statement {
	q := new(statement)
	if s.dialect.skipScan {
		q.add("SELECT id FROM " + c.alias + " WHERE id IS NOT NULL")
	} else {
		// MySQL leaps by itself, if asked for all that the index begins with.
		columns := "tenant_id, "
		if c.kind != "" {
			columns += c.kind + ", "
		}
		q.add("SELECT id FROM (SELECT DISTINCT " + columns + c.column + " AS id").append(c.from("?", tenant, after))
		if limit != 0 {
			q.add(" ORDER BY " + c.column)
		}
	}
	if limit != 0 {
		q.add(" LIMIT ?", limit)
	}
	if !s.dialect.skipScan {
		return q.add(") AS " + c.alias)
	}
	return s.page(q)
}
