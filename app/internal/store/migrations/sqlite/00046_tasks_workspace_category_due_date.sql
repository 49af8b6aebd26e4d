-- +goose Up
CREATE INDEX tasks_workspace_category_due_date ON tasks (workspace_id, category, due_date, id);
