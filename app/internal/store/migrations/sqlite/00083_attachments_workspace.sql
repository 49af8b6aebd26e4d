-- +goose Up
CREATE INDEX attachments_workspace ON attachments (workspace_id, id);
