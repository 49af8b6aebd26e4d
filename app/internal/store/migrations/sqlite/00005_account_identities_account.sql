-- +goose Up
CREATE INDEX account_identities_account ON account_identities (account_id);
