-- labels: a project's labels.
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
  FOREIGN KEY (project_id) REFERENCES projects (id)
) STRICT;
