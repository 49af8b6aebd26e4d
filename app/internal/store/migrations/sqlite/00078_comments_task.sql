-- +goose Up
CREATE INDEX comments_task ON comments (task_id, id);
