-- relations: kind 1 blocks, 2 relates_to (from_task is the smaller id), 3 duplicates.
-- +goose Up
CREATE TABLE relations (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  from_task BLOB NOT NULL,
  to_task BLOB NOT NULL,
  created_by BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  FOREIGN KEY (from_task) REFERENCES tasks (id) ON DELETE CASCADE,
  FOREIGN KEY (to_task) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX relations_pair ON relations (from_task, to_task, kind);
CREATE INDEX relations_to ON relations (to_task, kind);
CREATE INDEX relations_workspace ON relations (workspace_id, id);
