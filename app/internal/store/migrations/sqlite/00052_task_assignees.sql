-- task_assignees: with a copy of the task's sort keys, so that one person's tasks are read in order from an index.
-- +goose Up
CREATE TABLE task_assignees (
  task_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  workspace_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  priority INTEGER NOT NULL,
  due_date TEXT NOT NULL,
  position INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (task_id, account_id),
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
