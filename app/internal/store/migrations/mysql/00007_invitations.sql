-- invitations: single-use tokens, as SHA-256 only; bound is set where the inviter's token acts in this workspace only.
-- +goose Up
CREATE TABLE invitations (
  id BINARY(16) NOT NULL PRIMARY KEY,
  workspace_id BINARY(16) NOT NULL,
  email VARCHAR(254) NOT NULL,
  email_fold VARCHAR(254) NOT NULL,
  role VARCHAR(10) NOT NULL,
  hash BINARY(32) NOT NULL,
  invited_by BINARY(16) NOT NULL,
  bound TINYINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  accepted_at BIGINT NULL,
  accepted_by BINARY(16) NULL,
  UNIQUE KEY invitations_hash (hash),
  KEY invitations_workspace (workspace_id, id),
  KEY invitations_email (email_fold),
  KEY invitations_accepted (accepted_by),
  CONSTRAINT invitations_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
