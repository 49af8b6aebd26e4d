-- accounts: people and service accounts (kind), and the one person who owns the instance (owner_slot is 1 for that one and NULL for
-- all others, so that two first sign-ups cannot both win). A service account has neither an address nor a password, and belongs to
-- workspace_id. Of a deleted account a name is left; leaving_at is set until it is off all tasks.
-- +goose Up
CREATE TABLE accounts (
  id BINARY(16) NOT NULL PRIMARY KEY,
  kind VARCHAR(10) NOT NULL DEFAULT 'person',
  workspace_id BINARY(16) NULL,
  email VARCHAR(254) NOT NULL,
  email_fold VARCHAR(254) NULL,
  name VARCHAR(200) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  owner_slot TINYINT NULL,
  deleted_at BIGINT NULL,
  deleted_by BINARY(16) NULL,
  leaving_at BIGINT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE KEY accounts_email (email_fold),
  UNIQUE KEY accounts_owner (owner_slot),
  KEY accounts_workspace (workspace_id, id),
  KEY accounts_leaving (leaving_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
