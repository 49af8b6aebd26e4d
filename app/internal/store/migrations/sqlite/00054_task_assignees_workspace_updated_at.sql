-- +goose Up
CREATE INDEX task_assignees_workspace_updated_at ON task_assignees (account_id, workspace_id, updated_at, task_id);
