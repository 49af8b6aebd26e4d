-- +goose Up
CREATE INDEX task_assignees_project_updated_at ON task_assignees (account_id, project_id, updated_at, task_id);
