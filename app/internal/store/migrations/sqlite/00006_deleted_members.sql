-- deleted_members: who was what in a workspace that was deleted. Apart from members, so that every check of a role finds nothing
-- there.
-- +goose Up
CREATE TABLE deleted_members (
  workspace_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  role TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, account_id),
  FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
  FOREIGN KEY (account_id) REFERENCES accounts (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_members_account ON deleted_members (account_id, workspace_id);
