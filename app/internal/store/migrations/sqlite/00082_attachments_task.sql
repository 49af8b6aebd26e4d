-- +goose Up
CREATE INDEX attachments_task ON attachments (task_id, id);
