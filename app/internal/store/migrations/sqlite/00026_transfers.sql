-- transfers: imports and exports that outlast a request; state 1 queued, 2 running, 3 done, 4 failed, 5 cancelled.
-- +goose Up
CREATE TABLE transfers (
  id BLOB NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  account_id BLOB NOT NULL,
  workspace_id BLOB NULL,
  state INTEGER NOT NULL,
  dry_run INTEGER NOT NULL,
  blob_key TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 BLOB NULL,
  bytes_done INTEGER NOT NULL,
  lines_done INTEGER NOT NULL,
  cancel INTEGER NOT NULL,
  result TEXT NULL,
  lease_owner BLOB NULL,
  lease_until INTEGER NULL,
  attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX transfers_account ON transfers (account_id, id);
CREATE INDEX transfers_workspace ON transfers (workspace_id, id);
CREATE INDEX transfers_state ON transfers (state, lease_until);
CREATE INDEX transfers_expires ON transfers (expires_at);
