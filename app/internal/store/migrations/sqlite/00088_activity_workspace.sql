-- +goose Up
CREATE INDEX activity_workspace ON activity (workspace_id, id);
