-- task_labels: with a copy of the task's sort keys, as in task_assignees.
-- +goose Up
CREATE TABLE task_labels (
  task_id BLOB NOT NULL,
  label_id BLOB NOT NULL,
  priority INTEGER NOT NULL,
  due_date TEXT NOT NULL,
  position INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (task_id, label_id),
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE,
  FOREIGN KEY (label_id) REFERENCES labels (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX task_labels_created_at ON task_labels (label_id, task_id);
CREATE INDEX task_labels_updated_at ON task_labels (label_id, updated_at, task_id);
CREATE INDEX task_labels_priority ON task_labels (label_id, priority, task_id);
CREATE INDEX task_labels_due_date ON task_labels (label_id, due_date, task_id);
CREATE INDEX task_labels_position ON task_labels (label_id, position, task_id);
