-- tokens: personal access tokens and sessions, as SHA-256 only; workspace_id binds a token to one workspace; user_agent and address
-- are where a session was begun.
-- +goose Up
CREATE TABLE tokens (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  scopes TEXT NOT NULL,
  workspace_id BLOB NULL,
  created_by BLOB NULL,
  user_agent TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NULL,
  last_used_at INTEGER NULL,
  FOREIGN KEY (account_id) REFERENCES accounts (id)
) STRICT;
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_account ON tokens (account_id, id);
CREATE INDEX tokens_expires ON tokens (expires_at);
