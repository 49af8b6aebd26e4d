-- +goose Up
CREATE UNIQUE INDEX accounts_owner ON accounts (owner_slot);
