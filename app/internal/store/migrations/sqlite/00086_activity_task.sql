-- +goose Up
CREATE INDEX activity_task ON activity (task_id, id);
