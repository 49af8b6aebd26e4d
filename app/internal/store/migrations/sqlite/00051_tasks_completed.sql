-- +goose Up
CREATE INDEX tasks_completed ON tasks (project_id, completed_at);
