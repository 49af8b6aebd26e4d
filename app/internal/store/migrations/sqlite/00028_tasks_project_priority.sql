-- +goose Up
CREATE INDEX tasks_project_priority ON tasks (project_id, priority, id);
