-- +goose Up
CREATE INDEX task_labels_due_date ON task_labels (label_id, due_date, task_id);
