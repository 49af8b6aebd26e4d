-- projects: task collections with a key; a deleted one keeps its key until it is restored or purged.
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
  deleted_at INTEGER NULL,
  deleted_by BLOB NULL,
  FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT;
CREATE UNIQUE INDEX projects_key ON projects (workspace_id, project_key);
CREATE INDEX projects_workspace ON projects (workspace_id, id);
CREATE INDEX projects_deleted ON projects (deleted_at);
