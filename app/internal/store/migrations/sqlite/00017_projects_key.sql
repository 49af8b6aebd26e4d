-- +goose Up
CREATE UNIQUE INDEX projects_key ON projects (workspace_id, project_key);
