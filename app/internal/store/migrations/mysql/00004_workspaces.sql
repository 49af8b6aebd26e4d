-- workspaces: tenants; a deleted one keeps its members in deleted_members until it is restored or purged.
-- +goose Up
CREATE TABLE workspaces (
  id BINARY(16) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  deleted_at BIGINT NULL,
  deleted_by BINARY(16) NULL,
  KEY workspaces_deleted (deleted_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
