-- +goose Up
CREATE INDEX tasks_project_priority_position ON tasks (project_id, priority, position, id);
