-- activity: append-only; outlives what it tells of, hence no foreign keys; sequence is given in the order of commits, by the first
-- reader that asks for it.
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
  redacted INTEGER NOT NULL DEFAULT 0,
  sequence INTEGER NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX activity_task ON activity (task_id, id);
CREATE INDEX activity_project ON activity (project_id, id);
CREATE INDEX activity_workspace ON activity (workspace_id, id);
CREATE INDEX activity_actor ON activity (actor_id, workspace_id, id);
CREATE INDEX activity_sequence ON activity (workspace_id, sequence, id);
