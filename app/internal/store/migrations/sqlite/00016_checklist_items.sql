-- checklist_items: the steps of a task that can be ticked off; tasks count them.
-- +goose Up
CREATE TABLE checklist_items (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  task_id BLOB NOT NULL,
  text TEXT NOT NULL,
  done INTEGER NOT NULL,
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX checklist_items_task ON checklist_items (task_id, position, id);
