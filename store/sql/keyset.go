package sqlstore

import "strings"

// column is one of those that order a list, and where the page begins in it.
type column struct {
	name  string
	after string // of the key of the previous page
	fixed string // the one value that all rows of the list have; "" = any
}

// whereAfter returns " AND …" for the rows whose key is greater than that of
// the previous page, and whether there can be any. Columns with a fixed value
// are compared here and not in SQL, so that the others are exactly those that
// an index beginning with the fixed ones goes on with.
func whereAfter(d *dialect, columns []column) (*statement, bool) {
	var free []column
	strict := true
compare:
	for _, c := range columns {
		switch {
		case c.fixed == "":
			free = append(free, c)
		case c.fixed > c.after:
			strict = false
			break compare
		case c.fixed < c.after:
			break compare
		}
	}
	q := new(statement)
	switch {
	case len(free) == 0:
		return q, !strict
	case d.rowValues:
		return q.add(" AND ").append(rowAfter(free, strict)), true
	default:
		return q.add(" AND ").append(expandedAfter(free, strict)), true
	}
}

// rowAfter compares all columns at once: (a, b) > (?, ?).
func rowAfter(columns []column, strict bool) *statement {
	names := make([]string, len(columns))
	values := make([]any, len(columns))
	for i, c := range columns {
		names[i], values[i] = c.name, c.after
	}
	return newStatement("("+strings.Join(names, ", ")+")"+greater(strict)+"(?"+strings.Repeat(", ?", len(columns)-1)+")", values...)
}

// expandedAfter says the same column by column, as ranges:
// (a > ? OR (a = ? AND b > ?)).
func expandedAfter(columns []column, strict bool) *statement {
	c := columns[0]
	if len(columns) == 1 {
		return newStatement(c.name+greater(strict)+"?", c.after)
	}
	return newStatement("("+c.name+" > ? OR ("+c.name+" = ? AND ", c.after, c.after).
		append(expandedAfter(columns[1:], strict)).add("))")
}

func greater(strict bool) string {
	if strict {
		return " > "
	}
	return " >= "
}
