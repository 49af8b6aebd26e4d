-- relations: kind 1 blocks, 2 relates_to (from_task is the smaller id), 3 duplicates.
-- +goose Up
CREATE TABLE relations (
  id BINARY(16) NOT NULL PRIMARY KEY,
  workspace_id BINARY(16) NOT NULL,
  kind TINYINT NOT NULL,
  from_task BINARY(16) NOT NULL,
  to_task BINARY(16) NOT NULL,
  created_by BINARY(16) NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE KEY relations_pair (from_task, to_task, kind),
  KEY relations_to (to_task, kind),
  KEY relations_workspace (workspace_id, id),
  CONSTRAINT relations_from FOREIGN KEY (from_task) REFERENCES tasks (id) ON DELETE CASCADE,
  CONSTRAINT relations_to FOREIGN KEY (to_task) REFERENCES tasks (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
