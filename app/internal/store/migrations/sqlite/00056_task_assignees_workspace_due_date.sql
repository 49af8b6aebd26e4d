-- +goose Up
CREATE INDEX task_assignees_workspace_due_date ON task_assignees (account_id, workspace_id, due_date, task_id);
