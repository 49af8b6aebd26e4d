-- +goose Up
CREATE INDEX task_labels_created_at ON task_labels (label_id, task_id);
