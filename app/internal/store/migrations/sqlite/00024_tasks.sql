-- tasks: an index for each order that lists can have, within a project or a workspace, with and without one category or one priority; sorting by created_at is sorting by id (UUIDv7); due_date 9999-12-31 means none.
-- +goose Up
CREATE TABLE tasks (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  number INTEGER NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  status_id BLOB NOT NULL,
  category INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  parent_id BLOB NULL,
  start_date TEXT NULL,
  due_date TEXT NOT NULL,
  estimate INTEGER NULL,
  position INTEGER NOT NULL,
  author_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (project_id) REFERENCES projects (id),
  FOREIGN KEY (status_id) REFERENCES statuses (id),
  FOREIGN KEY (parent_id) REFERENCES tasks (id)
) STRICT;
