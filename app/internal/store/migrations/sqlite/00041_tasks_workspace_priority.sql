-- +goose Up
CREATE INDEX tasks_workspace_priority ON tasks (workspace_id, priority, id);
