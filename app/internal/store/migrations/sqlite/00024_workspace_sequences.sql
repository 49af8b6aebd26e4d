-- workspace_sequences: the last sequence number given to a workspace's activity; entries up to the id floor never get one.
-- +goose Up
CREATE TABLE workspace_sequences (
  workspace_id BLOB NOT NULL PRIMARY KEY,
  last INTEGER NOT NULL,
  floor BLOB NOT NULL
) STRICT;
