-- comments: on tasks.
-- +goose Up
CREATE TABLE comments (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  task_id BLOB NOT NULL,
  author_id BLOB NOT NULL,
  body TEXT NOT NULL,
  edited INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT;
