-- +goose Up
CREATE INDEX projects_workspace ON projects (workspace_id, id);
