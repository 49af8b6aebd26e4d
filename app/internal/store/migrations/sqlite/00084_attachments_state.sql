-- +goose Up
CREATE INDEX attachments_state ON attachments (state, changed_at);
