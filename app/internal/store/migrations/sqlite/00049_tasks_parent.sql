-- +goose Up
CREATE INDEX tasks_parent ON tasks (parent_id, id);
