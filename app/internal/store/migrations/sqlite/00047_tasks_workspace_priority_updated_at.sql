-- +goose Up
CREATE INDEX tasks_workspace_priority_updated_at ON tasks (workspace_id, priority, updated_at, id);
