-- +goose Up
CREATE INDEX tasks_workspace_created_at ON tasks (workspace_id, id);
