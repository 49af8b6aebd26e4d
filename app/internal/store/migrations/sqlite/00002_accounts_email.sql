-- +goose Up
CREATE UNIQUE INDEX accounts_email ON accounts (email_fold);
