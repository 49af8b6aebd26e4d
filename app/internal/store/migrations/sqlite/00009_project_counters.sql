-- project_counters: the last task number given out; apart from projects, so that creating tasks does not lock the project's row.
-- +goose Up
CREATE TABLE project_counters (
  project_id BLOB NOT NULL PRIMARY KEY,
  last_number INTEGER NOT NULL,
  FOREIGN KEY (project_id) REFERENCES projects (id)
) STRICT;
