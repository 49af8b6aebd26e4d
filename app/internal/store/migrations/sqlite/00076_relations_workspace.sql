-- +goose Up
CREATE INDEX relations_workspace ON relations (workspace_id, id);
