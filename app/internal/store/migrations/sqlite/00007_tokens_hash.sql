-- +goose Up
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
