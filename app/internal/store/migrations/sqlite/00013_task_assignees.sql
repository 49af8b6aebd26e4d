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
CREATE INDEX task_assignees_workspace_created_at ON task_assignees (account_id, workspace_id, task_id);
CREATE INDEX task_assignees_workspace_updated_at ON task_assignees (account_id, workspace_id, updated_at, task_id);
CREATE INDEX task_assignees_workspace_priority ON task_assignees (account_id, workspace_id, priority, task_id);
CREATE INDEX task_assignees_workspace_due_date ON task_assignees (account_id, workspace_id, due_date, task_id);
CREATE INDEX task_assignees_project_created_at ON task_assignees (account_id, project_id, task_id);
CREATE INDEX task_assignees_project_updated_at ON task_assignees (account_id, project_id, updated_at, task_id);
CREATE INDEX task_assignees_project_priority ON task_assignees (account_id, project_id, priority, task_id);
CREATE INDEX task_assignees_project_due_date ON task_assignees (account_id, project_id, due_date, task_id);
CREATE INDEX task_assignees_project_position ON task_assignees (account_id, project_id, position, task_id);
