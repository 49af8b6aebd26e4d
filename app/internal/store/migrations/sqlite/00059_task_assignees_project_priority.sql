-- +goose Up
CREATE INDEX task_assignees_project_priority ON task_assignees (account_id, project_id, priority, task_id);
