-- +goose Up
CREATE INDEX task_assignees_project_position ON task_assignees (account_id, project_id, position, task_id);
