-- deleted_members: who was what in a workspace that was deleted. Apart from members, so that every check of a role finds nothing
-- there.
-- +goose Up
CREATE TABLE deleted_members (
  workspace_id BINARY(16) NOT NULL,
  account_id BINARY(16) NOT NULL,
  role VARCHAR(10) NOT NULL,
  joined_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, account_id),
  KEY deleted_members_account (account_id, workspace_id),
  CONSTRAINT deleted_members_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
  CONSTRAINT deleted_members_account FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
