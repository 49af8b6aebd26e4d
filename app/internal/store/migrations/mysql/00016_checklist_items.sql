-- checklist_items: the steps of a task that can be ticked off; tasks count them.
-- +goose Up
CREATE TABLE checklist_items (
  id BINARY(16) NOT NULL PRIMARY KEY,
  workspace_id BINARY(16) NOT NULL,
  task_id BINARY(16) NOT NULL,
  text VARCHAR(500) NOT NULL,
  done TINYINT NOT NULL,
  position BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  KEY checklist_items_task (task_id, position, id),
  CONSTRAINT checklist_items_task FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
