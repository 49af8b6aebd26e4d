-- labels: a project's labels; a deleted one stays, under a name_fold that no name has, until it is off all tasks.
-- +goose Up
CREATE TABLE labels (
  id BLOB NOT NULL PRIMARY KEY,
  project_id BLOB NOT NULL,
  name TEXT NOT NULL,
  name_fold TEXT NOT NULL,
  color TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  deleted_at INTEGER NULL,
  deleted_by BLOB NULL,
  FOREIGN KEY (project_id) REFERENCES projects (id)
) STRICT;
CREATE UNIQUE INDEX labels_name ON labels (project_id, name_fold);
CREATE INDEX labels_deleted ON labels (deleted_at);
