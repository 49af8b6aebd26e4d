-- +goose Up
CREATE INDEX tasks_workspace_category_updated_at ON tasks (workspace_id, category, updated_at, id);
