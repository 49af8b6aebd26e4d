-- +goose Up
CREATE INDEX tasks_project_position ON tasks (project_id, position, id);
