-- +goose Up
CREATE INDEX tasks_workspace_category_created_at ON tasks (workspace_id, category, id);
