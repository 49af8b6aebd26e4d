-- +goose Up
CREATE UNIQUE INDEX tasks_number ON tasks (project_id, number);
