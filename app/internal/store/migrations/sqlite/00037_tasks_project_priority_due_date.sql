-- +goose Up
CREATE INDEX tasks_project_priority_due_date ON tasks (project_id, priority, due_date, id);
