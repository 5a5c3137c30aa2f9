-- One row a migration that was applied.
CREATE TABLE IF NOT EXISTS {schema}{prefix}schema (
  version    INTEGER NOT NULL PRIMARY KEY,
  name       TEXT    NOT NULL,
  checksum   TEXT    NOT NULL, -- SHA-256 of the migration
  applied_at INTEGER NOT NULL
) STRICT;
