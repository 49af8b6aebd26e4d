-- activity: append-only; outlives what it tells of, hence no foreign keys.
-- +goose Up
CREATE TABLE activity (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  project_id BLOB NULL,
  task_id BLOB NULL,
  actor_id BLOB NOT NULL,
  token_id BLOB NULL,
  token_name TEXT NOT NULL,
  action TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id BLOB NOT NULL,
  changes TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
