-- task_assignees: with a copy of the task's sort keys, so that one person's tasks are read in order from an index.
-- +goose Up
CREATE TABLE task_assignees (
  task_id BINARY(16) NOT NULL,
  account_id BINARY(16) NOT NULL,
  workspace_id BINARY(16) NOT NULL,
  project_id BINARY(16) NOT NULL,
  priority TINYINT NOT NULL,
  due_date CHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  position BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (task_id, account_id),
  KEY task_assignees_workspace_created_at (account_id, workspace_id, task_id),
  KEY task_assignees_workspace_updated_at (account_id, workspace_id, updated_at, task_id),
  KEY task_assignees_workspace_priority (account_id, workspace_id, priority, task_id),
  KEY task_assignees_workspace_due_date (account_id, workspace_id, due_date, task_id),
  KEY task_assignees_project_created_at (account_id, project_id, task_id),
  KEY task_assignees_project_updated_at (account_id, project_id, updated_at, task_id),
  KEY task_assignees_project_priority (account_id, project_id, priority, task_id),
  KEY task_assignees_project_due_date (account_id, project_id, due_date, task_id),
  KEY task_assignees_project_position (account_id, project_id, position, task_id),
  CONSTRAINT task_assignees_task FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
