-- +goose Up
CREATE INDEX tasks_workspace_priority_due_date ON tasks (workspace_id, priority, due_date, id);
