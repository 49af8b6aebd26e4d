-- +goose Up
CREATE INDEX tasks_project_priority_updated_at ON tasks (project_id, priority, updated_at, id);
