-- instance_settings: secrets that all instances on this database share, such as the key that signs cursors.
-- +goose Up
CREATE TABLE instance_settings (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;
