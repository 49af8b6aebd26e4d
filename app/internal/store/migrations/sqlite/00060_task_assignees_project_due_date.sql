-- +goose Up
CREATE INDEX task_assignees_project_due_date ON task_assignees (account_id, project_id, due_date, task_id);
