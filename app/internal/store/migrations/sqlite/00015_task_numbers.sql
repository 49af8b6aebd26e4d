-- task_numbers: the numbers that moved tasks had in the projects that they were in before.
-- +goose Up
CREATE TABLE task_numbers (
  project_id BLOB NOT NULL,
  number INTEGER NOT NULL,
  task_id BLOB NOT NULL,
  workspace_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, number),
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX task_numbers_task ON task_numbers (task_id);
