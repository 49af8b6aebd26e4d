-- +goose Up
CREATE UNIQUE INDEX invitations_hash ON invitations (hash);
