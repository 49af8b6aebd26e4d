-- +goose Up
CREATE INDEX comments_workspace ON comments (workspace_id, id);
