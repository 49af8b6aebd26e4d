-- transfers: imports and exports that outlast a request; state 1 queued, 2 running, 3 done, 4 failed, 5 cancelled.
-- +goose Up
CREATE TABLE transfers (
  id BINARY(16) NOT NULL PRIMARY KEY,
  kind VARCHAR(10) NOT NULL,
  account_id BINARY(16) NOT NULL,
  workspace_id BINARY(16) NULL,
  state TINYINT NOT NULL,
  dry_run TINYINT NOT NULL,
  blob_key VARCHAR(255) NOT NULL,
  size BIGINT NOT NULL,
  sha256 BINARY(32) NULL,
  bytes_done BIGINT NOT NULL,
  lines_done BIGINT NOT NULL,
  cancel TINYINT NOT NULL,
  result MEDIUMTEXT NULL,
  lease_owner BINARY(16) NULL,
  lease_until BIGINT NULL,
  attempts INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  finished_at BIGINT NULL,
  expires_at BIGINT NOT NULL,
  KEY transfers_account (account_id, id),
  KEY transfers_workspace (workspace_id, id),
  KEY transfers_state (state, lease_until),
  KEY transfers_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
