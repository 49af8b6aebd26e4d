-- +goose Up
CREATE INDEX tokens_expires ON tokens (expires_at);
