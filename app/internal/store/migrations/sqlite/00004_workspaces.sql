-- workspaces: tenants; a deleted one keeps its members in deleted_members until it is restored or purged.
-- +goose Up
CREATE TABLE workspaces (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  deleted_at INTEGER NULL,
  deleted_by BLOB NULL
) STRICT;
CREATE INDEX workspaces_deleted ON workspaces (deleted_at);
