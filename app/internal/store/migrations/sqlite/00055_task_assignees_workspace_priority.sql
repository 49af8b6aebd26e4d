-- +goose Up
CREATE INDEX task_assignees_workspace_priority ON task_assignees (account_id, workspace_id, priority, task_id);
