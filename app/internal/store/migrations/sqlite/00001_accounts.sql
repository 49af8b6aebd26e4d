-- accounts: people and service accounts (kind), and the one person who owns the instance (owner_slot is 1 for that one and NULL for
-- all others, so that two first sign-ups cannot both win). A service account has neither an address nor a password, and belongs to
-- workspace_id. Of a deleted account a name is left; leaving_at is set until it is off all tasks.
-- +goose Up
CREATE TABLE accounts (
  id BLOB NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL DEFAULT 'person',
  workspace_id BLOB NULL,
  email TEXT NOT NULL,
  email_fold TEXT NULL,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  owner_slot INTEGER NULL,
  deleted_at INTEGER NULL,
  deleted_by BLOB NULL,
  leaving_at INTEGER NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX accounts_email ON accounts (email_fold);
CREATE UNIQUE INDEX accounts_owner ON accounts (owner_slot);
CREATE INDEX accounts_workspace ON accounts (workspace_id, id);
CREATE INDEX accounts_leaving ON accounts (leaving_at);
