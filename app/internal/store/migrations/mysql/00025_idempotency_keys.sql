-- idempotency_keys: written in the transaction of the change that they guard; result names what the request made, and holds nothing
-- of it.
-- +goose Up
CREATE TABLE idempotency_keys (
  account_id BINARY(16) NOT NULL,
  idem_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_hash BINARY(32) NOT NULL,
  result TEXT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, idem_key),
  KEY idempotency_keys_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
