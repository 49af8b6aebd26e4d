-- +goose Up
CREATE INDEX tasks_project_category_due_date ON tasks (project_id, category, due_date, id);
