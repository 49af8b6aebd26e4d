-- task_numbers: the numbers that moved tasks had in the projects that they were in before, at most one in each.
-- +goose Up
CREATE TABLE task_numbers (
  project_id BINARY(16) NOT NULL,
  number BIGINT NOT NULL,
  task_id BINARY(16) NOT NULL,
  workspace_id BINARY(16) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (project_id, number),
  UNIQUE KEY task_numbers_task (task_id, project_id),
  CONSTRAINT task_numbers_project FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
  CONSTRAINT task_numbers_task FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
