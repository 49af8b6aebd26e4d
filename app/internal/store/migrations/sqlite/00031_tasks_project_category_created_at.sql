-- +goose Up
CREATE INDEX tasks_project_category_created_at ON tasks (project_id, category, id);
