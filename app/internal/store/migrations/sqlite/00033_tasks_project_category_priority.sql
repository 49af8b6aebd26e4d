-- +goose Up
CREATE INDEX tasks_project_category_priority ON tasks (project_id, category, priority, id);
