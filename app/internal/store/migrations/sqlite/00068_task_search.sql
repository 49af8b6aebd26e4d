-- task_search: the words of title, description and comments, encoded so that both engines split them alike.
-- +goose Up
CREATE TABLE task_search (
  rowid INTEGER NOT NULL PRIMARY KEY,
  task_id BLOB NOT NULL UNIQUE,
  workspace_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  doc TEXT NOT NULL,
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT;
