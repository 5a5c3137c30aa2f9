-- The head of each tenant: one row, written first by every commit.
CREATE TABLE {schema}{prefix}tenant (
  id           TEXT    NOT NULL PRIMARY KEY,
  revision     INTEGER NOT NULL,
  commit_id    TEXT    NOT NULL, -- '' after a change by hand
  committed_at INTEGER NOT NULL  -- microseconds since 1970, UTC, like all times
) STRICT, WITHOUT ROWID;

CREATE TABLE {schema}{prefix}role (
  tenant_id   TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  description TEXT    NOT NULL,
  status      TEXT    NOT NULL, -- active, suspended, blocked
  permissions TEXT    NOT NULL, -- JSON array of names, sorted
  metadata    TEXT    NOT NULL, -- JSON object of strings
  version     INTEGER NOT NULL,
  created_by  TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  set_by      TEXT    NOT NULL, -- who last set the permissions; '' is the host itself
  set_at      INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE {schema}{prefix}assignment (
  tenant_id    TEXT    NOT NULL,
  subject_kind TEXT    NOT NULL, -- user, group
  subject_id   TEXT    NOT NULL,
  role_id      TEXT    NOT NULL, -- of a row in role, or of a prebuilt role
  valid_from   INTEGER NOT NULL, -- 0 is open
  valid_until  INTEGER NOT NULL, -- exclusive; 0 is open
  granted_by   TEXT    NOT NULL, -- '' is the host itself
  granted_at   INTEGER NOT NULL,
  reason       TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, subject_kind, subject_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX {schema}{prefix}assignment_by_role
  ON {prefix}assignment (tenant_id, role_id, subject_kind, subject_id);

-- Finds the few that have an end among the many that have none.
CREATE INDEX {schema}{prefix}assignment_ending
  ON {prefix}assignment (tenant_id, subject_kind, subject_id, role_id)
  WHERE valid_until <> 0;

CREATE TABLE {schema}{prefix}membership (
  tenant_id   TEXT    NOT NULL,
  group_id    TEXT    NOT NULL,
  member_kind TEXT    NOT NULL, -- user, group
  member_id   TEXT    NOT NULL,
  added_by    TEXT    NOT NULL,
  added_at    INTEGER NOT NULL,
  reason      TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, group_id, member_kind, member_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX {schema}{prefix}membership_by_member
  ON {prefix}membership (tenant_id, member_kind, member_id, group_id);

-- One row a commit, in the commit's own transaction: without a gap up to the
-- head, except after a change by hand.
CREATE TABLE {schema}{prefix}log (
  tenant_id    TEXT    NOT NULL,
  revision     INTEGER NOT NULL,
  commit_id    TEXT    NOT NULL,
  committed_at INTEGER NOT NULL,
  actor        TEXT    NOT NULL, -- '' is the host itself
  entry        TEXT    NOT NULL, -- JSON: what was asked
  erase        INTEGER NOT NULL, -- 1 if all that was before is erased
  changes      TEXT    NOT NULL, -- JSON: the records before and after
  PRIMARY KEY (tenant_id, revision)
) STRICT, WITHOUT ROWID;
