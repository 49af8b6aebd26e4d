-- accounts: people, and the one of them who owns the instance (owner_slot is 1 for that one and NULL for all others, so that two first sign-ups cannot both win).
-- +goose Up
CREATE TABLE accounts (
  id BLOB NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  email_fold TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  owner_slot INTEGER NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
