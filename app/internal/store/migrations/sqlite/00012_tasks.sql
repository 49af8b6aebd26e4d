-- tasks: an index for each order that lists can have, within a project or a workspace, with and without one category or one
-- priority; sorting by created_at is sorting by id (UUIDv7); due_date 9999-12-31 means none.
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
  checklist_total INTEGER NOT NULL DEFAULT 0,
  checklist_done INTEGER NOT NULL DEFAULT 0,
  search_truncated INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL,
  FOREIGN KEY (project_id) REFERENCES projects (id),
  FOREIGN KEY (status_id) REFERENCES statuses (id),
  FOREIGN KEY (parent_id) REFERENCES tasks (id)
) STRICT;
CREATE UNIQUE INDEX tasks_number ON tasks (project_id, number);
CREATE INDEX tasks_project_created_at ON tasks (project_id, id);
CREATE INDEX tasks_project_updated_at ON tasks (project_id, updated_at, id);
CREATE INDEX tasks_project_priority ON tasks (project_id, priority, id);
CREATE INDEX tasks_project_due_date ON tasks (project_id, due_date, id);
CREATE INDEX tasks_project_position ON tasks (project_id, position, id);
CREATE INDEX tasks_project_category_created_at ON tasks (project_id, category, id);
CREATE INDEX tasks_project_category_updated_at ON tasks (project_id, category, updated_at, id);
CREATE INDEX tasks_project_category_priority ON tasks (project_id, category, priority, id);
CREATE INDEX tasks_project_category_due_date ON tasks (project_id, category, due_date, id);
CREATE INDEX tasks_project_category_position ON tasks (project_id, category, position, id);
CREATE INDEX tasks_project_priority_updated_at ON tasks (project_id, priority, updated_at, id);
CREATE INDEX tasks_project_priority_due_date ON tasks (project_id, priority, due_date, id);
CREATE INDEX tasks_project_priority_position ON tasks (project_id, priority, position, id);
CREATE INDEX tasks_workspace_created_at ON tasks (workspace_id, id);
CREATE INDEX tasks_workspace_updated_at ON tasks (workspace_id, updated_at, id);
CREATE INDEX tasks_workspace_priority ON tasks (workspace_id, priority, id);
CREATE INDEX tasks_workspace_due_date ON tasks (workspace_id, due_date, id);
CREATE INDEX tasks_workspace_category_created_at ON tasks (workspace_id, category, id);
CREATE INDEX tasks_workspace_category_updated_at ON tasks (workspace_id, category, updated_at, id);
CREATE INDEX tasks_workspace_category_priority ON tasks (workspace_id, category, priority, id);
CREATE INDEX tasks_workspace_category_due_date ON tasks (workspace_id, category, due_date, id);
CREATE INDEX tasks_workspace_priority_updated_at ON tasks (workspace_id, priority, updated_at, id);
CREATE INDEX tasks_workspace_priority_due_date ON tasks (workspace_id, priority, due_date, id);
CREATE INDEX tasks_parent ON tasks (parent_id, id);
CREATE INDEX tasks_status ON tasks (status_id);
CREATE INDEX tasks_completed ON tasks (project_id, completed_at);
CREATE INDEX tasks_workspace_completed ON tasks (workspace_id, completed_at);
CREATE INDEX tasks_author ON tasks (workspace_id, author_id, id);
