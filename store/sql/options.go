package sqlstore

import (
	"fmt"
	"regexp"
)

// Options are the settings of a store. Its zero value, or nil, is the usual.
// Migrate, Schema and New of one store must be given the same.
type Options struct {
	// Prefix begins the name of each table and index: a letter or _, then
	// letters, digits and _; lower case, at most 24. Default "rbac_".
	Prefix string

	// Schema is where the tables are: a schema of PostgreSQL, a database of
	// MySQL, an attached database of SQLite. It must exist. The same
	// characters as in Prefix; at most 63. Default: the connection's own.
	Schema string

	// Classify is asked first about each error of the driver. Unclassified
	// leaves it to the dialect, which knows the codes of the usual drivers.
	// Default: none.
	Classify func(error) Class
}

// names are the tables' names as SQL takes them.
type names struct {
	schema, prefix string // as given
	qualifier      string // quoted, with the dot; "" = none

	tenant, role, assignment, membership, log, version string
}

var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

func (o *Options) names(d *dialect) (names, error) {
	n := names{prefix: "rbac_"}
	if o != nil {
		n.schema = o.Schema
		if o.Prefix != "" {
			n.prefix = o.Prefix
		}
	}
	if !identifier.MatchString(n.prefix) || len(n.prefix) > 24 {
		return n, fmt.Errorf("sqlstore: table prefix %q is not 1–24 of a–z, 0–9 and _", n.prefix)
	}
	if n.schema != "" {
		if !identifier.MatchString(n.schema) || len(n.schema) > 63 {
			return n, fmt.Errorf("sqlstore: schema %q is not 1–63 of a–z, 0–9 and _", n.schema)
		}
		n.qualifier = d.quote + n.schema + d.quote + "."
	}
	base := n.qualifier + n.prefix
	n.tenant, n.role, n.assignment = base+"tenant", base+"role", base+"assignment"
	n.membership, n.log, n.version = base+"membership", base+"log", base+"schema"
	return n, nil
}
