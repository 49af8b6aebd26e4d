-- tokens: personal access tokens and sessions, as SHA-256 only; workspace_id binds a token to one workspace; user_agent and address
-- are where a session was begun.
-- +goose Up
CREATE TABLE tokens (
  id BINARY(16) NOT NULL PRIMARY KEY,
  account_id BINARY(16) NOT NULL,
  kind VARCHAR(10) NOT NULL,
  name VARCHAR(200) NOT NULL,
  hash BINARY(32) NOT NULL,
  scopes VARCHAR(40) NOT NULL,
  workspace_id BINARY(16) NULL,
  created_by BINARY(16) NULL,
  user_agent VARCHAR(200) NOT NULL DEFAULT '',
  address VARCHAR(45) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  expires_at BIGINT NULL,
  last_used_at BIGINT NULL,
  UNIQUE KEY tokens_hash (hash),
  KEY tokens_account (account_id, id),
  KEY tokens_expires (expires_at),
  CONSTRAINT tokens_account FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
