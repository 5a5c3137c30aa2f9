-- One row a migration that was applied.
CREATE TABLE IF NOT EXISTS {schema}{prefix}schema (
  version    BIGINT NOT NULL PRIMARY KEY,
  name       VARCHAR(255) NOT NULL,
  checksum   VARCHAR(64) NOT NULL, -- SHA-256 of the migration
  applied_at BIGINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
