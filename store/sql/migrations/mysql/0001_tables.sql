-- Identifiers are VARBINARY: compared byte by byte, whatever the server's and
-- the connection's character sets are, and without padding, which utf8mb4_bin
-- has ('admin' = 'admin '). The collations that do not pad have one name on
-- MySQL and another on MariaDB.
--
-- The head of each tenant: one row, written first by every commit.
CREATE TABLE IF NOT EXISTS {schema}{prefix}tenant (
  id           VARBINARY(255) NOT NULL PRIMARY KEY,
  revision     BIGINT NOT NULL,
  commit_id    VARBINARY(64) NOT NULL, -- '' after a change by hand
  committed_at BIGINT NOT NULL         -- microseconds since 1970, UTC, like all times
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS {schema}{prefix}role (
  tenant_id   VARBINARY(255) NOT NULL,
  id          VARBINARY(255) NOT NULL,
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  status      VARCHAR(64) NOT NULL,    -- active, suspended, blocked
  permissions LONGTEXT NOT NULL,       -- JSON array of names, sorted
  metadata    LONGTEXT NOT NULL,       -- JSON object of strings
  version     BIGINT NOT NULL,
  created_by  VARBINARY(255) NOT NULL,
  created_at  BIGINT NOT NULL,
  set_by      VARBINARY(255) NOT NULL, -- who last set the permissions; '' is the host itself
  set_at      BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS {schema}{prefix}assignment (
  tenant_id    VARBINARY(255) NOT NULL,
  subject_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- user, group
  subject_id   VARBINARY(255) NOT NULL,
  role_id      VARBINARY(255) NOT NULL, -- of a row in role, or of a prebuilt role
  valid_from   BIGINT NOT NULL,         -- 0 is open
  valid_until  BIGINT NOT NULL,         -- exclusive; 0 is open
  granted_by   VARBINARY(255) NOT NULL, -- '' is the host itself
  granted_at   BIGINT NOT NULL,
  reason       TEXT NOT NULL,
  PRIMARY KEY (tenant_id, subject_kind, subject_id, role_id),
  KEY {prefix}assignment_by_role (tenant_id, role_id, subject_kind, subject_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS {schema}{prefix}membership (
  tenant_id   VARBINARY(255) NOT NULL,
  group_id    VARBINARY(255) NOT NULL,
  member_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- user, group
  member_id   VARBINARY(255) NOT NULL,
  added_by    VARBINARY(255) NOT NULL,
  added_at    BIGINT NOT NULL,
  reason      TEXT NOT NULL,
  PRIMARY KEY (tenant_id, group_id, member_kind, member_id),
  KEY {prefix}membership_by_member (tenant_id, member_kind, member_id, group_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row a commit, in the commit's own transaction: without a gap up to the
-- head, except after a change by hand.
CREATE TABLE IF NOT EXISTS {schema}{prefix}log (
  tenant_id    VARBINARY(255) NOT NULL,
  revision     BIGINT NOT NULL,
  commit_id    VARBINARY(64) NOT NULL,
  committed_at BIGINT NOT NULL,
  actor        VARBINARY(255) NOT NULL, -- '' is the host itself
  entry        LONGTEXT NOT NULL,       -- JSON: what was asked
  erase        BOOLEAN NOT NULL,        -- true if all that was before is erased
  changes      LONGTEXT NOT NULL,       -- JSON: the records before and after
  PRIMARY KEY (tenant_id, revision)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
