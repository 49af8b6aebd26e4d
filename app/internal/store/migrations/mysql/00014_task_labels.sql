-- task_labels: with a copy of the task's sort keys, as in task_assignees.
-- +goose Up
CREATE TABLE task_labels (
  task_id BINARY(16) NOT NULL,
  label_id BINARY(16) NOT NULL,
  priority TINYINT NOT NULL,
  due_date CHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  position BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (task_id, label_id),
  KEY task_labels_created_at (label_id, task_id),
  KEY task_labels_updated_at (label_id, updated_at, task_id),
  KEY task_labels_priority (label_id, priority, task_id),
  KEY task_labels_due_date (label_id, due_date, task_id),
  KEY task_labels_position (label_id, position, task_id),
  CONSTRAINT task_labels_task FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE,
  CONSTRAINT task_labels_label FOREIGN KEY (label_id) REFERENCES labels (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
