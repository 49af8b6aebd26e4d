-- +goose Up
CREATE INDEX task_assignees_project_created_at ON task_assignees (account_id, project_id, task_id);
