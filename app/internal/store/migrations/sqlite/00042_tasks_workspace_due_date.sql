-- +goose Up
CREATE INDEX tasks_workspace_due_date ON tasks (workspace_id, due_date, id);
