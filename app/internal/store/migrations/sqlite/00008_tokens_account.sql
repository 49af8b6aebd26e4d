-- +goose Up
CREATE INDEX tokens_account ON tokens (account_id, id);
