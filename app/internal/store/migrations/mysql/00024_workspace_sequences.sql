-- workspace_sequences: the last sequence number given to a workspace's activity; entries up to the id floor never get one.
-- +goose Up
CREATE TABLE workspace_sequences (
  workspace_id BINARY(16) NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL,
  floor BINARY(16) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
