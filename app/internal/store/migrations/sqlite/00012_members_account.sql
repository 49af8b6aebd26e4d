-- +goose Up
CREATE INDEX members_account ON members (account_id, workspace_id);
