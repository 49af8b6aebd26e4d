-- comments: on tasks.
-- +goose Up
CREATE TABLE comments (
  id BINARY(16) NOT NULL PRIMARY KEY,
  workspace_id BINARY(16) NOT NULL,
  task_id BINARY(16) NOT NULL,
  author_id BINARY(16) NOT NULL,
  body MEDIUMTEXT NOT NULL,
  edited TINYINT NOT NULL,
  search_truncated TINYINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  KEY comments_task (task_id, id),
  KEY comments_workspace (workspace_id, id),
  KEY comments_author (workspace_id, author_id, id),
  CONSTRAINT comments_task FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
