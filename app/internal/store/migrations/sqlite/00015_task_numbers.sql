-- task_numbers: the numbers that moved tasks had in the projects that they were in before, at most one in each.
-- +goose Up
CREATE TABLE task_numbers (
  project_id BLOB NOT NULL,
  number INTEGER NOT NULL,
  task_id BLOB NOT NULL,
  workspace_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, number),
  FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX task_numbers_task ON task_numbers (task_id, project_id);
