-- account_identities: which account a subject of an OpenID Connect issuer is.
-- +goose Up
CREATE TABLE account_identities (
  issuer VARCHAR(255) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  account_id BINARY(16) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject),
  KEY account_identities_account (account_id),
  CONSTRAINT account_identities_account FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
