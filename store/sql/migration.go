package sqlstore

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Files holds the migrations of all dialects, migrations/<dialect>/*.sql, for
// those who want to read them. Version 0 makes the table of versions.
//
//go:embed migrations
var files embed.FS

// migration is one step of the schema. A released one never changes.
type migration struct {
	version  int
	name     string
	text     string // with {schema} and {prefix}
	checksum string
}

// migrations returns the dialect's, in order; the first is version 0.
func migrations(dialect Dialect) ([]migration, error) {
	dir := path.Join("migrations", string(dialect))
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, entry := range entries {
		text, err := fs.ReadFile(files, path.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		number, name, _ := strings.Cut(strings.TrimSuffix(entry.Name(), ".sql"), "_")
		if version, err := strconv.Atoi(number); err != nil || version != i {
			return nil, fmt.Errorf("migration %s is not number %d", entry.Name(), i)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{version: i, name: name, text: string(text), checksum: hex.EncodeToString(sum[:])})
	}
	return all, nil
}

// sql returns the migration for these tables.
func (m migration) sql(n names) string {
	return strings.NewReplacer("{schema}", n.qualifier, "{prefix}", n.prefix).Replace(m.text)
}

// statements returns the migration's statements one by one, since not every
// driver takes several.
func (m migration) statements(n names) []string {
	var all []string
	for text := range strings.SplitSeq(m.sql(n), ";\n") {
		if strings.TrimSpace(text) != "" {
			all = append(all, text)
		}
	}
	return all
}

const versionColumns = "version, name, checksum, applied_at"

// Schema returns the SQL that makes all tables in an empty database, for
// reading, and for hosts that migrate with a tool of their own: a [Store]
// takes what it makes for what [Migrate] makes.
func Schema(dialect Dialect, opts *Options) (string, error) {
	d, err := dialect.data()
	if err != nil {
		return "", err
	}
	n, err := opts.names(d)
	if err != nil {
		return "", err
	}
	all, err := migrations(dialect)
	if err != nil {
		return "", fmt.Errorf("sqlstore: schema: %w", err)
	}
	var b strings.Builder
	for _, m := range all {
		b.WriteString(m.sql(n))
		if m.version > 0 {
			fmt.Fprintf(&b, "\nINSERT INTO %s (%s) VALUES (%d, '%s', '%s', 0);\n", n.version, versionColumns, m.version, m.name, m.checksum)
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// applied returns which migrations the database has: version to checksum.
func (s *Store) applied(ctx context.Context, r runner) (map[int]string, error) {
	there := false
	err := s.dialect.query(ctx, r, s.dialect.exists(s.names), func(scan func(...any) error) error { return scan(&there) })
	if err != nil || !there {
		return nil, err
	}
	versions := make(map[int]string)
	err = s.dialect.query(ctx, r, newStatement("SELECT version, checksum FROM "+s.names.version), func(scan func(...any) error) error {
		var version int
		var checksum string
		err := scan(&version, &checksum)
		versions[version] = checksum
		return err
	})
	return versions, err
}

// missing returns the migrations that are still to be applied, or ErrSchema if
// those that were are not ours.
func (s *Store) missing(applied map[int]string) ([]migration, error) {
	all, err := migrations(s.kind)
	if err != nil {
		return nil, err
	}
	for version := range applied {
		if version >= len(all) {
			return nil, fmt.Errorf("%w: it is at version %d, and this program knows %d: run a newer program", ErrSchema, version, len(all)-1)
		}
	}
	var rest []migration
	for _, m := range all[1:] {
		switch checksum, ok := applied[m.version]; {
		case !ok:
			rest = append(rest, m)
		case checksum != m.checksum:
			return nil, fmt.Errorf("%w: %s says that migration %d was applied with checksum %.12s…, and this program's has %.12s…: one of them was changed",
				ErrSchema, s.names.version, m.version, checksum, m.checksum)
		case len(rest) > 0:
			return nil, fmt.Errorf("%w: migration %d was applied, and %d before it was not", ErrSchema, m.version, rest[0].version)
		}
	}
	return rest, nil
}

// ready makes sure, once, that the schema fits.
func (s *Store) ready(ctx context.Context) error {
	if s.checked.Load() {
		return nil
	}
	check := func(r runner) error { return s.fits(ctx, r) }
	if s.host != nil {
		// What the host's transaction sees may be its own, and be taken back.
		return s.readHost(ctx, check)
	}
	err := s.patiently(ctx, func() error { return check(s.db) })
	if err == nil {
		s.checked.Store(true)
	}
	return err
}

// fits returns ErrSchema unless all migrations were applied.
func (s *Store) fits(ctx context.Context, r runner) error {
	applied, err := s.applied(ctx, r)
	if err != nil {
		return fmt.Errorf("reading the schema's version from %s: %w", s.names.version, err)
	}
	rest, err := s.missing(applied)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: migration %d (%s) was not applied to the tables %s*: run sqlstore.Migrate", ErrSchema, rest[0].version, rest[0].name, s.names.qualifier+s.names.prefix)
	}
	return err
}
