-- +goose Up
CREATE INDEX task_labels_position ON task_labels (label_id, position, task_id);
