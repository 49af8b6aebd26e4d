-- idempotency_keys: written in the transaction of the change that they guard; result names what the request made, and holds nothing
-- of it.
-- +goose Up
CREATE TABLE idempotency_keys (
  account_id BLOB NOT NULL,
  idem_key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  result TEXT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, idem_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
