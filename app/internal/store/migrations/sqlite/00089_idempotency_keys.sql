-- idempotency_keys: written in the transaction of the change that they guard.
-- +goose Up
CREATE TABLE idempotency_keys (
  account_id BLOB NOT NULL,
  idem_key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  result TEXT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, idem_key)
) STRICT, WITHOUT ROWID;
