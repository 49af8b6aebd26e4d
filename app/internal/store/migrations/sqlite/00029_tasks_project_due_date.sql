-- +goose Up
CREATE INDEX tasks_project_due_date ON tasks (project_id, due_date, id);
