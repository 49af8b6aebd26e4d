-- activity: append-only; outlives what it tells of, hence no foreign keys; sequence is given in the order of commits, by the first
-- reader that asks for it.
-- +goose Up
CREATE TABLE activity (
  id BINARY(16) NOT NULL PRIMARY KEY,
  workspace_id BINARY(16) NOT NULL,
  project_id BINARY(16) NULL,
  task_id BINARY(16) NULL,
  actor_id BINARY(16) NOT NULL,
  token_id BINARY(16) NULL,
  token_name VARCHAR(200) NOT NULL,
  action VARCHAR(40) NOT NULL,
  entity_type VARCHAR(20) NOT NULL,
  entity_id BINARY(16) NOT NULL,
  changes MEDIUMTEXT NOT NULL,
  redacted TINYINT NOT NULL DEFAULT 0,
  sequence BIGINT NULL,
  created_at BIGINT NOT NULL,
  KEY activity_task (task_id, id),
  KEY activity_project (project_id, id),
  KEY activity_workspace (workspace_id, id),
  KEY activity_actor (actor_id, workspace_id, id),
  KEY activity_sequence (workspace_id, sequence, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
