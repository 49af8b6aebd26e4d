-- +goose Up
CREATE INDEX task_labels_priority ON task_labels (label_id, priority, task_id);
