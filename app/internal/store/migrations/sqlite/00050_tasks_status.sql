-- +goose Up
CREATE INDEX tasks_status ON tasks (status_id);
