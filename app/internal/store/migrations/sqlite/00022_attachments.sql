-- attachments: state 1 reserved, 2 ready, 3 deleted (its bytes wait to be removed); no foreign key, since a deleted row outlives its
-- task.
-- +goose Up
CREATE TABLE attachments (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL,
  task_id BLOB NOT NULL,
  author_id BLOB NOT NULL,
  filename TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  blob_key TEXT NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  confirmed_at INTEGER NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX attachments_task ON attachments (task_id, id);
CREATE INDEX attachments_workspace ON attachments (workspace_id, id);
CREATE INDEX attachments_author ON attachments (workspace_id, author_id, id);
CREATE INDEX attachments_state ON attachments (state, changed_at);
