-- +goose Up
CREATE INDEX tasks_project_category_updated_at ON tasks (project_id, category, updated_at, id);
