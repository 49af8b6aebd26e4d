-- +goose Up
CREATE INDEX tasks_project_updated_at ON tasks (project_id, updated_at, id);
