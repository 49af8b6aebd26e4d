-- invitations: single-use tokens, as SHA-256 only; bound is set where the inviter's token acts in this workspace only.
-- +goose Up
CREATE TABLE invitations (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  email TEXT NOT NULL,
  email_fold TEXT NOT NULL,
  role TEXT NOT NULL,
  hash BLOB NOT NULL,
  invited_by BLOB NOT NULL,
  bound INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  accepted_at INTEGER NULL,
  accepted_by BLOB NULL,
  FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT;
CREATE UNIQUE INDEX invitations_hash ON invitations (hash);
CREATE INDEX invitations_workspace ON invitations (workspace_id, id);
CREATE INDEX invitations_email ON invitations (email_fold);
CREATE INDEX invitations_accepted ON invitations (accepted_by);
