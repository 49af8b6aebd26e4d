-- +goose Up
CREATE INDEX task_assignees_workspace_created_at ON task_assignees (account_id, workspace_id, task_id);
