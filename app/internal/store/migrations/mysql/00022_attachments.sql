-- attachments: state 1 reserved, 2 ready, 3 deleted (its bytes wait to be removed); no foreign key, since a deleted row outlives its
-- task.
-- +goose Up
CREATE TABLE attachments (
  id BINARY(16) NOT NULL PRIMARY KEY,
  workspace_id BINARY(16) NOT NULL,
  task_id BINARY(16) NOT NULL,
  author_id BINARY(16) NOT NULL,
  filename VARCHAR(255) NOT NULL,
  content_type VARCHAR(255) NOT NULL,
  size BIGINT NOT NULL,
  sha256 BINARY(32) NOT NULL,
  blob_key VARCHAR(255) NOT NULL,
  state TINYINT NOT NULL,
  created_at BIGINT NOT NULL,
  confirmed_at BIGINT NULL,
  changed_at BIGINT NOT NULL,
  UNIQUE KEY attachments_blob_key (blob_key),
  KEY attachments_task (task_id, id),
  KEY attachments_workspace (workspace_id, id),
  KEY attachments_author (workspace_id, author_id, id),
  KEY attachments_state (state, changed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
