-- comments: on tasks.
-- +goose Up
CREATE TABLE comments (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  task_id BLOB NOT NULL,
  author_id BLOB NOT NULL,
  body TEXT NOT NULL,
  edited INTEGER NOT NULL,
  search_truncated INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX comments_task ON comments (task_id, id);
CREATE INDEX comments_workspace ON comments (workspace_id, id);
CREATE INDEX comments_author ON comments (workspace_id, author_id, id);
