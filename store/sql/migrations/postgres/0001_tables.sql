-- The head of each tenant: one row, written first by every commit. The free
-- space lets its versions stay on their page.
CREATE TABLE {schema}{prefix}tenant (
  id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  revision     BIGINT NOT NULL,
  commit_id    TEXT COLLATE "C" NOT NULL, -- '' after a change by hand
  committed_at BIGINT NOT NULL            -- microseconds since 1970, UTC, like all times
) WITH (fillfactor = 50);

CREATE TABLE {schema}{prefix}role (
  tenant_id   TEXT COLLATE "C" NOT NULL,
  id          TEXT COLLATE "C" NOT NULL,
  name        TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  status      TEXT COLLATE "C" NOT NULL, -- active, suspended, blocked
  permissions TEXT COLLATE "C" NOT NULL, -- JSON array of names, sorted
  metadata    TEXT COLLATE "C" NOT NULL, -- JSON object of strings
  version     BIGINT NOT NULL,
  created_by  TEXT COLLATE "C" NOT NULL,
  created_at  BIGINT NOT NULL,
  set_by      TEXT COLLATE "C" NOT NULL, -- who last set the permissions; '' is the host itself
  set_at      BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE {schema}{prefix}assignment (
  tenant_id    TEXT COLLATE "C" NOT NULL,
  subject_kind TEXT COLLATE "C" NOT NULL, -- user, group
  subject_id   TEXT COLLATE "C" NOT NULL,
  role_id      TEXT COLLATE "C" NOT NULL, -- of a row in role, or of a prebuilt role
  valid_from   BIGINT NOT NULL,           -- 0 is open
  valid_until  BIGINT NOT NULL,           -- exclusive; 0 is open
  granted_by   TEXT COLLATE "C" NOT NULL, -- '' is the host itself
  granted_at   BIGINT NOT NULL,
  reason       TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, subject_kind, subject_id, role_id)
);

CREATE INDEX {prefix}assignment_by_role
  ON {schema}{prefix}assignment (tenant_id, role_id, subject_kind, subject_id);

-- Finds the few that have an end among the many that have none.
CREATE INDEX {prefix}assignment_ending
  ON {schema}{prefix}assignment (tenant_id, subject_kind, subject_id, role_id)
  WHERE valid_until <> 0;

CREATE TABLE {schema}{prefix}membership (
  tenant_id   TEXT COLLATE "C" NOT NULL,
  group_id    TEXT COLLATE "C" NOT NULL,
  member_kind TEXT COLLATE "C" NOT NULL, -- user, group
  member_id   TEXT COLLATE "C" NOT NULL,
  added_by    TEXT COLLATE "C" NOT NULL,
  added_at    BIGINT NOT NULL,
  reason      TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, group_id, member_kind, member_id)
);

CREATE INDEX {prefix}membership_by_member
  ON {schema}{prefix}membership (tenant_id, member_kind, member_id, group_id);

-- One row a commit, in the commit's own transaction: without a gap up to the
-- head, except after a change by hand.
CREATE TABLE {schema}{prefix}log (
  tenant_id    TEXT COLLATE "C" NOT NULL,
  revision     BIGINT NOT NULL,
  commit_id    TEXT COLLATE "C" NOT NULL,
  committed_at BIGINT NOT NULL,
  actor        TEXT COLLATE "C" NOT NULL, -- '' is the host itself
  entry        TEXT COLLATE "C" NOT NULL, -- JSON: what was asked
  erase        BOOLEAN NOT NULL,          -- true if all that was before is erased
  changes      TEXT COLLATE "C" NOT NULL, -- JSON: the records before and after
  PRIMARY KEY (tenant_id, revision)
);
