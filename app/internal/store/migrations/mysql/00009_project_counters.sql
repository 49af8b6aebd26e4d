-- project_counters: the last task number given out; apart from projects, so that creating tasks does not lock the project's row.
-- +goose Up
CREATE TABLE project_counters (
  project_id BINARY(16) NOT NULL PRIMARY KEY,
  last_number BIGINT NOT NULL,
  CONSTRAINT project_counters_project FOREIGN KEY (project_id) REFERENCES projects (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
