-- +goose Up
CREATE INDEX tasks_workspace_category_priority ON tasks (workspace_id, category, priority, id);
