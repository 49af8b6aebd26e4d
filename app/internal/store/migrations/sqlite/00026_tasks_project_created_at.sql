-- +goose Up
CREATE INDEX tasks_project_created_at ON tasks (project_id, id);
