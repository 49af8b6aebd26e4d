-- +goose Up
CREATE INDEX tasks_workspace_updated_at ON tasks (workspace_id, updated_at, id);
