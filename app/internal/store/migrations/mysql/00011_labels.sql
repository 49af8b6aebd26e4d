-- labels: a project's labels; a deleted one stays, under a name_fold that no name has, until it is off all tasks.
-- +goose Up
CREATE TABLE labels (
  id BINARY(16) NOT NULL PRIMARY KEY,
  project_id BINARY(16) NOT NULL,
  name VARCHAR(100) NOT NULL,
  name_fold VARCHAR(200) NOT NULL,
  color CHAR(7) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  deleted_at BIGINT NULL,
  deleted_by BINARY(16) NULL,
  UNIQUE KEY labels_name (project_id, name_fold),
  KEY labels_deleted (deleted_at),
  CONSTRAINT labels_project FOREIGN KEY (project_id) REFERENCES projects (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
