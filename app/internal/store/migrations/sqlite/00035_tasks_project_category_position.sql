-- +goose Up
CREATE INDEX tasks_project_category_position ON tasks (project_id, category, position, id);
