-- accounts: people, and the one of them who owns the instance (owner_slot is 1 for that one and NULL for all others, so that two first sign-ups cannot both win).
-- +goose Up
CREATE TABLE accounts (
  id BINARY(16) NOT NULL PRIMARY KEY,
  email VARCHAR(254) NOT NULL,
  email_fold VARCHAR(254) NOT NULL,
  name VARCHAR(200) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  owner_slot TINYINT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE KEY accounts_email (email_fold),
  UNIQUE KEY accounts_owner (owner_slot)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
