-- projects: task collections with a key.
-- +goose Up
CREATE TABLE projects (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  project_key TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  archived INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT;
