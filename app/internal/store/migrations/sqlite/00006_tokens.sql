-- tokens: personal access tokens and sessions, as SHA-256 only.
-- +goose Up
CREATE TABLE tokens (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NULL,
  last_used_at INTEGER NULL,
  FOREIGN KEY (account_id) REFERENCES accounts (id)
) STRICT;
