-- +goose Up
CREATE INDEX task_labels_updated_at ON task_labels (label_id, updated_at, task_id);
