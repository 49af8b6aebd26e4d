-- projects: task collections with a key; a deleted one keeps its key until it is restored or purged.
-- +goose Up
CREATE TABLE projects (
  id BINARY(16) NOT NULL PRIMARY KEY,
  workspace_id BINARY(16) NOT NULL,
  project_key VARCHAR(10) NOT NULL,
  name VARCHAR(200) NOT NULL,
  description MEDIUMTEXT NOT NULL,
  archived TINYINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  deleted_at BIGINT NULL,
  deleted_by BINARY(16) NULL,
  UNIQUE KEY projects_key (workspace_id, project_key),
  KEY projects_workspace (workspace_id, id),
  KEY projects_deleted (deleted_at),
  CONSTRAINT projects_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
