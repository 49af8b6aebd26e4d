-- +goose Up
CREATE INDEX invitations_workspace ON invitations (workspace_id, id);
